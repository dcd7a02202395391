/** Policy + project + command + facts → LaunchPlan: pure, so the machine is made up. */
import { describe, expect, test } from "bun:test"
import { HostError, UserError } from "../../src/base/error.ts"
import { resolveRules } from "../../src/plan/links.ts"
import { buildPlan, type PlanRequest } from "../../src/plan/plan.ts"
import { ownLayer, programLayer } from "../../src/plan/system.ts"
import type { Layer, Settings } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { protectionText } from "../../src/policy/protection.ts"
import { fakeDisk, layerOf, pathRule, sourced } from "../policy/naive-model.ts"

const disk = ["/tmp/", "/var/tmp/", "/dev/", "/proc/", "/run/", "/home/me/p/", "/home/me/s/k", "/usr/bin/"]

type Change = Partial<PlanRequest> & { layers?: Layer[]; settings?: Partial<Settings> }

function planned({ layers = [], settings = {}, ...change }: Change = {}) {
  const base = layerOf("base", { paths: [pathRule("write", "/home/me/p", { layer: "base" })] })
  const facts = fakeDisk(disk)
  const user = layerOf("user", { settings })
  const policy = mergeLayers([base, user, ...layers], { home: "/home/me", otherHomes: [] })
  const resolved = resolveRules(policy, { project: "/home/me/p", home: "/home/me", found: [], facts })
  return buildPlan({
    session: "session-1",
    command: ["ls", "-l"],
    project: "/home/me/p",
    account: { uid: 1000, user: "me", home: "/home/me", homeSpelled: "/home/link", otherHomes: [] },
    policy,
    resolved,
    state: { rules: [], create: ["/home/me/.new"], redirect: { X_CACHE: "/tmp/x" }, moved: [] },
    look: { found: [], isCut: false },
    preload: "// preload",
    facts,
    kernel: { abstractSocketScope: true, landlockAbi: 7, notification: true },
    limitFacts: () => {
      throw new Error("nobody asked for limits")
    },
    inherited: { PATH: "/usr/bin", TMP: "/elsewhere", OLDPWD: "/x", HOME: "/wrong", NODE_OPTIONS: "--a" },
    pointers: [],
    hostname: "machine",
    ...change,
  })
}

const open = { networkMode: "open", environmentMode: "scrub" } as const

describe("the plan", () => {
  test("is plain data that prints as JSON, and the same every time", () => {
    const plan = planned({ settings: open })
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    expect(planned({ settings: open })).toEqual(plan)
  })

  test("carries the command, the project, the session and what has to be made", () => {
    expect(planned()).toMatchObject({
      session: "session-1",
      command: ["ls", "-l"],
      project: "/home/me/p",
      create: ["/home/me/.new"],
      warnings: [],
      degraded: [],
    })
  })

  test("mounts the world read-only, the project writable, the sandbox's own directories private", () => {
    const kinds = planned().mounts.map(mount => `${mount.kind} ${mount.path}`)
    const own = ["dev /dev", "proc /proc", "private /run", "private /tmp", "private /var/tmp"]
    for (const mount of [...own, "host /", "host /home/me/p"]) expect(kinds).toContain(mount)
    expect(kinds).toContain("directory /run/user/1000")
    expect(kinds).toContain("file /run/cordon/no-sandbox.cjs")
    const write = planned().mounts.filter(mount => mount.kind === "host" && mount.access === "write")
    expect(write.map(({ path }) => path)).toEqual(["/home/me/p"])
  })

  test("seals no hidden directory where the live engine keeps everything out of it", () => {
    const layers = [layerOf("user", { paths: [pathRule("deny", "/home/me/s"), pathRule("deny", "/tmp/no")] })]
    const { mounts, live } = planned({ layers })
    expect(live).toEqual({ reads: true, carriesOutReads: false })
    expect(mounts.filter(({ kind }) => kind === "hidden-directory")).toHaveLength(2)
    expect(mounts.filter(({ kind }) => kind === "sealed")).toEqual([])
  })

  test("carries out reads where a directory was too large to be looked through", () => {
    const layers = [layerOf("user", { paths: [pathRule("deny", "/home/me/s")] })]
    const live = (isCut: boolean) => planned({ layers, look: { found: [], isCut } }).live
    expect(live(true)).toEqual({ reads: true, carriesOutReads: true })
    expect(live(false)).toEqual({ reads: true, carriesOutReads: false })
  })

  test("seals them after everything that is put into the sandbox's own, where names are not decided on", () => {
    const layers = [layerOf("user", { paths: [pathRule("deny", "/home/me/s"), pathRule("deny", "/tmp/no")] })]
    const kernel = { abstractSocketScope: true, landlockAbi: 7, notification: false }
    const optional = [sourced("live-names" as const)]
    const { mounts, degraded } = planned({ layers: [...layers, layerOf("profile", { optional })], kernel })
    const kinds = mounts.map(({ kind }) => kind)
    expect(kinds.indexOf("sealed")).toBeGreaterThan(kinds.indexOf("file"))
    expect(kinds.slice(kinds.indexOf("sealed"))).toEqual(["sealed", "sealed"])
    expect(degraded.join()).toContain("live-names")
  })

  test("gives modes that let everybody use temp, and nobody else the runtime directory", () => {
    const modes = planned().mounts.flatMap(mount => ("mode" in mount ? [[mount.path, mount.mode]] : []))
    expect(Object.fromEntries(modes)).toEqual({
      "/run": 0o755,
      "/run/user/1000": 0o700,
      "/tmp": 0o1777,
      "/var/tmp": 0o1777,
    })
  })

  test("refuses a project that the policy denies, and what this version cannot do", () => {
    expect(() => planned({ settings: { ask: "unlisted", networkMode: "open" } })).toThrow("filtered")
    const layers = [layerOf("user", { paths: [pathRule("deny", "/home/me/p")] })]
    expect(() => planned({ layers })).toThrow(UserError)
    expect(() => planned({ layers })).toThrow("denies the project directory ~/p itself")
  })

  test("warns of what the rules and the mounts could not do", () => {
    const layers = [layerOf("user", { paths: [pathRule("write", "/home/me/none")] })]
    expect(planned({ layers }).warnings.join()).toContain("/home/me/none does not exist")
  })
})

describe("the environment of the plan", () => {
  test("knows where it is, and that it is inside", () => {
    expect(planned({ settings: open }).environment).toMatchObject({
      HOME: "/home/link",
      PWD: "/home/me/p",
      PATH: "/usr/bin",
      TMPDIR: "/tmp",
      TMP: "/tmp",
      XDG_RUNTIME_DIR: "/run/user/1000",
      CORDON: "1",
      CORDON_SESSION: "session-1",
      X_CACHE: "/tmp/x",
    })
  })

  test("has no old directory, and no temp variable that was not there", () => {
    const { environment } = planned({ settings: open })
    expect(Object.keys(environment)).not.toContain("OLDPWD")
    expect(Object.keys(environment)).not.toContain("TEMP")
  })

  test("makes browsers skip a sandbox of their own, and keeps what was set", () => {
    const { environment } = planned({
      settings: open,
      inherited: { CHROMIUM_FLAGS: "--x", NODE_OPTIONS: "--a" },
    })
    expect(environment).toMatchObject({
      ELECTRON_DISABLE_SANDBOX: "1",
      PLAYWRIGHT_MCP_NO_SANDBOX: "1",
      CHROMIUM_FLAGS: "--x --no-sandbox",
      NODE_OPTIONS: "--a --require=/run/cordon/no-sandbox.cjs",
    })
    expect(planned({ inherited: {} }).environment.NODE_OPTIONS).toBe("--require=/run/cordon/no-sandbox.cjs")
  })
})

describe("the host's abstract sockets", () => {
  const old = { abstractSocketScope: false, landlockAbi: 3, notification: true }

  test("are away with the network, and scoped where it is shared", () => {
    expect(planned()).toMatchObject({ network: { mode: "off" }, landlock: { scopeAbstractSockets: false } })
    expect(planned({ settings: open })).toMatchObject({
      network: { mode: "open" },
      landlock: { scopeAbstractSockets: true },
    })
  })

  test("on a kernel that cannot scope them stop the run, unless the policy calls them optional", () => {
    expect(() => planned({ settings: open, kernel: old })).toThrow(HostError)
    expect(planned({ kernel: old }).degraded).toEqual([])
    const layers = [layerOf("user", { optional: [sourced("abstract-sockets")] })]
    const plan = planned({ settings: open, kernel: old, layers })
    expect(plan.landlock).toMatchObject({ scopeAbstractSockets: false })
    expect(plan.degraded).toHaveLength(1)
    const other = [layerOf("user", { optional: [sourced("seccomp")] })]
    expect(() => planned({ settings: open, kernel: old, layers: other })).toThrow("abstract unix sockets")
  })

  test("namespaces of its own only for who asked", () => {
    expect(planned().nestedUserns).toBe(false)
    expect(planned({ settings: { nestedUserns: "allow" } }).nestedUserns).toBe(true)
  })
})

describe("layers of this machine", () => {
  const links = fakeDisk([
    "/p/.cordon.yaml -> /real/policy.yaml",
    "/real/policy.yaml",
    "/etc/resolv.conf -> ../run/r/conf",
    "/run/r/conf",
  ])

  test("protect policy files by name and by what they lead to, locked", () => {
    const { protections } = ownLayer(["/p/.cordon.yaml"], links)
    expect(protections.map(({ value }) => protectionText(value))).toEqual([
      "/p/.cordon.yaml",
      "/real/policy.yaml",
    ])
    expect(protections.every(({ locked, effect }) => locked && effect === "protect")).toBe(true)
  })

  test("show of /run only what is needed and is there", () => {
    const shown = (facts: typeof links) => ownLayer([], facts).paths.map(({ value }) => patternText(value))
    expect(shown(links)).toEqual(["/run/r/conf"])
    expect(shown(fakeDisk(["/etc/resolv.conf", "/run/"]))).toEqual([])
  })

  test("let the command itself be read", () => {
    const { paths } = programLayer(["/x/bin", "/x/bin", "/x/lib"])
    expect(paths.map(({ access, value }) => `${access} ${patternText(value)}`)).toEqual([
      "read /x/bin",
      "read /x/lib",
    ])
  })
})
