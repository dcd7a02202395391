/** A plan for the landlock backend: what changes, and what stops the run. */
import { describe, expect, test } from "bun:test"
import { HostError, UserError } from "../../src/base/error.ts"
import { type BareContext, barePlan } from "../../src/plan/bare.ts"
import type { LaunchPlan, Mount } from "../../src/plan/launch-plan.ts"
import type { Settings } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { layerOf } from "../policy/naive-model.ts"

const why = "a rule"
const mounts: Mount[] = [
  { kind: "host", path: "/", access: "read", why },
  { kind: "host", path: "/home/me/p", access: "write", why },
  { kind: "hidden-directory", path: "/tmp", passable: true, why },
  { kind: "hidden-file", path: "/etc/shadow", why },
  { kind: "directory", path: "/run/user/1000", mode: 0o700, why },
  { kind: "file", path: "/run/cordon/no-sandbox.cjs", content: "// preload", why },
  { kind: "data", path: "/etc/hosts", content: "", why },
]
const built: LaunchPlan = {
  session: "s",
  command: ["ls"],
  project: "/home/me/p",
  mounts,
  environment: {
    PATH: "/usr/bin",
    TMPDIR: "/tmp",
    TMP: "/tmp",
    MINE: "/tmp",
    GOCACHE: "/tmp/cordon-caches/GOCACHE",
    XDG_RUNTIME_DIR: "/run/user/1000",
    NODE_OPTIONS: "--a --require=/run/cordon/no-sandbox.cjs",
  },
  network: { mode: "off" },
  nestedUserns: false,
  landlock: { abi: 7, scopeAbstractSockets: false, writable: [{ path: "/home/me/p", kind: "directory" }] },
  live: { reads: true, carriesOutReads: false },
  bare: undefined,
  limits: { timeMs: undefined, resources: [], group: undefined, memory: undefined },
  stateFiles: [],
  unixSockets: [],
  create: [],
  warnings: [],
  degraded: [],
}

const policyWith = (settings: Partial<Settings> = {}) =>
  mergeLayers([layerOf("user", { settings })], { home: "/home/me", otherHomes: [] })

const context: BareContext = {
  policy: policyWith({ networkMode: "off" }),
  kernel: { landlockAbi: 7, notification: true },
  ptraceScope: undefined,
  directory: "/tmp/cordon-1-s",
  preload: "// preload",
  reading: { accessOf: () => "read", places: [], list: () => [], kindOf: () => "directory" },
}

describe("the plan", () => {
  const plan = barePlan(built, context)

  test("names what of the host is seen, and nothing that is made for a sandbox", () => {
    expect(plan.mounts.map(({ path }) => path)).toEqual(["/", "/home/me/p", "/tmp", "/etc/shadow"])
  })

  test("has every opening carried out", () => {
    expect(plan.live).toEqual({ reads: true, carriesOutReads: true })
    expect(barePlan({ ...built, live: undefined }, context).live).toEqual(plan.live)
  })

  test("lets be written what the policy does, and the session's own", () => {
    expect(plan.landlock).toMatchObject({ abi: 7, scopeAbstractSockets: true })
    expect(plan.landlock?.writable.map(({ path }) => path)).toEqual([
      "/home/me/p",
      "/tmp/cordon-1-s/tmp",
      "/tmp/cordon-1-s/run",
      "/dev/pts",
    ])
  })

  test("lets be read and executed what the policy does, and the session's own", () => {
    const { readable = [], ...rest } = plan.bare ?? {}
    expect(rest).toEqual({ directory: "/tmp/cordon-1-s", preload: "// preload" })
    expect(readable.map(({ path }) => path)).toEqual([
      "/",
      "/tmp/cordon-1-s/tmp",
      "/tmp/cordon-1-s/run",
      "/dev/pts",
    ])
  })

  test("names the session's own directories in variables, and leaves others as they are", () => {
    expect(plan.environment).toEqual({
      PATH: "/usr/bin",
      TMPDIR: "/tmp/cordon-1-s/tmp",
      TMP: "/tmp/cordon-1-s/tmp",
      TMUX_TMPDIR: "/tmp/cordon-1-s/tmp",
      MINE: "/tmp",
      GOCACHE: "/tmp/cordon-1-s/tmp/cordon-caches/GOCACHE",
      XDG_RUNTIME_DIR: "/tmp/cordon-1-s/run",
      NODE_OPTIONS: "--a --require=/tmp/cordon-1-s/no-sandbox.cjs",
    })
  })

  test("is plain data that prints as JSON", () => {
    expect(JSON.parse(JSON.stringify(plan))).toEqual(JSON.parse(JSON.stringify({ ...plan })))
  })
})

describe("the run stops at", () => {
  test.each([
    ["filtered", { networkMode: "filtered" }, "network mode filtered"],
    ["nested namespaces", { networkMode: "off", nestedUserns: "allow" }, "nested_userns: allow"],
  ] as const)("%s of the policy", (_, settings, text) => {
    const act = () => barePlan(built, { ...context, policy: policyWith(settings) })
    expect(act).toThrow(UserError)
    expect(act).toThrow(text)
  })

  test.each([
    [{ kernel: { landlockAbi: 5, notification: true } }, "ABI 6 (Linux 6.12); this kernel has ABI 5"],
    [{ kernel: { landlockAbi: 0, notification: true } }, "this kernel has none"],
    [{ kernel: { landlockAbi: 7, notification: false } }, "seccomp user notification"],
    [{ ptraceScope: "2" }, "kernel.yama.ptrace_scope = 2"],
    [{ ptraceScope: "3" }, "kernel.yama.ptrace_scope = 3"],
  ] as [Partial<BareContext>, string][])("a machine with %j", (change, text) => {
    const act = () => barePlan(built, { ...context, ...change })
    expect(act).toThrow(HostError)
    expect(act).toThrow(text)
  })

  test.each(["0", "1", undefined])("and not at ptrace_scope %p", ptraceScope =>
    expect(barePlan(built, { ...context, ptraceScope }).bare).toBeDefined(),
  )
  test.each(["off", "open"] as const)("nor at the network %s", networkMode =>
    expect(barePlan(built, { ...context, policy: policyWith({ networkMode }) }).bare).toBeDefined(),
  )
})
