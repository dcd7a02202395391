/** Facts are read from files: from a directory that stands for the machine, and from the machine itself. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { release, tmpdir } from "node:os"
import { join } from "node:path"
import { type HostFacts, readHostFacts } from "../../src/host/host-facts.ts"
import { namespacesInDoubt } from "../../src/host/namespace-doubt.ts"
import { type Files, writeFiles } from "../support/world.ts"

const places: string[] = []
afterAll(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true })
})

const wholeMap = "         0          0 4294967295\n"

/** A directory that looks like a machine on which all is well, but for some files. */
function machineWith(files: Files): string {
  const place = mkdtempSync(join(tmpdir(), "cordon-facts-"))
  places.push(place)
  writeFiles(place, {
    "proc/self/uid_map": wholeMap,
    "proc/self/status": "Name:\tcordon\nSeccomp:\t0\nSeccomp_filters:\t0\n",
    "proc/sys/user/max_user_namespaces": "15000\n",
    ...files,
  })
  return place
}

function facts(files: Files, uid = 1000): HostFacts {
  return readHostFacts(uid, machineWith(files))
}

describe("the machine itself", () => {
  const here = readHostFacts(0)

  test("has the release that uname(2) gives", () => {
    expect(here.release).toBe(release())
  })

  test("has switches as the kernel shows them", () => {
    expect(here.maxUserNamespaces).toBe(readFileSync("/proc/sys/user/max_user_namespaces", "utf8").trim())
    expect(here.hasUserNamespaces).toBe(true)
  })

  test("has a distribution", () => {
    expect(here.distributions.length).toBeGreaterThan(0)
  })
})

describe("an empty machine", () => {
  const empty = readHostFacts(1000, join(tmpdir(), "cordon-no-such-machine"))

  test("gives no facts, and no error", () => {
    expect(empty).toMatchObject({
      release: "",
      windows: "none",
      distributions: [],
      container: undefined,
      maxUserNamespaces: undefined,
      apparmorProfile: "",
      securityModules: "",
      bootLoader: "unknown",
      hasUserNamespaces: false,
      filtered: false,
      maskedProc: false,
    })
  })
})

describe("Windows", () => {
  test.each([
    ["6.8.0-45-generic", "Linux version 6.8.0-45-generic (buildd@lcy02)", "none"],
    ["4.4.0-19041-Microsoft", "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)", "wsl1"],
    ["5.15.90.1-microsoft-standard-WSL2", "Linux version 5.15.90.1-microsoft-standard-WSL2", "wsl2"],
    ["6.6.0-custom", "Linux version 6.6.0-custom (builder@microsoft)", "wsl2"],
  ] as const)("%s: %s is %s", (osrelease, version, expected) => {
    const files = { "proc/sys/kernel/osrelease": `${osrelease}\n`, "proc/version": `${version}\n` }
    expect(facts(files).windows).toBe(expected)
  })
})

describe("the distribution", () => {
  test("is its own name, then those that it is like", () => {
    const text = 'NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n'
    expect(facts({ "etc/os-release": text }).distributions).toEqual(["linuxmint", "ubuntu", "debian"])
  })

  test("is read from /usr/lib when /etc has none, with any quotes", () => {
    expect(facts({ "usr/lib/os-release": "ID='arch'\n" }).distributions).toEqual(["arch"])
    expect(facts({ "usr/lib/os-release": "PRETTY_NAME=x\n" }).distributions).toEqual([])
  })
})

describe("the container", () => {
  test.each([
    [{ ".dockerenv": "" }, "docker"],
    [{ "run/.containerenv": 'engine="podman-5.0"\n' }, "podman"],
    [{ "var/run/secrets/kubernetes.io/": "", ".dockerenv": "" }, "kubernetes"],
    [{ "run/systemd/container": "lxc\n" }, "lxc"],
    [{ "proc/self/cgroup": "0::/system.slice/docker-0123.scope\n" }, "docker"],
    [{ "proc/self/cgroup": "9:devices:/docker/0123\n" }, "docker"],
    [{ "proc/self/cgroup": "9:devices:/machine.slice/libpod-0123.scope\n" }, "podman"],
    [{ "proc/self/cgroup": "9:devices:/kubepods/besteffort/pod0123\n" }, "kubernetes"],
    [{ "proc/self/cgroup": "9:devices:/lxc.payload.box\n" }, "lxc"],
    [{ "proc/self/cgroup": "0::/user.slice\n" }, undefined],
  ] as [Files, HostFacts["container"]][])("of %j is %s", (files, expected) => {
    expect(facts(files).container).toBe(expected)
  })
})

describe("walls around this process", () => {
  test("are a seccomp filter, and not strict mode or none", () => {
    expect(facts({ "proc/self/status": "Seccomp:\t2\n" }).filtered).toBe(true)
    expect(facts({ "proc/self/status": "Seccomp:\t1\n" }).filtered).toBe(false)
    expect(facts({ "proc/self/status": "Seccomp_filters:\t2\n" }).filtered).toBe(false)
  })

  test.each([
    ["docker-default (enforce)", "docker-default"],
    ["snap.code.code (complain)", "snap.code.code"],
    ["unconfined", ""],
    ["", ""],
  ])("are an AppArmor profile: %j is %j", (label, expected) => {
    expect(facts({ "proc/self/attr/apparmor/current": `${label}\n` }).apparmorProfile).toBe(expected)
  })

  test("are mounts over parts of /proc, binfmt_misc left aside", () => {
    const line = (point: string) => `22 27 0:21 / ${point} rw,relatime - proc proc rw\n`
    const mounts = (...points: string[]) =>
      facts({ "proc/self/mountinfo": points.map(line).join("") }).maskedProc
    expect(mounts("/", "/proc")).toBe(false)
    expect(mounts("/proc", "/proc/sys/fs/binfmt_misc")).toBe(false)
    expect(mounts("/proc", "/proc/kcore")).toBe(true)
    expect(mounts("/proc", "/proc/sys")).toBe(true)
    expect(mounts("/processes")).toBe(false)
  })

  test("are user namespaces", () => {
    expect(facts({}).insideUserNamespace).toBe(false)
    expect(facts({ "proc/self/uid_map": "0 1000 1\n" }).insideUserNamespace).toBe(true)
  })
})

describe("programs that the ways out need", () => {
  test.each([
    [{ "usr/sbin/grubby": "" }, "grubby"],
    [{ "usr/sbin/update-grub": "" }, "update-grub"],
    [{ "usr/sbin/grubby": "", "usr/sbin/update-grub": "" }, "grubby"],
    [{}, "unknown"],
  ] as [Files, string][])("%j: the boot loader is %s's", (files, expected) => {
    expect(facts(files).bootLoader).toBe(expected as HostFacts["bootLoader"])
  })

  test("are profiles for bwrap that somebody installed", () => {
    expect(facts({}).bubblewrapProfile).toBe("")
    expect(facts({ "etc/apparmor.d/bwrap": "" }).bubblewrapProfile).toBe("/etc/apparmor.d/bwrap")
    expect(facts({ "etc/apparmor.d/cordon-bwrap": "" }).bubblewrapProfile).toBe(
      "/etc/apparmor.d/cordon-bwrap",
    )
  })
})

describe("namespaces are in doubt", () => {
  const doubt = (files: Files, uid = 1000) => namespacesInDoubt(uid, machineWith(files))

  test("never where all is well, so that a launch loses no time", () => {
    expect(doubt({})).toBe(false)
    expect(doubt({}, 0)).toBe(false)
    expect(doubt({ "proc/keys": "", ".dockerenv": "" })).toBe(false)
  })

  test.each([
    [{ "proc/sys/user/max_user_namespaces": "0\n" }],
    [{ "proc/self/uid_map": "0 1000 1\n" }],
    [{ "proc/self/status": "Seccomp:\t2\n" }],
  ] as [Files][])("for everybody with %j", files => {
    expect(doubt(files)).toBe(true)
    expect(doubt(files, 0)).toBe(true)
  })

  test.each([
    [{ "proc/sys/kernel/unprivileged_userns_clone": "0\n" }],
    [{ "proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n" }],
  ] as [Files][])("for users and not for root with %j", files => {
    expect(doubt(files)).toBe(true)
    expect(doubt(files, 0)).toBe(false)
  })

  test("where the kernel has none at all", () => {
    expect(namespacesInDoubt(1000, join(tmpdir(), "cordon-no-such-machine"))).toBe(true)
  })
})
