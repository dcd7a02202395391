/** A protection is lifted for what is not there: whoever lifted it is told what makes it writable. */
import { expect, test } from "bun:test"
import { absentLifted } from "../../src/plan/absent-lifted.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, layerOf, pathRule, protection } from "../policy/naive-model.ts"

const facts = fakeDisk(["/x/hooks/old"])

/** @param lifted by the user, of what is protected below the writable /x */
function warnings(lifted: string, layer: "user" | "agent" = "user"): readonly string[] {
  const base = layerOf("base", {
    paths: [pathRule("write", "/x", { layer: "base" })],
    protections: ["hooks", "rc"].map(name => protection("protect", name, { layer: "base" })),
  })
  const lifting = layerOf(layer, { protections: [protection("unprotect", lifted, { layer })] })
  const policy = mergeLayers([base, lifting], { home: "/b", otherHomes: [] })
  return absentLifted(policy.protections, { judge: pathJudge(policy).judge, facts })
}

test("what lies in a directory that stays protected cannot be made", () => {
  expect(warnings("/x/hooks/new")).toEqual([
    `user: unprotect /x/hooks/new: /x/hooks/new does not exist, so it cannot be made in a directory that stays protected; make it first`,
  ])
})

test.each([
  ["it is there", "/x/hooks/old"],
  ["its directory is writable", "/x/rc"],
  ["the directory itself is lifted", "/x/hooks"],
  ["the names are, wherever they lie", "hooks"],
])("nothing is said where %s", (_, lifted) => {
  expect(warnings(lifted)).toEqual([])
})

test("nothing is said of what a built-in profile lifts", () => {
  expect(warnings("/x/hooks/new", "agent")).toEqual([])
})
