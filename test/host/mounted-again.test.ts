/** By which other paths a home can be reached, from lines as the kernel writes them. */
import { expect, test } from "bun:test"
import { mountedAgain, mountsIn, otherPlaces } from "../../src/host/mounted-again.ts"

const line = (device: string, root: string, point: string) =>
  `29 1 ${device} ${root} ${point} rw,relatime shared:1 - ext4 /dev/sda1 rw`
const places = (home: string, ...lines: string[]) => otherPlaces(home, mountsIn(lines.join("\n")))

test.each<[what: string, home: string, lines: string[], expected: string[]]>([
  ["one mount", "/home/u", [line("8:1", "/", "/")], []],
  ["others of other disks", "/home/u", [line("8:1", "/", "/"), line("8:2", "/", "/mnt")], []],
  [
    "the whole disk again",
    "/home/u",
    [line("8:1", "/", "/"), line("8:1", "/", "/mnt/all")],
    ["/mnt/all/home/u"],
  ],
  ["all homes", "/home/u", [line("8:1", "/", "/"), line("8:1", "/home", "/srv/nfs")], ["/srv/nfs/u"]],
  ["the home itself", "/home/u", [line("8:1", "/", "/"), line("8:1", "/home/u", "/data")], ["/data"]],
  ["a home that is a disk of its own", "/home/u", [line("8:1", "/", "/"), line("8:2", "/", "/home/u")], []],
  [
    "a home that is a disk of its own, and again",
    "/home/u",
    [line("8:1", "/", "/"), line("8:2", "/", "/home/u"), line("8:2", "/", "/data"), line("8:2", "/w", "/w")],
    ["/data"],
  ],
  ["another home", "/home/u", [line("8:1", "/", "/"), line("8:1", "/home/us", "/data")], []],
  ["what is in it", "/home/u", [line("8:1", "/", "/"), line("8:1", "/home/u/work", "/work")], []],
  [
    "a subvolume of a file system that is mounted as a whole",
    "/home/u",
    [line("0:30", "/@", "/"), line("0:30", "/@home", "/home"), line("0:30", "/", "/mnt/top")],
    ["/mnt/top/@home/u"],
  ],
  [
    "a root that lies deep in its disk",
    "/var/home/u",
    [line("8:1", "/", "/sysroot"), line("8:1", "/ostree/deploy/x/var", "/var")],
    ["/sysroot/ostree/deploy/x/var/home/u"],
  ],
  [
    "the disk in the home",
    "/home/u",
    [line("8:1", "/", "/"), line("8:1", "/", "/home/u/all")],
    ["/home/u/all/home/u"],
  ],
  [
    "names with blanks and bytes that are no UTF-8",
    "/home/u",
    [line("8:1", "/", "/"), line("8:1", "/home", "/a\\040b\\134\xff")],
    ["/a b\\\udcff/u"],
  ],
  [
    "mounts over each other",
    "/home/u",
    [line("8:1", "/", "/"), line("8:2", "/", "/"), line("8:1", "/", "/m")],
    [],
  ],
])("%s", (_, home, lines, expected) => expect(places(home, ...lines)).toEqual(expected))

test("of this machine", () => {
  expect(mountedAgain("/proc")).not.toContain("/proc")
  expect(mountedAgain("/not/there")).toEqual([])
})
