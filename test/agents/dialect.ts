// What the three model protocols have in common: a conversation comes in, one turn goes out.
import * as v from "valibot"

/** A tool that the agent offers in its request. */
export type Tool = {
  /** name to call it by */
  name: string
  /** names of its arguments */
  arguments: readonly string[]
}

/** The part of a request that decides what the model answers. */
export type Conversation = {
  /** everything on offer */
  tools: readonly Tool[]
  /** what the tools called so far gave back, in order */
  results: readonly string[]
}

/** What the model says next. */
export type Turn =
  | { kind: "call"; id: string; name: string; input: Readonly<Record<string, unknown>> }
  | { kind: "text"; text: string }

/** One server-sent event: `name` becomes its `event:` line, when there is one. */
export type ServerEvent = { name?: string; data: unknown }

/** One protocol, as far as agents use it: every request asks for a stream of events. */
export type Dialect = {
  /** path of the endpoint */
  path: string
  read: (body: unknown) => Conversation
  events: (turn: Turn) => ServerEvent[]
}

const parameters = v.looseObject({ properties: v.record(v.string(), v.unknown()) })

/** The arguments that a tool's JSON Schema names. */
export function readArguments(schema: unknown): string[] {
  const parsed = v.safeParse(parameters, schema)
  return parsed.success ? Object.keys(parsed.output.properties) : []
}

/** Text as it stands; anything else as JSON, so that a marker inside is still found. */
export function readText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? null)
}

/** The text of a stream of server-sent events. */
export function renderEvents(events: readonly ServerEvent[]): string {
  return events
    .map(({ name, data }) => {
      const line = `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
      return name === undefined ? line : `event: ${name}\n${line}`
    })
    .join("")
}
