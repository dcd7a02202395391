/** `cordon explain PATH`: the verdict of the judge that builds the sandbox, and what would change it. */
import { describe, expect, test } from "bun:test"
import { explainPath } from "../../src/cli/explain-path.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, layerOf, pathRule, sourced } from "../policy/naive-model.ts"

const facts = fakeDisk(["/x/y", "/x/l -> y"])

function explained(path: string, ...layers: Layer[]) {
  const policy = mergeLayers(layers, { home: "/b", otherHomes: [] })
  return explainPath(path, { policy, judge: pathJudge(policy), facts })
}

describe("what lost", () => {
  test("is every other rule that matched, closest first", () => {
    const user = layerOf("user", { paths: [pathRule("deny", "/x"), pathRule("write", "/x/y")] })
    expect(explained("/x/l", user)).toMatchObject({
      subject: "/x/l",
      verdict: "write",
      rule: "write /x/y",
      notes: ["leads to /x/y"],
      lost: [{ rule: "deny /x" }, { rule: "read /" }],
    })
  })

  test("names a socket that the organisation's list leaves out, by either name", () => {
    const org = layerOf("org", { none: [sourced("sockets" as const, "org", true)] })
    const lost = { rule: "network.unix_sockets /x/y", layer: "user", source: "user says so" }
    const user = layerOf("user", { sockets: [sourced("/x/y")] })
    expect(explained("/x/y", org, user).lost).toContainEqual(lost)
    expect(explained("/x/l", org, user).lost).toContainEqual(lost)
    expect(explained("/x", org, user).lost).not.toContainEqual(lost)
    expect(explained("/x/y", user).lost).not.toContainEqual(lost)
  })
})
