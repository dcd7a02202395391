/** Which rule wins: `pathJudge` against the naive model, and each of the five rules once by hand. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { mergeLayers } from "../../src/policy/merge.ts"
import { type LayerName, layerNames } from "../../src/policy/source.ts"
import { growingJudge, pathJudge } from "../../src/policy/verdict.ts"
import {
  layerOf,
  naiveAccess,
  naiveVerdict,
  ranked,
  rankedProtections,
  rulesOf,
  type Said,
} from "./naive-model.ts"

const runs = { numRuns: 3000 }
const name = fc.constantFrom("a", "b", "c", ".git", "hooks", ".env", ".env.example", ".env.local")
const wildName = fc.constantFrom("*", "**", ".env.*", "?", "h*s", ".*")
const anyLayer = fc.constantFrom<LayerName>(...layerNames)
const anyPath = fc.array(name, { maxLength: 5 }).map(names => `/${names.join("/")}`)
const anyPattern = fc
  .array(fc.oneof({ weight: 3, arbitrary: name }, wildName), { minLength: 1, maxLength: 4 })
  .chain(names => fc.constantFrom(`/${names.join("/")}`, names.join("/")))
const sometimesLocked = fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean())
const anyRule = fc.record<Said>({
  does: fc.constantFrom("deny", "read", "write", "private"),
  text: anyPattern,
  layer: anyLayer,
  locked: sometimesLocked,
})
const guard = fc.record<Said>({
  does: fc.constantFrom("protect", "protect", "unprotect"),
  text: anyPattern,
  layer: anyLayer,
  locked: sometimesLocked,
})
const ground = (does: Said["does"]): Said => ({ does, text: "/", layer: "base", locked: false })
const policy = fc
  .tuple(
    fc.constantFrom("deny" as const, "read" as const, "write" as const),
    fc.array(anyRule, { maxLength: 8 }),
    fc.array(guard, { maxLength: 5 }),
  )
  .map(([root, rules, guards]) => [ground(root), ...rules, ...guards])

/** `org! deny /x`: who says it, `!` when it is locked, what, of what. */
function rule(words: string): Said {
  const [from = "", does, text = ""] = words.split(" ")
  const layer = from.replace("!", "").replace("-", " ") as LayerName
  return { does: does as Said["does"], text, layer, locked: from.endsWith("!") }
}

describe("against the naive model", () => {
  test("every verdict on every path is the same", () => {
    fc.assert(
      fc.property(policy, anyPath, (said, path) => {
        const judge = pathJudge(rulesOf(said))
        expect(judge.accessOf(path)).toBe(naiveAccess(said, path))
        expect(judge.judge(path).access).toBe(naiveVerdict(said, path))
      }),
      runs,
    )
  })

  test("the order in which rules are written changes nothing", () => {
    fc.assert(
      fc.property(policy, anyPath, fc.nat(), (said, path, turn) => {
        const turned = [...said.slice(turn % said.length), ...said.slice(0, turn % said.length)].reverse()
        expect(pathJudge(rulesOf(turned)).judge(path).access).toBe(
          pathJudge(rulesOf(said)).judge(path).access,
        )
      }),
      runs,
    )
  })

  test("every rule that matched is told, the strongest first, and the deciding one is among them", () => {
    fc.assert(
      fc.property(policy, anyPath, (said, path) => {
        const judge = pathJudge(rulesOf(said))
        const told = judge.matchesOf(path)
        const words = new Set(told.map(({ source }) => source.file))
        const expected = [...ranked(said, path), ...rankedProtections(said, path)]
        const texts = expected.map(match => `${match.said.layer}: ${match.said.does} ${match.said.text}`)
        expect([...words].sort()).toEqual([...new Set(texts)].sort())
        const { rule: deciding, protection } = judge.judge(path)
        expect(told).toContain(deciding)
        if (protection !== undefined) expect(told).toContain(protection)
        if (!said.some(one => one.locked)) expect(told[0]).toBe(deciding)
      }),
      runs,
    )
  })

  test("the rule that is named decides: its access is the verdict, or a protection took writing away", () => {
    fc.assert(
      fc.property(policy, anyPath, (said, path) => {
        const { access, rule: deciding, protection } = pathJudge(rulesOf(said)).judge(path)
        expect(access).toBe(protection === undefined ? deciding.access : "read")
        if (protection === undefined) return
        expect(deciding.access).toBe("write")
        expect(protection.effect).toBe("protect")
      }),
      runs,
    )
  })

  test("layers merged and judged give what the model makes of all their rules", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyLayer, fc.array(anyRule, { maxLength: 3 }), fc.array(guard, { maxLength: 2 })), {
          maxLength: 5,
        }),
        anyPath,
        (spoken, path) => {
          const layers = spoken.map(([own, rules, guards]) => {
            const said = [...rules, ...guards].map(one => ({ ...one, layer: own }))
            return { said, layer: layerOf(own, rulesOf(said)) }
          })
          const facts = { home: "/b", otherHomes: ["/c"] }
          const judge = pathJudge(
            mergeLayers(
              layers.map(one => one.layer),
              facts,
            ),
          )
          const grounds = [ground("read"), rule("base deny /c"), rule("base read /b")]
          const all = [...grounds, ...layers.flatMap(one => one.said)]
          expect(judge.judge(path).access).toBe(naiveVerdict(all, path))
        },
      ),
      runs,
    )
  })
})

/** name, path, expected access, rules */
type Row = [string, string, string, ...string[]]

describe("a judge that grows", () => {
  test("says what one over all the rules says", () => {
    fc.assert(
      fc.property(policy, fc.array(anyRule, { maxLength: 5 }), anyPath, (said, later, path) => {
        const { judge, add } = growingJudge(rulesOf(said))
        judge.judge(path)
        const { paths, protections } = rulesOf(later.filter(({ text }) => text !== ""))
        expect(protections).toEqual([])
        add(paths)
        const whole = pathJudge(rulesOf([...said, ...later]))
        expect(judge.judge(path).access).toBe(whole.judge(path).access)
        expect(judge.accessOf(path)).toBe(whole.accessOf(path))
        expect(judge.matchesOf(path)).toHaveLength(whole.matchesOf(path).length)
      }),
      runs,
    )
  })
})

describe("by hand", () => {
  test.each<Row>([
    ["1: a deeper denial", "/x/y", "deny", "user write /x", "base deny /x/y"],
    ["1: a deeper read", "/x/y/z", "read", "user deny /x/y", "base read /x/y/z"],
    ["1: what lies below", "/x/y/z/1/2", "read", "user deny /x/y", "base read /x/y/z"],
    ["1: not the neighbour", "/x/yz", "write", "user write /x", "user deny /x/y"],
    ["1: exact before glob", "/x/.env", "write", "user deny /x/*", "base write /x/.env"],
    [
      "1: a name before a wildcard",
      "/x/.env.example",
      "read",
      "base deny /**/.env.*",
      "base read /**/.env.example",
    ],
    ["1: in any layer", "/x/.env.example", "read", "user deny /**/.env.*", "base read /**/.env.example"],
    ["1: a glob's depth is what it matched", "/x/y/k", "deny", "user write /x", "base deny /**/k"],
    ["2: the higher layer", "/x", "read", "project deny /x", "user read /x"],
    ["2: the command line", "/x", "deny", "command-line deny /x", "profile write /x"],
    ["3: the more restrictive", "/x", "deny", "user write /x", "user deny /x", "user read /x"],
    ["4: protect beats write", "/x/y/z", "read", "base protect /x", "user write /x/y/z"],
    ["4: a name anywhere", "/x/d/.git/hooks/f", "read", "user write /x", "base protect .git/hooks"],
    [
      "4: below any writable directory",
      "/x/.git/hooks",
      "read",
      "user write /x/.git",
      "base protect .git/hooks",
    ],
    ["4: not below a read-only one", "/b/.codex", "write", "base write /b/.codex", "base protect .codex"],
    ["4: and not above it", "/x/d/.git", "write", "user write /x", "base protect .git/hooks"],
    ["4: opens nothing", "/x/y", "deny", "user deny /x", "user protect /x/y"],
    ["4: unprotect lifts", "/x/y", "write", "user write /x", "base protect /x/y", "user unprotect /x/y"],
    ["4: a lower one does not", "/x/y", "read", "user write /x", "user protect /x/y", "base unprotect /x/y"],
    ["4: a locked one stays", "/x/y", "read", "user write /x", "org! protect /x", "user unprotect /x/y"],
    ["5: a locked denial", "/x/y/z", "deny", "org! deny /x", "command-line write /x/y/z"],
    ["5: a locked read caps", "/x/y", "read", "org! read /x", "user write /x/y"],
    ["5: tightening stays free", "/x/y", "deny", "org! read /x", "user deny /x/y"],
    ["5: a locked exception", "/x/y", "read", "org! deny /x", "org! read /x/y"],
  ])("%s", (_, path, access, ...said) => {
    const rules = rulesOf([ground("read"), ...said.map(words => rule(words))])
    expect(pathJudge(rules).judge(path).access).toBe(access as "read")
  })
})
