/**
 * Policy text → checked data, or every problem of the text at once with its line and column.
 * The YAML parser and the schema are loaded by the caller's first policy file, not by every launch.
 */
import * as v from "valibot"
import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Range,
} from "yaml"
import { didYouMean } from "../base/closest-word.ts"
import { formatProblem, PolicyError, type Problem } from "../base/error.ts"
import type { Source } from "./source.ts"

/** A key or an index on the way from the top of a document to a value. */
export type Step = string | number

/** A document that passed its schema. */
export type ParsedPolicy<T> = {
  content: T
  /** where the value at the end of `steps` is written */
  locate: (steps: readonly Step[]) => Source
}

/** The schema is broken in places; the rest can still be read for more problems. */
export class SchemaError extends PolicyError {
  readonly rest: ParsedPolicy<unknown>
  constructor(problems: readonly Problem[], rest: ParsedPolicy<unknown>) {
    super(problems)
    this.rest = rest
  }
}

/** In the order in which people read the file, each once. */
export function sortedProblems(problems: readonly Problem[]): Problem[] {
  const distinct = new Map(problems.map(problem => [formatProblem(problem), problem]))
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}

type YamlDocument = ReturnType<typeof parseDocument>

/** Aliases are expanded at most this often, against documents that explode. */
const aliasesMax = 100

/**
 * @param file the name that problems and sources carry
 * @throws PolicyError with all problems of the text
 */
export function parsePolicy<Schema extends v.GenericSchema>(
  text: string,
  file: string,
  schema: Schema,
): ParsedPolicy<v.InferOutput<Schema>> {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false })
  const at = (offset: number): Source => {
    const { line, col } = counter.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const syntax = [...document.errors, ...document.warnings].map(error => ({
    ...at(error.pos[0]),
    message: yamlSentence(error.code, error.message),
  }))
  if (syntax.length > 0) throw new PolicyError(syntax)
  const locate = (steps: readonly Step[]) => at(rangeStart(document, steps))
  const content = plainContent(document, at(0))
  const result = v.safeParse(schema, content)
  if (result.success) return { content: result.output, locate }
  const problems = result.issues.map(issue => problemOf(issue, { document, at, schema }))
  const steps = result.issues.map(issue => (issue.path ?? []).map(item => item.key as Step))
  throw new SchemaError(sortedProblems(problems), { content: withoutParts(content, steps), locate })
}

/** The content without what the schema refused: keys go, items of lists become null, so that the others keep their place. */
function withoutParts(content: unknown, parts: readonly (readonly Step[])[]): unknown {
  if (parts.some(steps => steps.length === 0)) return {}
  const rest = structuredClone(content)
  for (const steps of parts) {
    const holder = steps
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<Step, unknown> | null | undefined)?.[step], rest)
    const last = steps.at(-1) ?? ""
    if (Array.isArray(holder)) holder[Number(last)] = null
    else if (typeof holder === "object" && holder !== null) delete (holder as Record<Step, unknown>)[last]
  }
  return rest
}

function plainContent(document: YamlDocument, start: Source): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax }) ?? {}
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause
    throw new PolicyError([{ ...start, message: `its aliases expand to more than ${aliasesMax} values` }])
  }
}

function yamlSentence(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key stands here twice; keep one"
  if (code === "MULTIPLE_DOCS") return "a policy is one document; remove the second one"
  const sentence = message.split("\n")[0] ?? message
  return `not valid YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`
}

type Reading = { document: YamlDocument; at: (offset: number) => Source; schema: unknown }

function problemOf(issue: v.BaseIssue<unknown>, { document, at, schema }: Reading): Problem {
  const steps = (issue.path ?? []).map(item => item.key as Step)
  const holder = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true)
  if (issue.type === "strict_object" && isSeq(holder))
    return {
      ...at(rangeStart(document, steps.slice(0, -1))),
      message: `${nameOf(steps.slice(0, -1))} must be a map of keys and values`,
    }
  const inKey = issue.path?.at(-1)?.origin === "key" || issue.type === "strict_object"
  const place = at(inKey ? keyStart(document, steps) : rangeStart(document, steps))
  if (issue.type === "strict_object" && issue.expected === "never")
    return { ...place, message: unknownKey(steps, schema) }
  if (issue.type === "strict_object")
    return { ...place, message: `${nameOf(steps)} must be a map of keys and values` }
  return { ...place, message: `${nameOf(steps)} ${issue.message}` }
}

function unknownKey(steps: readonly Step[], schema: unknown): string {
  const key = String(steps.at(-1))
  const holder = steps.length === 1 ? "the policy" : nameOf(steps.slice(0, -1))
  return `unknown key "${key}" in ${holder}${didYouMean(key, keysAt(schema, steps.slice(0, -1)))}`
}

/** The parts of a valibot schema that say which keys it knows. */
type SchemaParts = {
  entries?: Record<string, unknown>
  wrapped?: unknown
  item?: unknown
  options?: unknown[]
}

function keysAt(schema: unknown, steps: readonly Step[]): string[] {
  const parts = schema as SchemaParts
  if (parts.wrapped !== undefined) return keysAt(parts.wrapped, steps)
  if (parts.options !== undefined) return parts.options.flatMap(option => keysAt(option, steps))
  const [step, ...rest] = steps
  if (step === undefined) return Object.keys(parts.entries ?? {})
  const next = typeof step === "number" ? parts.item : parts.entries?.[step]
  return next === undefined ? [] : keysAt(next, rest)
}

/** `filesystem.deny[2]`, as people write it. */
function nameOf(steps: readonly Step[]): string {
  if (steps.length === 0) return "the policy"
  return steps.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? step : `${name}.${step}`),
    "",
  )
}

function rangeStart(document: YamlDocument, steps: readonly Step[]): number {
  for (let length = steps.length; length > 0; length--) {
    const node = document.getIn(steps.slice(0, length), true) as { range?: Range | null } | undefined
    if (node?.range) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

function keyStart(document: YamlDocument, steps: readonly Step[]): number {
  const holder = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true)
  const pairs: Pair[] = isMap(holder) ? holder.items : []
  const pair = pairs.find(
    item => isPair(item) && isScalar(item.key) && String(item.key.value) === steps.at(-1),
  )
  return (pair?.key as Node | undefined)?.range?.[0] ?? rangeStart(document, steps)
}
