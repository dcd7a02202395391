/** YAML 1.2 text → plain values, or every problem of the text. Hostile text ends in problems, and soon. */
import { isScalar, LineCounter, type Pair, parseDocument, visit } from "yaml"
import { PolicyError, type Problem } from "../base/error.ts"
import type { Source } from "./source.ts"

export type YamlDocument = ReturnType<typeof parseDocument>

export type YamlReading = {
  document: YamlDocument
  content: unknown
  /** the place of an offset into the text */
  at: (offset: number) => Source
}

/** Aliases are expanded at most this often, against documents that explode. */
const aliasesMax = 100

/** @throws PolicyError with all problems of the text */
export function readYaml(text: string, file: string): YamlReading {
  const counter = new LineCounter()
  // Two equal keys are found below: the parser compares each with each, which takes seconds for a long list.
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false })
  const at = (offset: number): Source => {
    const { line, col } = counter.linePos(Math.min(offset, text.length))
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const syntax = [...document.errors, ...document.warnings].map(error => ({
    ...at(error.pos[0]),
    message: yamlSentence(error.code, error.message),
  }))
  const problems = syntax.length > 0 ? syntax : structureProblems(document, at)
  if (problems.length > 0) throw new PolicyError(problems)
  return { document, at, content: plainContent(document, at(0)) }
}

/** What YAML allows and a policy does not: keys that are no plain words, keys that stand twice, other versions. */
function structureProblems(document: YamlDocument, at: (offset: number) => Source): Problem[] {
  const problems: Problem[] = []
  if (document.directives?.yaml.explicit)
    problems.push({ ...at(0), message: "a policy has no %YAML line; remove it" })
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const { key } of map.items as Pair[]) {
        const place = at((key as { range?: [number] } | null)?.range?.[0] ?? 0)
        if (!isScalar(key)) problems.push({ ...place, message: "a key is one word" })
        else if (seen.has(String(key.value)))
          problems.push({ ...place, message: "this key stands here twice; keep one" })
        else if (key.value === "__proto__")
          problems.push({ ...place, message: 'a key cannot be "__proto__"' })
        if (isScalar(key)) seen.add(String(key.value))
      }
    },
  })
  return problems
}

function plainContent(document: YamlDocument, start: Source): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax }) ?? {}
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause
    const exploded = cause.message.startsWith("Excessive alias count")
    const message = exploded
      ? `its aliases expand to more than ${aliasesMax} values`
      : "an alias (*name) names nothing"
    throw new PolicyError([{ ...start, message }])
  }
}

function yamlSentence(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "a policy is one document; remove the second one"
  const sentence = message.split("\n")[0] ?? message
  return `not valid YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`
}
