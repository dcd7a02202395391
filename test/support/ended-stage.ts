/** The Terminator between real clients and a real server: what the border does around it is played here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type RequestRecord, UpstreamRefused } from "../../src/network/streams/ended-connection.ts"
import { openTerminator, type Terminator } from "../../src/network/terminator/terminator.ts"
import { type Authority, createAuthority } from "../../src/network/tls/authority.ts"
import { ClientHelloReader } from "../../src/network/tls/client-hello.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { hostJudge } from "../../src/policy/host-verdict.ts"
import { placeholder, ruleOf, secret } from "./ended-host.ts"
import { eventually, type Outcome, run } from "./process.ts"

export type Asked = { method: string; url: string; version: string; headers: Record<string, string> }

export type StageOptions = {
  rules?: readonly string[]
  as?: Credential["as"]
  /** what the server speaks */
  protocols?: string
  /** the name in the server's certificate */
  name?: string
  /** whether we trust whoever signed it */
  trusted?: boolean
  /** clients dial the port where the stage listens, and not 443 by another way */
  ownPort?: boolean
  /** the server is not reached, for this reason */
  refused?: UpstreamRefused
}

/** Where the certificate of the session's authority lies, as it does inside. */
export class EndedStage implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), "cordon-ended-"))
  readonly ca = join(this.directory, "authority.pem")
  readonly records: RequestRecord[] = []
  readonly authority: Authority = createAuthority(["api.test"])
  readonly terminator: Terminator
  readonly asked: Asked[] = []
  readonly refusals: string[] = []
  readonly #upstream: Bun.Subprocess<"ignore", "pipe", "inherit">
  readonly #listener
  /** where the server listens */
  upstreamPort = 0

  constructor(options: StageOptions = {}) {
    const { as = { kind: "bearer" }, rules = [], name = "api.test", trusted = true, protocols } = options
    writeFileSync(this.ca, this.authority.certificate)
    const server = createAuthority(undefined)
    const { key, certificate } = server.identityOf(name)
    const files = { key: join(this.directory, "server.key"), cert: join(this.directory, "server.pem") }
    writeFileSync(files.key, key)
    writeFileSync(files.cert, certificate)
    const script = join(import.meta.dir, "ended-upstream.cjs")
    const words = ["node", script, files.key, files.cert, ...(protocols === undefined ? [] : [protocols])]
    this.#upstream = Bun.spawn(words, { stdio: ["ignore", "pipe", "inherit"] })
    void this.#listen()
    const judge = hostJudge(rules.map(ruleOf), { ask: "never", own: [], credentials: [] })
    const credential: Credential = {
      name: "T",
      from: { kind: "variable", name: "T" },
      hosts: [hostPattern("api.test")],
      as,
    }
    this.terminator = openTerminator({
      authority: this.authority,
      judge: () => judge,
      credentials: [credential],
      secrets: new Map([["T", { secret, placeholder }]]),
      upstreamAuthorities: [(trusted ? server : createAuthority(undefined)).certificate],
    })
    this.#listener = listenFor(this.terminator, options.ownPort === true, {
      record: entry => void this.records.push(entry),
      connectUpstream: () =>
        options.refused === undefined ? this.#reach() : Promise.reject(options.refused),
    })
  }

  get port(): number {
    return this.#listener.port
  }

  /** Runs a client whose api.test is the stage. */
  async run(words: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    await this.ready()
    const all = {
      PATH: process.env.PATH ?? "",
      HOME: this.directory,
      CA: this.ca,
      PORT: String(this.port),
      ...env,
    }
    return run(words, { cwd: this.directory, env: all })
  }

  curl(...words: string[]): Promise<Outcome> {
    const there = ["--cacert", this.ca, "--connect-to", `api.test:443:127.0.0.1:${this.port}`]
    return this.run(["curl", "-sS", "--max-time", "25", ...there, ...words])
  }

  async ready(): Promise<void> {
    const port = await eventually(() => this.upstreamPort || undefined)
    if (port === undefined) throw new Error("the server does not start")
  }

  /** Waits until so many requests are over. */
  async recorded(count: number): Promise<readonly RequestRecord[]> {
    await eventually(() => (this.records.length >= count ? true : undefined))
    return this.records
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminator.close()
    this.#listener.stop(true)
    this.#upstream.kill("SIGKILL")
    await this.#upstream.exited
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #listen(): Promise<void> {
    let rest = ""
    for await (const bytes of this.#upstream.stdout) {
      const lines = (rest + Buffer.from(bytes).toString()).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) this.#heard(JSON.parse(line) as Asked & { port?: number; refused?: string })
    }
  }

  #heard(said: Asked & { port?: number; refused?: string }): void {
    if (said.port !== undefined) this.upstreamPort = said.port
    else if (said.refused !== undefined) this.refusals.push(said.refused)
    else this.asked.push(said)
  }

  #reach(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.upstreamPort, host: "127.0.0.1", allowHalfOpen: true })
      socket.once("error", cause => reject(new UpstreamRefused(502, cause.message)))
      socket.once("connect", () => {
        socket.removeAllListeners("error")
        resolve(socket)
      })
    })
  }
}

type Around = Pick<Parameters<Terminator["serve"]>[0], "record" | "connectUpstream">

type Peer = { socket: Bun.Socket<Side> | undefined; waiting: Buffer[] }
type Side = { to: Peer; own: Peer; hello: ClientHelloReader | undefined; early: Buffer[] }

/** What the border does: reads the ClientHello, and moves bytes to the Terminator and back. */
function listenFor(terminator: Terminator, ownPort: boolean, around: Around) {
  const far = (peer: Peer, own: Peer): Side => ({ to: peer, own, hello: undefined, early: [] })
  const begin = (side: Side, protocols: readonly string[]) => {
    const port = ownPort ? listener.port : 443
    const descriptor = terminator.serve({ host: "api.test", port, protocols, ...around })
    const options = { fd: descriptor, allowHalfOpen: true, data: far(side.own, side.to), socket: handlers }
    void Bun.connect<Side>(options as unknown as Bun.TCPSocketConnectOptions<Side>).then(socket => {
      side.to.socket = socket
      flush(side.to, side.own)
    })
  }
  const handlers: Bun.SocketHandler<Side> = {
    data(socket, bytes) {
      const { hello, to, own } = socket.data
      send(to, Buffer.from(bytes), own)
      if (hello === undefined) return
      const result = hello.push(Buffer.from(bytes))
      if (result.kind === "more") return
      socket.data.hello = undefined
      begin(socket.data, result.kind === "hello" ? result.alpn : [])
    },
    drain: ({ data }) => flush(data.own, data.to),
    end: ({ data }) => void data.to.socket?.shutdown(),
    close: ({ data }) => void data.to.socket?.end(),
    error: () => undefined,
  }
  const listener = Bun.listen<Side>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      ...handlers,
      open(socket) {
        const [own, to]: [Peer, Peer] = [
          { socket, waiting: [] },
          { socket: undefined, waiting: [] },
        ]
        socket.data = { to, own, hello: new ClientHelloReader(), early: [] }
      },
    },
  })
  return listener
}

function send(to: Peer, bytes: Buffer, from: Peer): void {
  to.waiting.push(bytes)
  flush(to, from)
}

function flush(to: Peer, from: Peer): void {
  while (to.socket !== undefined && to.waiting.length > 0) {
    const bytes = to.waiting[0] ?? Buffer.alloc(0)
    const written = Math.max(0, to.socket.write(bytes))
    if (written < bytes.length) {
      to.waiting[0] = bytes.subarray(written)
      from.socket?.pause()
      return
    }
    to.waiting.shift()
  }
  from.socket?.resume()
}

/** The text of a file as the tests have it. */
export function textOf(path: string): string {
  return readFileSync(path, "latin1")
}
