// The two OpenAI protocols: Responses, as Codex speaks it, and Chat Completions, as OpenCode does.
// https://platform.openai.com/docs/api-reference/responses-streaming and …/chat-streaming
import * as v from "valibot"
import { type Dialect, readArguments, readText, type ServerEvent, type Turn } from "./dialect.ts"

const responsesRequest = v.looseObject({
  stream: v.literal(true),
  tools: v.optional(
    v.array(
      v.looseObject({ type: v.string(), name: v.optional(v.string()), parameters: v.optional(v.unknown()) }),
    ),
    [],
  ),
  input: v.union([
    v.string(),
    v.array(v.looseObject({ type: v.optional(v.string(), "message"), output: v.optional(v.unknown()) })),
  ]),
})

const chatRequest = v.looseObject({
  stream: v.literal(true),
  tools: v.optional(
    v.array(
      v.looseObject({ function: v.looseObject({ name: v.string(), parameters: v.optional(v.unknown()) }) }),
    ),
    [],
  ),
  messages: v.array(v.looseObject({ role: v.string(), content: v.optional(v.unknown()) })),
})

export const responses: Dialect = {
  path: "/v1/responses",
  read: body => {
    const { tools, input } = v.parse(responsesRequest, body)
    const outputs = typeof input === "string" ? [] : input.filter(({ type }) => type.endsWith("_call_output"))
    return {
      // A built-in tool, such as web_search, has no name of its own: its type is its name.
      tools: tools.map(tool => ({ name: tool.name ?? tool.type, arguments: readArguments(tool.parameters) })),
      results: outputs.map(({ output }) => readText(output)),
    }
  },
  events: turn => [
    event("response.created", { response: response("in_progress", []) }),
    event("response.output_item.done", { output_index: 0, item: item(turn) }),
    event("response.completed", { response: response("completed", [item(turn)]) }),
  ],
}

export const chat: Dialect = {
  path: "/v1/chat/completions",
  read: body => {
    const { tools, messages } = v.parse(chatRequest, body)
    return {
      tools: tools.map(({ function: { name, parameters } }) => ({
        name,
        arguments: readArguments(parameters),
      })),
      results: messages.filter(({ role }) => role === "tool").map(({ content }) => readText(content)),
    }
  },
  events: turn => [
    { data: completion("chat.completion.chunk", { delta: message(turn), finish_reason: null }) },
    { data: completion("chat.completion.chunk", { delta: {}, finish_reason: finishReason(turn) }) },
    { data: "[DONE]" },
  ],
}

function event(type: string, fields: object): ServerEvent {
  return { name: type, data: { type, ...fields } }
}

function response(status: string, output: object[]): object {
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 2,
  }
  return { id: "resp_scripted", object: "response", created_at: 0, model: "scripted", status, output, usage }
}

function item(turn: Turn): object {
  if (turn.kind === "text") {
    const content = [{ type: "output_text", text: turn.text, annotations: [] }]
    return { type: "message", id: "msg_scripted", role: "assistant", status: "completed", content }
  }
  return { type: "function_call", call_id: turn.id, name: turn.name, arguments: JSON.stringify(turn.input) }
}

function completion(object: string, choice: object): object {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return {
    id: "chat_scripted",
    object,
    created: 0,
    model: "scripted",
    choices: [{ index: 0, ...choice }],
    usage,
  }
}

function message(turn: Turn): object {
  if (turn.kind === "text") return { role: "assistant", content: turn.text }
  const call = { name: turn.name, arguments: JSON.stringify(turn.input) }
  return {
    role: "assistant",
    content: null,
    tool_calls: [{ index: 0, id: turn.id, type: "function", function: call }],
  }
}

function finishReason(turn: Turn): string {
  return turn.kind === "text" ? "stop" : "tool_calls"
}
