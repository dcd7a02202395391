/** Rules on what the sandbox has of its own in /proc, /dev and /run: they hold, or a sentence says why they cannot. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import type { Mount } from "../../src/plan/launch-plan.ts"
import {
  isNumberedByHost,
  refuseUnsettled,
  refuseWithoutOwnPlaces,
  withoutDeviceLinks,
} from "../../src/plan/own-places.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, rulesOf, type Said } from "../policy/naive-model.ts"
import type { Outcome } from "../support/process.ts"
import { World } from "../support/world.ts"

/** `deny /a/x` of the user, `read / base` of somebody else. */
function say(words: string): Said {
  const [does, text = "", layer = "user"] = words.split(" ")
  return { does: does as Said["does"], text, layer: layer as LayerName, locked: false }
}

const disk = fakeDisk([
  "/proc/self -> 77",
  "/proc/77/fd/0 -> /dev/pts/3",
  "/proc/77/net/tcp",
  "/proc/net -> self/net",
  "/proc/version",
  "/dev/fd -> /proc/self/fd",
  "/dev/stdin -> /proc/self/fd/0",
  "/dev/null",
  "/dev/sda",
  "/dev/pts/3",
  "/etc/mtab -> /proc/self/mounts",
  "/a/.env -> /dev/null",
  "/a/input -> /dev/stdin",
  "/a/me -> /proc/self",
  "/a/disk -> /dev/sda",
  "/a/s -> /b/secret",
  "/b/secret",
])

test.each([
  ["/proc/77", true],
  ["/proc/77/environ", true],
  ["/proc/10", true],
  ["/dev/pts/3", true],
  ["/proc/1", false],
  ["/proc/1/environ", false],
  ["/proc/self", false],
  ["/proc/7x", false],
  ["/dev/pts/ptmx", false],
  ["/a/proc/77", false],
])("%s is named by a number of the host's: %p", (path, expected) => {
  expect(isNumberedByHost(path)).toBe(expected)
})

describe("a link to a device that everybody has, or to what is another thing inside", () => {
  const facts = withoutDeviceLinks(disk)

  test.each(["/a/.env", "/a/input", "/a/me"])("is a name like any other: %s", path => {
    expect(facts(path)).toMatchObject({ canonical: path, links: [] })
  })

  test.each(["/a/s", "/a/disk", "/dev/null", "/proc/version", "/a/no"])(
    "and everything else is as it is: %s",
    path => {
      expect(facts(path)).toEqual(disk(path))
    },
  )
})

describe("a rule about what is another thing for each process", () => {
  const refused = (words: string) => () => refuseUnsettled(rulesOf([say(words)]), disk)

  test.each([
    ["deny /proc/self", "/proc/self: it is another place for each process"],
    ["read /proc/self/environ", "/proc/self/environ, which leads through /proc/self: it is another place"],
    ["deny /proc/net", "/proc/net, which leads through /proc/self"],
    ["write /dev/fd", "/dev/fd, which leads through /proc/self"],
    ["deny /etc/mtab", "/etc/mtab, which leads through /proc/self"],
    ["deny /proc/77", "/proc/77: processes and terminals have other numbers inside"],
    ["deny /dev/pts/3", "/dev/pts/3: processes and terminals have other numbers inside"],
  ])("is refused: %s", (words, what) => {
    expect(refused(words)).toThrow(UserError)
    expect(refused(words)).toThrow(`user: ${words}: no rule can be about ${what}`)
  })

  test.each(["deny /proc/version", "deny /proc/1", "read /dev/null", "deny /a/me", "deny /proc/self base"])(
    "and no other, nor a link that somebody has elsewhere: %s",
    words => {
      expect(refused(words)).not.toThrow()
    },
  )
})

describe("a sandbox without what is its own", () => {
  const host = (path: string): Mount => ({ kind: "host", path, access: "read", why: "" })
  const own = (path: string): Mount => ({ kind: "private", path, mode: 0o755, why: "" })
  const proc: Mount = { kind: "proc", path: "/proc", why: "" }
  const made: Mount[] = [
    { kind: "directory", path: "/run/user/7", mode: 0o700, why: "" },
    { kind: "file", path: "/run/x/file", content: "", why: "" },
  ]
  const check = (said: string[], mounts: Mount[], there: string[] = []) => {
    const rules = rulesOf(["read / base", "private /run base", "private /proc base", ...said].map(say))
    return () => refuseWithoutOwnPlaces({ mounts, judge: pathJudge(rules), facts: fakeDisk(there) })
  }

  test("is refused where /proc is hidden", () => {
    const hidden: Mount = { kind: "hidden-directory", path: "/proc", passable: false, why: "" }
    expect(check(["deny /proc"], [host("/"), hidden])).toThrow(
      "user: deny /proc: nothing starts without /proc, so it cannot be denied as a whole",
    )
    expect(check([], [host("/"), proc, own("/run"), ...made])).not.toThrow()
  })

  test("is refused where it would be made on the host", () => {
    const mounts = [host("/"), proc, host("/run"), ...made]
    expect(check(["read /run"], mounts)).toThrow(
      "user: read /run: /run/user/7 is the sandbox's own, so /run cannot be opened as a whole",
    )
    expect(check(["read /run"], mounts, ["/run/user/7/"])).toThrow("/run/x/file is the sandbox's own")
    const deeper = [host("/"), proc, own("/run"), host("/run/x"), ...made]
    expect(check(["write /run/x"], deeper)).toThrow("so /run/x cannot be opened as a whole")
  })

  test("is not where a part of it is shown", () => {
    const part = [host("/"), proc, own("/run"), host("/run/user/7"), host("/run/other"), ...made]
    expect(check(["read /run/other"], part, ["/run/user/7/"])).not.toThrow()
  })
})

/** `--deny /proc` and the same in a policy. */
async function bothWays(access: string, path: string, script: string): Promise<Outcome[]> {
  using world = new World({
    project: { ".given.yaml": `version: 1\nfilesystem:\n  ${access}: ["${path}"]\n` },
  })
  const file = ["-n", "--profile", join(world.project, ".given.yaml")]
  return [
    await world.shell(script, { options: ["-n", `--${access}`, path] }),
    await world.shell(script, { options: file }),
  ]
}

describe("for real", () => {
  test.each([
    [
      "deny",
      "/proc",
      "nothing starts without /proc, so it cannot be denied as a whole",
      "deny what is in it",
    ],
    [
      "read",
      "/run",
      "is the sandbox's own, so /run cannot be opened as a whole",
      "name what is needed of it",
    ],
    [
      "write",
      "/run",
      "is the sandbox's own, so /run cannot be opened as a whole",
      "name what is needed of it",
    ],
    ["deny", "/proc/self", "no rule can be about /proc/self", "leave the rule out"],
    ["read", "/dev/stdin", "no rule can be about /dev/stdin", "leave the rule out"],
    [
      "deny",
      `/proc/${process.pid}`,
      "processes and terminals have other numbers inside",
      "leave the rule out",
    ],
  ])("%s %s is refused in a sentence, and nothing starts", async (access, path, sentence, step) => {
    const before = existsSync("/run/cordon")
    for (const { code, stdout, stderr } of await bothWays(access, path, "echo started")) {
      expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
      const [first = "", second, ...more] = stderr.trimEnd().split("\n")
      expect(first).toStartWith("cordon: ")
      expect(first).toContain(sentence)
      expect(second).toStartWith(`cordon: → ${step}`)
      expect(more).toEqual([])
    }
    expect(existsSync("/run/cordon")).toBe(before)
  })

  test.each(["/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/proc/version", "/proc/1"])(
    "deny %s holds, and the rest works",
    async path => {
      const script = `cat ${path} 2>&1; (: > ${path}) 2>&1; head -c1 /dev/urandom | wc -c; echo ran`
      for (const { code, stdout, stderr } of await bothWays("deny", path, script)) {
        expect(stdout).toContain("Permission denied")
        expect(stdout).toEndWith("1\nran\n")
        expect({ code, raw: stderr.includes("bwrap") }).toEqual({ code: 0, raw: false })
      }
    },
  )

  test("a glob over all of /dev or /proc denies what is there", async () => {
    const [devices] = await bothWays("deny", "/dev/*", "cat /dev/null; cat /dev/zero; echo ran")
    expect(devices).toMatchObject({ code: 0, stdout: "ran\n" })
    expect(devices?.stderr).toMatch(/null: Permission denied\n.*zero: Permission denied\n/)
    const [processes] = await bothWays("deny", "/proc/*", "cat /proc/version; echo ran")
    expect(processes).toMatchObject({ code: 0, stdout: "ran\n" })
    expect(processes?.stderr).toContain("version: Permission denied")
  })

  test("what is named in /run is shown, and the rest of it is the sandbox's own", async () => {
    using world = new World()
    const { code, stdout } = await world.shell('touch "$XDG_RUNTIME_DIR/x" /run/y && echo made', {
      options: ["-n", "--read", "/run/nothing-there"],
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: "made\n" })
  })

  test("a denied name that leads to a device or a process is denied, and not the device", async () => {
    using world = new World({ project: { sub: "" } })
    unlinkSync(join(world.project, "sub"))
    mkdirSync(join(world.project, "sub"))
    writeFileSync(join(world.project, "sub/secret"), "s3cret")
    const link = (target: string, path: string) => symlinkSync(target, join(world.home, path))
    link("/dev/null", ".netrc")
    link("/dev/null", "work/project/.env")
    link("/proc/self/environ", "work/project/.env.one")
    link("/dev/stdin", "work/project/.env.two")
    link("/proc/self", "work/project/.envrc")
    link("sub/secret", "work/project/.env.three")
    const { code, stdout, stderr } = await world.shell(
      "echo x > /dev/null && head -c1 /dev/zero | wc -c; rm .env .envrc; cat sub/secret; echo ran",
      { options: ["-n"] },
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1\nran\n" })
    expect(stderr).toMatch(/\.envrc'?: Permission denied/)
    expect(stderr).toMatch(/sub\/secret: Permission denied/)
  })
})
