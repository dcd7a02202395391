/** What is said over a control socket: one JSON document a line, a request and its reply. */
import * as v from "valibot"
import { personAnswers } from "./answer.ts"

const line = v.pipe(v.string(), v.maxLength(4096))
/** What a person writes is repeated in the reply. */
const written = v.pipe(v.string(), v.maxLength(1000))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const verdict = v.picklist(["allow", "deny"])

const requestSchema = v.variant("kind", [
  v.strictObject({ kind: v.literal("status") }),
  /** the status now, and again after each change */
  v.strictObject({ kind: v.literal("watch") }),
  v.strictObject({
    kind: v.literal("answer"),
    question: count,
    answer: v.picklist(personAnswers),
    pattern: written,
  }),
  /** `by`: the command, for the log */
  v.strictObject({ kind: v.literal("rule"), verdict, pattern: written, by: written }),
])
export type ControlRequest = v.InferOutput<typeof requestSchema>

const questionSchema = v.object({
  host: line,
  port: count,
  program: line,
  process: count,
  id: count,
  connections: count,
  until: line,
  patterns: v.array(line),
})

const statusSchema = v.object({
  session: line,
  project: line,
  command: v.array(line),
  /** the user policy that it was started with, which `always` is written to */
  policyFile: line,
  questions: v.array(questionSchema),
  /** rules that were added while it runs */
  rules: v.array(v.object({ verdict, pattern: line })),
})
export type SessionStatus = v.InferOutput<typeof statusSchema>

const replySchema = v.variant("kind", [
  v.object({ kind: v.literal("status"), status: statusSchema }),
  v.object({ kind: v.literal("done") }),
  v.object({ kind: v.literal("refused"), why: line, hint: line }),
])
export type ControlReply = v.InferOutput<typeof replySchema>

/** @returns undefined for what is no request */
export function readRequest(text: string): ControlRequest | undefined {
  return readMessage(text, requestSchema)
}

/** @returns undefined for what is no reply, as from a session of another version */
export function readReply(text: string): ControlReply | undefined {
  return readMessage(text, replySchema)
}

export function messageLine(message: ControlRequest | ControlReply): Uint8Array {
  return Buffer.from(`${JSON.stringify(message)}\n`)
}

function readMessage<Schema extends v.GenericSchema>(text: string, schema: Schema) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
  const result = v.safeParse(schema, value)
  return result.success ? result.output : undefined
}
