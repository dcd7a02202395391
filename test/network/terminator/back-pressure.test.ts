/**
 * What a server does not read waits in the client. Measured in bytes that the terminator has taken from the client while
 * the server reads nothing: that number has to stand still far below what the client would send. Memory of a process is
 * no measure: it depends on what else the process did, and on when it was tidied up.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { openTerminator, type Terminator } from "../../../src/network/terminator/terminator.ts"
import { createAuthority } from "../../../src/network/tls/authority.ts"
import { hostJudge } from "../../../src/policy/host-verdict.ts"
import { eventually, launch } from "../../support/process.ts"

/** What the client would send, and what may be on its way: the kernel's buffers, two TLS libraries' and a window's. */
const upload = 120_000_000
const underWay = 30_000_000

/** Reads nothing of a request until it is told on stdin to go on; then it says how much there was. */
const reluctantServer = `
const { createSecureServer } = require("node:http2")
const { readFileSync } = require("node:fs")
const [key, cert] = process.argv.slice(1).map(file => readFileSync(file))
const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
  console.log("asked")
  process.stdin.once("data", () => {
    let bytes = 0
    request.on("data", data => (bytes += data.length))
    request.on("end", () => response.end("got " + bytes))
  })
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
`

const directory = mkdtempSync(join(tmpdir(), "cordon-pressure-"))
const file = (name: string, content: string) => {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

/** Words that a process has said, line by line. */
class Spoken {
  readonly lines: string[] = []
  constructor(stream: ReadableStream<Uint8Array>) {
    void this.#read(stream)
  }
  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of stream)
      this.lines.push(...Buffer.from(bytes).toString().split("\n").filter(Boolean))
  }
}

const ownAuthority = createAuthority(["api.test"])
const serversAuthority = createAuthority(undefined)
let server: Bun.Subprocess<"pipe", "pipe", "inherit">
let spoken: Spoken
let terminator: Terminator

beforeAll(async () => {
  const { key, certificate } = serversAuthority.identityOf("api.test")
  const words = ["node", "-e", reluctantServer, file("server.key", key), file("server.pem", certificate)]
  server = Bun.spawn(words, { stdin: "pipe", stdout: "pipe", stderr: "inherit" })
  spoken = new Spoken(server.stdout)
  const judge = hostJudge([], { ask: "never", own: [], credentials: [] })
  terminator = openTerminator({
    authority: ownAuthority,
    judge: () => judge,
    credentials: [],
    secrets: new Map(),
    upstreamAuthorities: [serversAuthority.certificate],
  })
  if ((await eventually(() => spoken.lines[0])) === undefined) throw new Error("the server does not start")
})
afterAll(async () => {
  terminator.close()
  server.kill("SIGKILL")
  await server.exited
  rmSync(directory, { recursive: true })
})

function reach(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(spoken.lines[0]), host: "127.0.0.1", allowHalfOpen: true })
    socket.once("error", cause => reject(new UpstreamRefused(502, cause.message)))
    socket.once("connect", () => resolve(socket))
  })
}

/** Plays the border for one client, as fast as the terminator takes what comes. */
function border(protocol: string) {
  const taken = { bytes: 0 }
  const listener = createServer({ allowHalfOpen: true }, client => {
    const around = { protocols: [protocol], record: () => undefined, connectUpstream: reach }
    const fd = terminator.serve({ host: "api.test", port: 443, ...around })
    const far = connect({ fd, allowHalfOpen: true } as never)
    client.on("data", bytes => {
      client.pause()
      far.write(bytes, () => {
        taken.bytes += bytes.length
        client.resume()
      })
    })
    client.on("end", () => far.end())
    far.pipe(client)
    for (const side of [client, far]) side.on("error", () => undefined)
  })
  return { taken, listener }
}

/** Waits until a number has not changed for half a second. */
async function atRest(number: () => number): Promise<number> {
  for (let last = -1, since = performance.now(); ; ) {
    if (number() !== last) [last, since] = [number(), performance.now()]
    if (performance.now() - since > 500) return last
    await Bun.sleep(20)
  }
}

describe.each([
  ["http/1.1", "--http1.1"],
  ["h2", "--http2"],
])("an upload over %s that the server does not read", (protocol, option) => {
  test("waits in the client, and arrives when it does", async () => {
    const { taken, listener } = border(protocol)
    await new Promise<void>(resolve => void listener.listen(0, "127.0.0.1", resolve))
    const address = listener.address()
    const port = typeof address === "object" ? address?.port : undefined
    const asked = spoken.lines.length
    const there = `--cacert ${file("authority.pem", ownAuthority.certificate)} --connect-to api.test:443:127.0.0.1:${port}`
    const script = `head -c ${upload} /dev/zero | curl -sS ${option} ${there} -H Expect: -T - https://api.test/`
    const { process: client, outcome } = launch(["sh", "-c", script], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? "" },
    })
    try {
      await eventually(() => (spoken.lines.length > asked ? true : undefined))
      await eventually(() => (taken.bytes > 10_000 ? true : undefined))
      const resting = await atRest(() => taken.bytes)
      expect(resting).toBeGreaterThan(10_000)
      expect(resting).toBeLessThan(underWay)
      server.stdin.write("go on\n")
      server.stdin.flush()
      expect(await outcome).toEqual({ code: 0, stdout: `got ${upload}`, stderr: "" })
      expect(taken.bytes).toBeGreaterThan(upload)
    } finally {
      client.kill("SIGKILL")
      listener.close()
    }
  })
})
