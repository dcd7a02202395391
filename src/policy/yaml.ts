/** YAML 1.2 text → plain values, or every problem of the text. Hostile text ends in problems, and soon. */
import { isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml"
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
/** A policy is five deep. */
const depthMax = 50
const tooDeepMessage = `values stand in each other more than ${depthMax} deep`

/** @throws PolicyError with all problems of the text */
export function readYaml(text: string, file: string): YamlReading {
  // Two equal keys are found below: the parser compares each with each, which takes seconds for a long list.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false })
  const starts = lineStarts(text)
  const at = (offset: number): Source => {
    const within = Math.min(offset, text.length)
    const line = countUpTo(within, starts)
    return { file, line, column: within - (starts[line - 1] ?? 0) + 1 }
  }
  const errors = [...document.errors, ...document.warnings]
  // Where the parser itself gave up it says so once for each level.
  const bottom = errors.find(({ message }) => message.startsWith("Maximum call stack size"))
  if (bottom !== undefined) throw new PolicyError([{ ...at(bottom.pos[0]), message: tooDeepMessage }])
  const syntax = errors.map(error => ({
    ...at(error.pos[0]),
    message: yamlSentence(error.code, error.message),
  }))
  const problems = syntax.length > 0 ? syntax : structureProblems(document, at)
  if (problems.length > 0) throw new PolicyError(problems)
  return { document, at, content: plainContent(document, at(0)) }
}

/** Where each line begins. The parser's own count misses line breaks in some texts that it refuses. */
function lineStarts(text: string): number[] {
  const starts = [0]
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1)
  return starts
}

/** How many of the ascending numbers are at most `most`. */
function countUpTo(most: number, numbers: readonly number[]): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? 0) <= most) low = middle + 1
    else high = middle
  }
  return low
}

/** What YAML allows and a policy does not: other versions and kinds of values, keys that are no plain words or twice. */
function structureProblems(document: YamlDocument, at: (offset: number) => Source): Problem[] {
  const walk: Walk = { nodes: [], open: new Set(), anchored: new Map(), circular: new Set() }
  const tooDeep = addNodes(document.contents, 0, walk)
  if (tooDeep !== undefined) return [{ ...placeOf(tooDeep, at), message: tooDeepMessage }]
  const problems = walk.nodes.flatMap(node => [
    ...(walk.circular.has(node) ? [circularProblem(node, at)] : []),
    ...tagProblems(node, at),
    ...(isMap<unknown, unknown>(node) ? keyProblems(node, at) : []),
  ])
  const version = { ...at(0), message: "a policy has no %YAML line; remove it" }
  return document.directives?.yaml.explicit ? [version, ...problems] : problems
}

type Walk = {
  /** in the order of the text */
  nodes: Node[]
  /** those that the present one stands in */
  open: Set<Node>
  /** what each anchor (&name) names up to here: the last one of a name holds */
  anchored: Map<string, Node>
  /** aliases that stand inside what they name */
  circular: Set<Node>
}

/** @returns a node that lies too deep. The parser's own walk takes seconds for such texts. */
function addNodes(node: unknown, depth: number, walk: Walk): Node | undefined {
  if (!isNode(node)) return undefined
  if (depth > depthMax) return node
  walk.nodes.push(node)
  const named = isAlias(node) ? walk.anchored.get(node.source) : undefined
  if (named !== undefined && walk.open.has(named)) walk.circular.add(node)
  if ("anchor" in node && node.anchor !== undefined) walk.anchored.set(node.anchor, node)
  walk.open.add(node)
  const children = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : []
  for (const child of isSeq(node) ? node.items : children) {
    const tooDeep = addNodes(child, depth + 1, walk)
    if (tooDeep !== undefined) return tooDeep
  }
  walk.open.delete(node)
  return undefined
}

/** Its value would have no end: whoever walks it takes memory until there is none. */
function circularProblem(node: Node, at: (offset: number) => Source): Problem {
  return {
    ...placeOf(node, at),
    message: "an alias (*name) stands inside what it names; write the values out",
  }
}

function keyProblems({ items }: YAMLMap<unknown, unknown>, at: (offset: number) => Source): Problem[] {
  const seen = new Set<string>()
  return items.flatMap(({ key }) => {
    const place = placeOf(key, at)
    if (!isScalar(key)) return [{ ...place, message: "a key is one word" }]
    const name = String(key.value)
    const twice = seen.has(name)
    seen.add(name)
    if (twice) return [{ ...place, message: "this key stands here twice; keep one" }]
    return name === "__proto__" ? [{ ...place, message: 'a key cannot be "__proto__"' }] : []
  })
}

/** The kinds of value that text has without a tag too. */
const plainTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map(kind => `tag:yaml.org,2002:${kind}`),
)

/** A set or an ordered map would be an object without keys: a policy that says nothing, denials included. */
function tagProblems(node: Node, at: (offset: number) => Source): Problem[] {
  const tag = "tag" in node ? node.tag : undefined
  if (tag === undefined || plainTags.has(tag)) return []
  const shown = tag.replace("tag:yaml.org,2002:", "!!")
  return [{ ...placeOf(node, at), message: `a policy has no values of the kind ${shown}` }]
}

function placeOf(node: unknown, at: (offset: number) => Source): Source {
  return at(isNode(node) ? (node.range?.[0] ?? 0) : 0)
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
