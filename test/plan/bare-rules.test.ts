/** What stands in for directories of the sandbox's own, where it has none. */
import { describe, expect, test } from "bun:test"
import { bareRules, placesIn, sessionDirectory } from "../../src/plan/bare-rules.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { layerOf, pathRule } from "../policy/naive-model.ts"

const directory = "/tmp/cordon-7-x"
const places = { directory, terminals: ["/dev/pts/3"], offline: true }

function judged(change: Partial<typeof places> = {}, rules = [pathRule("write", "/home/me/p")]) {
  const { paths } = mergeLayers([layerOf("user", { paths: rules })], { home: "/home/me", otherHomes: [] })
  return pathJudge({ paths: bareRules(paths, { ...places, ...change }), protections: [] }).accessOf
}

describe("the host's private directories are closed", () => {
  test.each([
    "/tmp",
    "/tmp/x",
    "/var/tmp/x",
    "/run/user/1000/bus",
    "/dev",
    "/dev/sda",
    "/dev/shm/x",
    "/dev/mem",
  ])("%s", path => expect(judged()(path)).toBe("deny"))
})

describe("open are", () => {
  test.each([
    [`${directory}/tmp`, "write"],
    [`${directory}/tmp/a/b`, "write"],
    [`${directory}/run/x`, "write"],
    [`${directory}/no-sandbox.cjs`, "read"],
    ["/dev/null", "write"],
    ["/dev/urandom", "write"],
    ["/dev/tty", "write"],
    ["/dev/ptmx", "write"],
    ["/dev/pts/3", "write"],
    ["/proc/cpuinfo", "read"],
    ["/usr/bin", "read"],
    ["/home/me/p/x", "write"],
  ] as const)("%s to %s", (path, access) => expect(judged()(path)).toBe(access))
})

describe("and nothing beside them", () => {
  test.each([directory, `${directory}/x`, "/tmp/cordon-7-y/tmp", "/dev/pts/4", "/dev/pts", "/dev/tty1"])(
    "%s",
    path => expect(judged()(path)).toBe("deny"),
  )
})

test("what the policy opens in a private directory is open", () => {
  const accessOf = judged({}, [pathRule("write", "/tmp/shared"), pathRule("read", "/run/named.sock")])
  expect([accessOf("/tmp/shared/x"), accessOf("/tmp/other"), accessOf("/run/named.sock")]).toEqual([
    "write",
    "deny",
    "read",
  ])
})

test("interfaces of the network are hidden only where there is to be none", () => {
  expect(judged()("/sys/class/net/eth0")).toBe("deny")
  expect(judged({ offline: false })("/sys/class/net/eth0")).toBe("read")
})

test("no rule is private any more, and others stay as they are", () => {
  const { paths } = mergeLayers([layerOf("user", { paths: [pathRule("deny", "/home/me/.aws")] })], {
    home: "/home/me",
    otherHomes: ["/home/you"],
  })
  const rules = bareRules(paths, places)
  expect(rules.filter(({ access }) => access === "private")).toEqual([])
  for (const rule of paths.filter(({ access }) => access !== "private")) expect(rules).toContainEqual(rule)
})

test("a session has a directory of its own, named after who removes it", () => {
  expect(sessionDirectory("0a-b", 42)).toBe("/tmp/cordon-42-0a-b")
  expect(Object.values(placesIn("/d"))).toEqual(["/d/tmp", "/d/run", "/d/no-sandbox.cjs"])
})
