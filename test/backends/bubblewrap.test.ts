/** LaunchPlan → bubblewrap's words, as a person would read them. */
import { describe, expect, test } from "bun:test"
import { bubblewrapInvocation } from "../../src/backends/bubblewrap.ts"
import type { LaunchPlan, Mount } from "../../src/plan/launch-plan.ts"

function planWith(change: Partial<LaunchPlan> = {}): LaunchPlan {
  return {
    session: "s",
    command: ["ls", "-l", "two words"],
    project: "/home/me/p",
    mounts: [],
    environment: { PATH: "/usr/bin" },
    network: { mode: "off" },
    nestedUserns: false,
    landlock: undefined,
    live: undefined,
    bare: undefined,
    limits: { timeMs: undefined, resources: [], group: undefined, memory: undefined },
    stateFiles: [],
    unixSockets: [],
    create: [],
    warnings: [],
    degraded: [],
    ...change,
  }
}

/** Stands for the program that runs inside first and becomes the command. */
const lastSteps = Uint8Array.from([0x7f, 0x45, 0x4c, 0x46])
const render = (change: Partial<LaunchPlan> = {}) =>
  bubblewrapInvocation(planWith(change), { program: "/usr/bin/bwrap", lastSteps })

/** The words for mounts alone. */
function mountWords(...mounts: Mount[]): string {
  const { words } = render({ mounts })
  return words.slice(words.indexOf("ALL") + 1, words.indexOf("--chdir")).join(" ")
}

const filtered: LaunchPlan["network"] = {
  ...{ mode: "filtered", rules: [], ask: "never", askTimeoutMs: 60_000 },
  ...{ hostPorts: [], expose: [], proxy: undefined, credentials: [] },
}
const why = "a rule"
const isolation =
  "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup --unshare-net --disable-userns " +
  "--die-with-parent --cap-drop ALL"

describe("what is executed in the end", () => {
  const mounts: Mount[] = [{ kind: "hidden-file", path: "/secret", why }]

  test("comes behind a gate when it is made late, under a number of its own", () => {
    const late = bubblewrapInvocation(planWith({ mounts }), { program: "/usr/bin/bwrap", lastSteps: "late" })
    expect(late.words.slice(-4)).toEqual(["--block-fd", "103", "--", "/proc/self/fd/102"])
    expect(late.late).toEqual({ file: 102, gate: 103, options: 104 })
    expect(late.descriptors).toEqual([{ number: 101, content: "" }])
  })

  test("is the same but for that when it is there from the start, and nothing waits", () => {
    const whole = render({ mounts })
    expect(whole.words.slice(-2)).toEqual(["--", "/proc/self/fd/102"])
    expect(whole.words).not.toContain("--block-fd")
    expect(whole.late).toBeUndefined()
    expect(whole.descriptors[1]).toEqual({ number: 102, content: lastSteps })
  })
})

describe("isolation", () => {
  test("is everything that there is, when the network is off", () => {
    const { program, words, descriptors, environment, guardian } = render()
    expect(program).toBe("/usr/bin/bwrap")
    expect(words).toEqual([
      ...isolation.split(" "),
      ...["--chdir", "/home/me/p"],
      ...["--", "/proc/self/fd/101"],
    ])
    expect(descriptors).toEqual([{ number: 101, content: lastSteps }])
    expect(guardian).toBe(100)
    expect(environment).toEqual({})
  })

  test.each([
    [{ network: { mode: "open" } }, "--unshare-net", false],
    [{ network: filtered }, "--unshare-net", true],
    [{ nestedUserns: true }, "--disable-userns", false],
  ] as const)("%j decides about %s", (change, word, there) => {
    expect(render(change).words.includes(word)).toBe(there)
    const others = isolation.split(" ").filter(other => other !== word)
    for (const other of others) expect(render(change).words).toContain(other)
  })

  test("leaves the terminal to the command: what keeps it from typing there is the filter of system calls", () => {
    expect(render({ nestedUserns: true, network: { mode: "open" } }).words).not.toContain("--new-session")
  })

  test("ends at --, and what follows is ours: no word of the command is an option", () => {
    const { words } = render({ command: ["--bind", "/", "/", "--"] })
    expect(words.slice(words.indexOf("--"))).toEqual(["--", "/proc/self/fd/101"])
  })
})

describe("mounts", () => {
  test.each<[string, Mount]>([
    ["--ro-bind / /", { kind: "host", path: "/", access: "read", why }],
    ["--bind /p /p", { kind: "host", path: "/p", access: "write", why }],
    ["--perms 1777 --tmpfs /tmp", { kind: "private", path: "/tmp", mode: 0o1777, why }],
    ["--perms 0755 --tmpfs /run", { kind: "private", path: "/run", mode: 0o755, why }],
    ["--perms 0000 --tmpfs /s", { kind: "hidden-directory", path: "/s", passable: false, why }],
    ["--perms 0111 --tmpfs /s", { kind: "hidden-directory", path: "/s", passable: true, why }],
    ["--perms 0000 --ro-bind-data 101 /k", { kind: "hidden-file", path: "/k", why }],
    ["--perms 0700 --dir /run/user/1", { kind: "directory", path: "/run/user/1", mode: 0o700, why }],
    ["--symlink ../x /l", { kind: "link", path: "/l", target: "../x", why }],
    ["--perms 0444 --file 101 /f", { kind: "file", path: "/f", content: "text", why }],
    ["--perms 0444 --ro-bind-data 101 /d", { kind: "data", path: "/d", content: "text", why }],
    ["--proc /proc", { kind: "proc", path: "/proc", why }],
    ["--dev /dev", { kind: "dev", path: "/dev", why }],
    ["--remount-ro /s", { kind: "sealed", path: "/s", why }],
  ])("%s", (words, mount) => {
    expect(mountWords(mount)).toBe(words)
  })

  test("stay in the order of the plan", () => {
    const path = (name: string): Mount => ({ kind: "host", path: name, access: "read", why })
    expect(mountWords(path("/b"), path("/a"), path("/b/c"))).toBe(
      "--ro-bind /b /b --ro-bind /a /a --ro-bind /b/c /b/c",
    )
  })

  test("with spaces, newlines and dashes stay one word each", () => {
    const { words } = render({ mounts: [{ kind: "host", path: "/a b\n--bind", access: "read", why }] })
    const at = words.indexOf("--ro-bind")
    expect(words.slice(at, at + 3)).toEqual(["--ro-bind", "/a b\n--bind", "/a b\n--bind"])
  })
})

describe("descriptors", () => {
  const file = (path: string, content: string): Mount => ({ kind: "file", path, content, why })

  test("are numbered from 101 without a gap, each with its content", () => {
    const { words, descriptors } = render({
      mounts: [file("/a", "one"), { kind: "hidden-file", path: "/k", why }, file("/b", "two")],
    })
    expect(descriptors).toEqual([
      { number: 101, content: "one" },
      { number: 102, content: "" },
      { number: 103, content: "two" },
      { number: 104, content: lastSteps },
    ])
    expect(words.join(" ")).toContain(
      "--file 101 /a --perms 0000 --ro-bind-data 102 /k --perms 0444 --file 103 /b",
    )
  })

  test("carry contents, and neither those nor the command's environment stand in a word or in bubblewrap's environment", () => {
    const { words, environment } = render({
      mounts: [file("/a", "s3cret-content")],
      environment: { API_KEY: "s3cret-value" },
    })
    expect(words.join("\n")).not.toContain("s3cret")
    expect(words.join("\n")).not.toContain("API_KEY")
    expect(environment).toEqual({})
  })
})

describe("a long plan", () => {
  const mounts = (count: number): Mount[] =>
    Array.from({ length: count }, (_, index) => ({ kind: "host", path: `/d/${index}`, access: "read", why }))

  test("goes through --args, whole and in order", () => {
    const all: Mount[] = [{ kind: "file", path: "/f", content: "c", why }, ...mounts(2000)]
    const { words, descriptors } = render({ mounts: all })
    expect(words).toEqual(["--args", "102", "--", "/proc/self/fd/103"])
    expect(descriptors.map(({ number }) => number)).toEqual([101, 102, 103])
    const inArgs = String(descriptors[1]?.content)
    expect(inArgs.endsWith("\0")).toBe(true)
    const setup = inArgs.slice(0, -1).split("\0")
    expect(setup.slice(0, 10)).toEqual(isolation.split(" "))
    expect(setup.slice(10, 15)).toEqual(["--perms", "0444", "--file", "101", "/f"])
    expect(setup.slice(-5)).toEqual(["--ro-bind", "/d/1999", "/d/1999", "--chdir", "/home/me/p"])
  })

  test("is one only from some thousand words on", () => {
    expect(render({ mounts: mounts(1000) }).words).not.toContain("--args")
    expect(render({ mounts: mounts(1400) }).words).toContain("--args")
    expect(render({ mounts: mounts(1400) }).words.length).toBeLessThan(100)
  })
})
