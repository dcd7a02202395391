/**
 * Adds an item to a list of a YAML text and leaves every other character of it alone: comments, order, spaces and line
 * breaks are the author's. The parser's own printing would lay the whole text out anew.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isSeq,
  type YAMLMap,
  type YAMLSeq,
} from "yaml"

export type ListItem = {
  /** keys from the root to the list; those that are not there are made */
  steps: readonly string[]
  value: string
  /** what the list holds now, for one that is an alias of another */
  present: readonly unknown[]
}

type Collection = YAMLMap<unknown, unknown> | YAMLSeq<unknown>
type Edit = { from: number; to: number; text: string }

/** A name that no reader of YAML takes for something else. */
const plainName = /^[a-z][a-z0-9-]*(\.[a-z0-9-]*[a-z][a-z0-9-]*)+$/

/**
 * The text with the item at the end of its list, in several ways, the nicest first. Whoever takes one reads it again: YAML has
 * more ways to write a list than are known here.
 */
export function textsWithItem(text: string, document: Document, item: ListItem): string[] {
  const { node, rest } = deepest(document.contents, item.steps)
  const edits = editsFor({ text, node, rest, item })
  return edits.map(parts => edited(text, parts))
}

/** What is there of the way to the list, and the keys that are not. */
function deepest(root: unknown, steps: readonly string[]): { node: unknown; rest: readonly string[] } {
  let node = root
  for (const [index, step] of steps.entries()) {
    if (!isMap(node) || !node.has(step)) return { node, rest: steps.slice(index) }
    node = node.get(step, true)
  }
  return { node, rest: [] }
}

type Place = { text: string; node: unknown; rest: readonly string[]; item: ListItem }

function editsFor(place: Place): Edit[][] {
  const { text, node, rest, item } = place
  if (node === null) return [[{ from: text.length, to: text.length, text: sectionAtEnd(place) }]]
  if (isAlias(node) && rest.length === 0) {
    const [from, to] = node.range ?? [0, 0]
    const items = [...item.present, item.value].map(value => JSON.stringify(value))
    return [[{ from, to, text: `[${items.join(", ")}]` }]]
  }
  if (!(rest.length === 0 ? isSeq(node) : isMap(node))) return []
  const collection = node as Collection
  if (collection.flow === true) return flowEdits(collection, place)
  const afterLast = [blockEdit(collection, place)]
  if (rest.length < item.steps.length) return [afterLast]
  return [[{ from: text.length, to: text.length, text: sectionAtEnd(place) }], afterLast]
}

/** A section of its own below all others. */
function sectionAtEnd({ text, rest, item }: Place): string {
  const eol = lineBreak(text)
  const before = text === "" || text.endsWith("\n") ? "" : eol
  const blank = text === "" || /\n\r?\n$/.test(text) ? "" : eol
  return `${before}${blank}${blockLines(rest, item.value).join(eol)}${eol}`
}

/** Lines after the last of the collection, at its own depth. */
function blockEdit(collection: Collection, { text, rest, item }: Place): Edit {
  const eol = lineBreak(text)
  const start = collection.range?.[0] ?? 0
  const indent = " ".repeat(start - lineStart(text, start))
  const lines = blockLines(rest, item.value).map(line => `${indent}${line}${eol}`)
  const end = endOf(collection)
  const next = text[end - 1] === "\n" ? end : text.indexOf("\n", end) + 1
  const at = next === 0 ? text.length : next
  return { from: at, to: at, text: `${next === 0 ? eol : ""}${lines.join("")}` }
}

function blockLines(keys: readonly string[], value: string): string[] {
  const lines = keys.map((key, depth) => `${"  ".repeat(depth)}${key}:`)
  return [...lines, `${"  ".repeat(keys.length)}- ${plainName.test(value) ? value : JSON.stringify(value)}`]
}

function flowEdits(collection: Collection, { text, rest, item }: Place): Edit[][] {
  const written = flowText(rest, item.value, text.trimStart().startsWith("{"))
  const [start, close] = [collection.range?.[0] ?? 0, (collection.range?.[1] ?? 0) - 1]
  if (collection.items.length === 0) {
    const padding = isMap(collection) ? " " : ""
    return [[{ from: start + 1, to: close, text: `${padding}${written}${padding}` }]]
  }
  const end = endOf(collection.items.at(-1))
  const beside: Edit[] = [{ from: end, to: end, text: `, ${written}` }]
  const tail = text.slice(end, close)
  if (!tail.includes("\n")) return [beside]
  // The bracket stands on a line below, so each item has a line; what follows the last may be a comment about it.
  const comma = tail.replace(/(^|\s)#.*/g, "").includes(",")
  const lineEnd = end + tail.search(/\r?\n/)
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, startOf(collection))))?.[0] ?? ""
  const line = `${lineBreak(text)}${indent}${written}${comma ? "," : ""}`
  const below = { from: lineEnd, to: lineEnd, text: line }
  return [comma ? [below] : [{ from: end, to: end, text: "," }, below], beside]
}

/** @param json whether all of the text is in that style, and must stay so */
function flowText(keys: readonly string[], value: string, json: boolean): string {
  const word = !json && plainName.test(value) ? value : JSON.stringify(value)
  const named = (key: string, content: string) => `${json ? JSON.stringify(key) : key}: ${content}`
  const list = keys.length === 0 ? word : `[${word}]`
  return keys
    .toReversed()
    .reduce((content, key, depth) => named(key, depth === 0 ? content : `{${content}}`), list)
}

/** Where the last thing that is written in a node ends. */
function endOf(node: unknown): number {
  if (isPair(node)) return isNode(node.value) ? endOf(node.value) : endOf(node.key)
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return endOf(node.items.at(-1))
  return isNode(node) ? (node.range?.[1] ?? 0) : 0
}

/** Where the last item of a collection begins. */
function startOf({ items }: Collection): number {
  const last = items.at(-1)
  const node = isPair(last) ? last.key : last
  return isNode(node) ? (node.range?.[0] ?? 0) : 0
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1
}

function lineBreak(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n"
}

function edited(text: string, edits: readonly Edit[]): string {
  // Of two at one place the second is put in first.
  return edits
    .toReversed()
    .sort((a, b) => b.from - a.from)
    .reduce((whole, { from, to, text: part }) => whole.slice(0, from) + part + whole.slice(to), text)
}
