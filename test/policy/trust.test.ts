/** Trust is for exactly one content: any other byte, file or order is another policy. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { contentHash, isTrusted } from "../../src/policy/trust.ts"

const policy = { path: "/p/.cordon.yaml", text: "version: 1\n" }
const team = { path: "/p/team.yaml", text: "filesystem: {}\n" }

describe("the hash of a policy", () => {
  test("is the same for the same content, and looks like one", () => {
    expect(contentHash([policy, team])).toBe(contentHash([{ ...policy }, { ...team }]))
    expect(contentHash([policy])).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([
    ["a changed byte", [{ ...policy, text: "version: 1 \n" }, team]],
    ["a changed byte in what it extends", [policy, { ...team, text: "filesystem: { }\n" }]],
    ["a file more", [policy, team, { path: "/p/x", text: "" }]],
    ["a file less", [policy]],
    ["another order", [team, policy]],
    ["another path", [{ ...policy, path: "/q/.cordon.yaml" }, team]],
    [
      "swapped texts",
      [
        { ...policy, text: team.text },
        { ...team, text: policy.text },
      ],
    ],
    ["no file", []],
  ])("is another for %s", (_, files) => {
    expect(contentHash(files)).not.toBe(contentHash([policy, team]))
  })

  test("text cannot pass from one file, or from a name, to another", () => {
    const file = fc.record({ path: fc.string({ maxLength: 6 }), text: fc.string({ maxLength: 12 }) })
    fc.assert(
      fc.property(fc.array(file, { maxLength: 3 }), fc.array(file, { maxLength: 3 }), (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other)
        expect(contentHash(one) === contentHash(other)).toBe(same)
      }),
      { numRuns: 2000 },
    )
    const two = (first: string, second: string) => [
      { path: first, text: "x" },
      { path: second, text: "y" },
    ]
    for (const text of ["x2:/by", "x2:/b1:y", "x/b1:y", "x/by"])
      expect(contentHash(two("/a", "/b"))).not.toBe(contentHash([{ path: "/a", text }]))
    const split = [
      { path: "/a1", text: "xy" },
      { path: "/bb", text: "hello" },
    ]
    expect(contentHash(split)).not.toBe(contentHash([{ path: "/a", text: "xy/bb5:hello" }]))
  })
})

describe("a policy is trusted", () => {
  const files = [policy, team]
  const list = { [policy.path]: contentHash(files), "/other/.cordon.yaml": "0".repeat(64) }

  test("when the list has its path with this content", () => {
    expect(isTrusted(list, files)).toBe(true)
  })

  test.each([
    ["an empty list", {}, files],
    ["a changed text", list, [{ ...policy, text: "version: 1\n\n" }, team]],
    ["a changed extended file", list, [policy, { ...team, text: "" }]],
    ["without what it extends", list, [policy]],
    ["the same text in another place", list, [{ ...policy, path: "/q/.cordon.yaml" }, team]],
    ["another's hash", { [policy.path]: "0".repeat(64) }, files],
    ["an empty hash", { [policy.path]: "" }, files],
    ["the right hash under another path", { "/q": contentHash(files) }, files],
    ["a policy of no files", { "": contentHash([]) }, []],
  ])("not with %s", (_, trusted, read) => {
    expect(isTrusted(trusted, read)).toBe(false)
  })

  test("not by what every object inherits", () => {
    expect(isTrusted({}, [{ path: "constructor", text: "" }])).toBe(false)
    expect(isTrusted({}, [{ path: "__proto__", text: "" }])).toBe(false)
  })
})
