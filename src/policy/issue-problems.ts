/** What the schema refuses, in sentences with places: values of the wrong kind, and every key that nobody knows. */
import type * as v from "valibot"
import { isMap, isPair, isScalar, type Node, type Pair, type Range } from "yaml"
import { didYouMean } from "../base/closest-word.ts"
import { formatProblem, type Problem } from "../base/error.ts"
import type { Source } from "./source.ts"
import type { YamlDocument } from "./yaml.ts"

/** A key or an index on the way from the top of a document to a value. */
export type Step = string | number

export type Reading = {
  document: YamlDocument
  at: (offset: number) => Source
  /** a valibot schema */
  schema: unknown
  content: unknown
}

export function issueProblems(issues: readonly v.BaseIssue<unknown>[], reading: Reading): Problem[] {
  const misplaced = keyProblems(reading.content, reading.schema, { steps: [], reading })
  const places = new Set(misplaced.map(({ line, column }) => `${line}:${column}`))
  const wrong = issues
    .flatMap(itemIssues)
    // The schema stops at the first key that it does not know; the walk over the keys found all of them.
    .filter(issue => !(issue.type === "strict_object" && issue.expected === "never"))
    .map(issue => valueProblem(issue, reading))
    .filter(({ line, column }) => !places.has(`${line}:${column}`))
  // What has a misspelt key is neither a path, a word or a list nor an object: only the key is worth a sentence.
  const said = (message: string) =>
    misplaced.some(other => other.message.includes(` in ${message.split(" ")[0]}`))
  const unsaid = wrong.filter(
    ({ message }) => !(/ must be (a path|deny or allow|a list: .*)$/.test(message) && said(message)),
  )
  return [...misplaced, ...unsaid]
}

/** In the order in which people read the file, each once. */
export function sortedProblems(problems: readonly Problem[]): Problem[] {
  const distinct = new Map(problems.map(problem => [formatProblem(problem), problem]))
  return [...distinct.values()].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Of a list that might have been something else, what is wrong with its items: a union tells only that it is wrong. */
function itemIssues(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  const isInList = (inner: v.BaseIssue<unknown>) => inner.path?.some(({ type }) => type === "array") === true
  const inner = issue.type === "union" ? (issue.issues ?? []).filter(isInList) : []
  if (inner.length === 0) return [issue]
  return inner.map(each => ({
    ...each,
    path: [...(issue.path ?? []), ...(each.path ?? [])] as typeof each.path,
  }))
}

function valueProblem(issue: v.BaseIssue<unknown>, { document, at }: Reading): Problem {
  const steps = (issue.path ?? []).map(item => item.key as Step)
  const inKey = issue.path?.at(-1)?.origin === "key" || (issue.type === "strict_object" && steps.length > 0)
  const place = at(inKey ? keyStart(document, steps) : rangeStart(document, steps))
  // A key that has to be there: what was expected is the key in quotes.
  if (issue.type === "strict_object" && issue.expected?.startsWith('"'))
    return { ...place, message: `${nameOf(steps.slice(0, -1))} needs ${steps.at(-1)}` }
  if (issue.type === "strict_object")
    return { ...place, message: `${nameOf(steps)} must be a map of keys and values` }
  return { ...place, message: `${nameOf(steps)} ${issue.message}` }
}

/** The parts of a valibot schema that say which keys it knows. */
type SchemaParts = {
  type?: string
  entries?: Record<string, unknown>
  wrapped?: unknown
  item?: unknown
  options?: unknown[]
}

/** Keys that are not in the schema, and lists where a map has to be (valibot takes a list for an empty map). */
function keyProblems(
  content: unknown,
  schema: unknown,
  { steps, reading }: { steps: readonly Step[]; reading: Reading },
): Problem[] {
  // Most values are words in a list of hundreds.
  if (typeof content !== "object" || content === null) return []
  const parts = unwrapped(schema, content)
  const { document, at } = reading
  if (Array.isArray(content)) {
    if (parts.entries !== undefined || parts.type === "record")
      return [
        { ...at(rangeStart(document, steps)), message: `${nameOf(steps)} must be a map of keys and values` },
      ]
    return content.flatMap((item, index) =>
      keyProblems(item, parts.item, { steps: [...steps, index], reading }),
    )
  }
  const { entries } = parts
  if (entries === undefined) return []
  return Object.entries(content).flatMap(([key, value]) => {
    const inside = [...steps, key]
    if (Object.hasOwn(entries, key)) return keyProblems(value, entries[key], { steps: inside, reading })
    const holder = steps.length === 0 ? "the policy" : nameOf(steps)
    const message = `unknown key "${key}" in ${holder}${didYouMean(key, Object.keys(entries))}`
    return [{ ...at(keyStart(document, inside)), message }]
  })
}

/** The schema behind `optional`, a pipe, or the choice of a union that the content is meant for. */
function unwrapped(schema: unknown, content: unknown): SchemaParts {
  const parts = (schema ?? {}) as SchemaParts
  if (parts.wrapped !== undefined) return unwrapped(parts.wrapped, content)
  if (parts.options === undefined) return parts
  const choices = parts.options.map(option => unwrapped(option, content))
  return (Array.isArray(content) ? undefined : choices.find(({ entries }) => entries !== undefined)) ?? {}
}

/** `filesystem.deny[2]`, as people write it. */
function nameOf(steps: readonly Step[]): string {
  if (steps.length === 0) return "the policy"
  return steps.reduce<string>(
    (name, step) => (typeof step === "number" ? `${name}[${step}]` : name === "" ? step : `${name}.${step}`),
    "",
  )
}

/** Where the value at the end of the steps begins, or the nearest thing around it. */
export function rangeStart(document: YamlDocument, steps: readonly Step[]): number {
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
