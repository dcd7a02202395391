// Anthropic Messages, as Claude Code speaks it: https://docs.anthropic.com/en/api/messages-streaming
import * as v from "valibot"
import { type Dialect, readArguments, readText, type ServerEvent, type Turn } from "./dialect.ts"

const request = v.looseObject({
  stream: v.literal(true),
  tools: v.optional(v.array(v.looseObject({ name: v.string(), input_schema: v.unknown() })), []),
  messages: v.array(
    v.looseObject({
      content: v.union([
        v.string(),
        v.array(v.looseObject({ type: v.string(), content: v.optional(v.unknown()) })),
      ]),
    }),
  ),
})

const usage = { input_tokens: 1, output_tokens: 1 }

export const anthropic: Dialect = {
  path: "/v1/messages",
  read: body => {
    const { tools, messages } = v.parse(request, body)
    const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content))
    return {
      tools: tools.map(({ name, input_schema }) => ({ name, arguments: readArguments(input_schema) })),
      results: blocks.filter(({ type }) => type === "tool_result").map(({ content }) => readText(content)),
    }
  },
  events: turn => [
    event("message_start", { message: { ...envelope(), content: [], stop_reason: null } }),
    event("content_block_start", {
      index: 0,
      content_block: turn.kind === "text" ? { type: "text", text: "" } : toolUse(turn, {}),
    }),
    event("content_block_delta", { index: 0, delta: delta(turn) }),
    event("content_block_stop", { index: 0 }),
    event("message_delta", { delta: { stop_reason: stopReason(turn), stop_sequence: null }, usage }),
    event("message_stop", {}),
  ],
}

function event(type: string, fields: object): ServerEvent {
  return { name: type, data: { type, ...fields } }
}

function envelope(): object {
  const id = `msg_${crypto.randomUUID()}`
  return { id, type: "message", role: "assistant", model: "scripted", stop_sequence: null, usage }
}

function toolUse({ id, name }: Turn & { kind: "call" }, input: object): object {
  return { type: "tool_use", id, name, input }
}

function delta(turn: Turn): object {
  return turn.kind === "text"
    ? { type: "text_delta", text: turn.text }
    : { type: "input_json_delta", partial_json: JSON.stringify(turn.input) }
}

function stopReason(turn: Turn): string {
  return turn.kind === "text" ? "end_turn" : "tool_use"
}
