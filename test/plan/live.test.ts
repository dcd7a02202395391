/** What has to be decided while the command runs, and what mounts say already. */
import { describe, expect, test } from "bun:test"
import { HostError } from "../../src/base/error.ts"
import { isLive, type LiveContext, planLive } from "../../src/plan/live.ts"
import type { OptionalProtection } from "../../src/policy/layer.ts"
import type { PathPolicy } from "../../src/policy/policy.ts"
import { pathRule, protection, sourced } from "../policy/naive-model.ts"

const asks: LiveContext = { kernel: { notification: true }, network: { mode: "off" }, mode: "standard" }
const accepting = (...names: OptionalProtection[]) => ({
  optional: names.map(name => sourced(name)),
  closed: [],
})
const live = (rules: PathPolicy, context = asks) => planLive(rules, context, accepting()).live

const policy = (change: Partial<PathPolicy>): PathPolicy => ({ paths: [], protections: [], ...change })

test("rules that only allow need nobody: mounts say it all", () => {
  const paths = [pathRule("read", "/"), pathRule("write", "/p"), pathRule("read", "/p/*.lock")]
  expect(live(policy({ paths }))).toBeUndefined()
  expect(live(policy({}))).toBeUndefined()
})

test("a denied path may come into being later, by any name that leads there: opening for reading is asked about", () => {
  for (const pattern of ["/home/me/.netrc", "/p/**/.env", "~/.ssh/id_*"])
    expect(live(policy({ paths: [pathRule("deny", pattern)] }))).toEqual({
      reads: true,
      carriesOutReads: false,
    })
})

test("protected names may come into being at any depth, and reading them is free", () => {
  const protections = [protection("protect", ".git/hooks")]
  expect(live(policy({ protections }))).toEqual({ reads: false, carriesOutReads: false })
})

test("both together ask about both", () => {
  const both = { paths: [pathRule("deny", "/x")], protections: [protection("protect", ".git/hooks")] }
  expect(live(policy(both))).toEqual({ reads: true, carriesOutReads: false })
})

test("what is only lifted again protects nothing", () => {
  const effects = ["unprotect", "protect"] as const
  const [lifted, kept] = effects.map(effect => live(policy({ protections: [protection(effect, ".idea")] })))
  expect(lifted).toBeUndefined()
  expect(kept).toEqual({ reads: false, carriesOutReads: false })
})

test("live: strict has opening for reading carried out, where something is denied", () => {
  const strict: LiveContext = { ...asks, mode: "strict" }
  expect(live(policy({ paths: [pathRule("deny", "/p/**/.env")] }), strict)).toEqual({
    reads: true,
    carriesOutReads: true,
  })
  const protections = [protection("protect", ".git/hooks")]
  expect(live(policy({ protections }), strict)).toEqual({ reads: false, carriesOutReads: false })
  expect(live(policy({}), strict)).toBeUndefined()
})

describe("a kernel that cannot ask", () => {
  const rules = policy({ protections: [protection("protect", ".git/hooks")] })
  const cannot: LiveContext = { ...asks, kernel: { notification: false } }

  test("stops the run", () => {
    expect(() => planLive(rules, cannot, accepting())).toThrow(HostError)
    expect(() => planLive(rules, cannot, accepting("landlock"))).toThrow("cannot ask about file names")
  })

  test("is let pass where the policy calls it optional, and the report says what is missing", () => {
    const { live, degraded } = planLive(rules, cannot, accepting("live-names"))
    expect(live).toBeUndefined()
    expect(degraded).toHaveLength(1)
    expect(degraded[0]).toStartWith("live-names: ")
  })

  test("is no matter where there is nothing to ask about", () => {
    expect(planLive(policy({}), cannot, accepting())).toEqual({ live: undefined, degraded: [] })
  })
})

describe("whether the engine will run, asked before all rules are known", () => {
  const notification = true
  test("is yes for what denies or protects, and only where the kernel can ask", () => {
    const denying = policy({ paths: [pathRule("deny", "/p/**/.env")] })
    const protecting = policy({ protections: [protection("protect", ".git/hooks")] })
    for (const rules of [denying, protecting]) {
      expect(isLive(rules, { notification })).toBe(true)
      expect(isLive(rules, { notification: false })).toBe(false)
      expect(live(rules)).toBeDefined()
    }
  })

  test("is no where nothing is left to decide", () => {
    const lifting = policy({ protections: [protection("unprotect", ".idea")] })
    for (const rules of [policy({}), lifting]) expect(isLive(rules, { notification })).toBe(false)
  })
})
