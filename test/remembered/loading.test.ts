/** What a remembered launch loads: parts of node take a millisecond each, and a launch of `true` twenty. */
import { expect, test } from "bun:test"
import { importsOf, readSources } from "../source-code.ts"

const sources = new Map((await readSources("src")).map(file => [file.path, file]))

/** In the order in which they are loaded one after the other (cli/recalled-session.ts, supervise/engine-here.ts). */
const loaded = [
  "main.ts",
  "cli/recalled-supervision.ts",
  "supervise/engine-here.ts",
  "supervise/engine-start.ts",
]

/** Everything that the files import, and what that imports; but what loads later, and macros, which run when it is built. */
function imported(paths: readonly string[], seen = new Set<string>()): Set<string> {
  for (const path of paths) {
    if (seen.has(path)) continue
    seen.add(path)
    const file = sources.get(path)
    if (file === undefined) continue
    const atOnce = { path, text: file.text.replace(/\bimport\(/g, "later(") }
    const targets = importsOf(atOnce).filter(
      ({ target, typeOnly }) => !typeOnly && !target.endsWith("-macro.ts"),
    )
    imported(
      targets.map(({ target, path: own }) => own ?? target),
      seen,
    )
  }
  return seen
}

test("is nothing of node's", () => {
  const all = [...imported(loaded)]
  expect(all).toContain("kernel/proc-file.ts")
  expect(all).toContain("bun:ffi")
  expect(all.filter(path => path.startsWith("node:"))).toEqual([])
})

test("is less than what planning loads", () => {
  expect([...imported(["cli/dispatch.ts"])].filter(path => path.startsWith("node:"))).not.toEqual([])
})
