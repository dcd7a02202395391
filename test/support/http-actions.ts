/** What a stream of requests comes to, in a form that does not tell how it was cut into pieces. */
import { HttpRequests, type RequestAction } from "../../src/network/http/requests.ts"

export type Told =
  | { kind: "head"; line: string; host: string | undefined; text: string }
  | { kind: "body" | "opaque" | "not http" | "http2"; text: string }
  | { kind: "end"; trailers: string[] }
  | { kind: "malformed" | "too large" }

/** Pushes pieces one after the other. */
export function actionsOf(
  pieces: readonly Uint8Array[],
  options: { decoded?: boolean } = {},
): RequestAction[] {
  const requests = new HttpRequests(options)
  return pieces.flatMap(piece => requests.push(piece))
}

/** The actions without bytes and reasons; pieces of one body are put together. */
export function told(actions: readonly RequestAction[]): Told[] {
  const list: Told[] = []
  for (const action of actions) {
    const next = tell(action)
    const last = list.at(-1)
    if ((next.kind === "body" || next.kind === "opaque") && last?.kind === next.kind) last.text += next.text
    else list.push(next)
  }
  return list
}

function tell(action: RequestAction): Told {
  if (action.kind === "head") {
    const { method, target, version, host } = action.head
    const line = `${method} ${target.text} HTTP/${version}`
    return { kind: "head", line, host: host?.host, text: text(action.bytes) }
  }
  if (action.kind === "end")
    return { kind: "end", trailers: action.trailers.map(({ name, value }) => `${name}: ${value}`) }
  if ("why" in action) return { kind: action.kind }
  return { kind: action.kind, text: text(action.bytes) }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1")
}

/** All that is passed on, as a server would get it. */
export function passedOn(actions: readonly RequestAction[]): string {
  return actions.map(action => ("bytes" in action ? text(action.bytes) : "")).join("")
}
