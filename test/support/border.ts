/**
 * A border on this machine's loopback: real sockets of programs, of servers and of name questions; what the live engine
 * would tell is told by whoever connects, and names lead where the test says.
 */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import type { ConnectionEvent, EventBody } from "../../src/audit/event.ts"
import { rawCall } from "../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { type Border, openBorder } from "../../src/network/border.ts"
import type { Approvals } from "../../src/network/people/approvals.ts"
import { type SessionRules, sessionRules } from "../../src/network/people/session-rules.ts"
import { UpstreamRefused } from "../../src/network/streams/ended-connection.ts"
import type { Terminator } from "../../src/network/terminator/terminator.ts"
import type { UpstreamProxy } from "../../src/plan/launch-plan.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { boundPair, inetSocket } from "./bound-sockets.ts"
import { question, readAnswer } from "./dns-messages.ts"
import { rulesOf } from "./judges.ts"

/** What a border is opened with; left out = nothing. */
export type BorderOptions = {
  allow?: readonly string[]
  deny?: readonly string[]
  ask?: "never" | "unlisted"
  /** where names lead; a function is called for each look-up */
  hosts?: Readonly<Record<string, readonly string[] | (() => Promise<string[]> | string[])>>
  hostPorts?: readonly number[]
  expose?: readonly number[]
  proxy?: UpstreamProxy
  approvals?: Approvals
  terminator?: Terminator
  credentials?: readonly Credential[]
  insideSocket?: () => Promise<number>
}

export type TestBorder = AsyncDisposable & {
  border: Border
  /** port of 127.0.0.1 at which connections arrive */
  port: number
  /** by what a name is dialled, as the border's own name server says */
  addressOf(name: string): Promise<string>
  /** tells the border what a connection is for */
  dial(localPort: number, host: string, port: number): Promise<void>
  /** a connection as a program makes it: made, then told of */
  connect(host: string, port: number): Promise<Socket>
  events: EventBody[]
  /** connections that were recorded so far, or as soon as there are so many */
  connections(count: number): Promise<ConnectionEvent[]>
  rules: SessionRules
}

/** What programs are told to be, in records. */
export const testProgram = "/usr/bin/test-program"

export async function openTestBorder(options: BorderOptions = {}): Promise<TestBorder> {
  const pair = boundPair()
  const arrivals = boundPair()
  const { close, listen } = callNumbers(presentArchitecture())
  rawCall(close, arrivals.datagrams)
  // As the real one has it (kernel/border-sockets.ts).
  rawCall(listen, arrivals.streams, 4096)
  const events: EventBody[] = []
  const rules = sessionRules({
    plan: {
      rules: [...rulesOf("allow", options.allow ?? []), ...rulesOf("deny", options.deny ?? [])],
      ask: options.ask ?? "never",
      credentials: options.credentials ?? [],
    },
    own: () => [],
  })
  const border = await openBorder(
    {
      plan: { hostPorts: options.hostPorts ?? [], expose: options.expose ?? [], proxy: options.proxy },
      sockets: { streams: arrivals.streams, datagramNames: pair.datagrams, streamNames: pair.streams },
      record: event => void events.push(event),
      approvals: options.approvals,
      sessionRules: rules,
      terminator: options.terminator,
      insideSocket: options.insideSocket ?? (async () => inetSocket("stream")),
    },
    {
      arrivalOf: () => "127.0.0.1",
      lookUp: lookUpIn(options.hosts ?? {}),
      patience: { connectionMs: 2000, dialMs: 30_000 },
    },
  )
  const known = new Map<string, Promise<string>>()
  const addressOf = (name: string) => {
    const address = known.get(name) ?? ask(name, pair.port)
    known.set(name, address)
    return address
  }
  const dial = async (localPort: number, host: string, port: number) => {
    const address = /^[\d.]+$|:/.test(host) ? host : await addressOf(host)
    border.dialled({
      from: { address: "127.0.0.1", port: localPort },
      to: { address, port },
      process: process.pid,
      program: testProgram,
    })
  }
  const connections = () => events.filter(event => event.kind === "connection")
  return {
    border,
    port: arrivals.port,
    addressOf,
    dial,
    async connect(host, port) {
      const socket = connect({ host: "127.0.0.1", port: arrivals.port, allowHalfOpen: true })
      await once(socket, "connect")
      await dial(socket.localPort ?? 0, host, port)
      return socket
    },
    events,
    async connections(count) {
      while (connections().length < count) await Bun.sleep(5)
      return connections()
    },
    rules,
    async [Symbol.asyncDispose]() {
      border.close()
    },
  }
}

function lookUpIn(hosts: NonNullable<BorderOptions["hosts"]>) {
  return async (name: string) => {
    const found = hosts[name]
    if (found === undefined) throw new UpstreamRefused(502, `the host finds no address of ${name}`)
    return typeof found === "function" ? await found() : [...found]
  }
}

async function ask(name: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const socket = await Bun.udpSocket({
    connect: { hostname: "127.0.0.1", port },
    socket: { data: (_, data) => resolve(data) },
  })
  socket.send(question(name))
  const [record] = readAnswer(await promise).records
  socket.close()
  if (record === undefined) throw new Error(`there is no address of ${name}`)
  return record.data
}

/** A port of 127.0.0.1 that nothing listens on, for programs that can be told their own. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } })
  const { port } = listener
  listener.stop(true)
  return port
}

/** Everything that a socket says until it ends or breaks. */
export async function hear(socket: Socket): Promise<{ text: string; error: string | undefined }> {
  const pieces: Buffer[] = []
  let error: string | undefined
  socket.on("data", data => pieces.push(Buffer.from(data as Buffer)))
  socket.on("error", cause => {
    error = (cause as NodeJS.ErrnoException).code
  })
  if (!socket.destroyed)
    await new Promise<void>(resolve => {
      socket.once("end", resolve)
      socket.once("close", () => resolve())
    })
  return { text: Buffer.concat(pieces).toString("latin1"), error }
}
