/**
 * TLS hellos with something odd about them. However they are cut into packets they come to the same; and a server that
 * goes by such a hello goes by the name, and by the protocols, that we read in it.
 */
import { deepEqual, ok } from "node:assert/strict"
import fc from "fast-check"
import { canonicalHostName } from "../../src/network/names/host-name.ts"
import { ClientHelloReader, type HelloResult } from "../../src/network/tls/client-hello.ts"
import { words } from "../support/dns-messages.ts"
import {
  capturedHello,
  clients,
  contentOf,
  extension,
  protocols,
  record,
  records,
  serverName,
  vector,
} from "../support/tls-clients.ts"
import { startWitness, tlsServerOfNode, type Witness } from "../support/witness.ts"
import { target } from "./target.ts"

const programs = ["node", "openssl", "curl", "python3"]
const missing = programs.filter(program => Bun.which(program) === null)
const skip = missing.length > 0 ? `there is no ${missing.join(" and no ")}` : undefined

type Stage = { server: Witness; hellos: Buffer[] }
let started: Promise<Stage> | undefined

async function stage(): Promise<Stage> {
  const commands = programs.flatMap(program => clients[program]?.command ?? [])
  const [server, ...hellos] = await Promise.all([
    startWitness(tlsServerOfNode),
    ...commands.map(capturedHello),
  ])
  return { server, hellos }
}

/** A place in the body of a hello: as if it had been cut there, and other bytes put in. */
const damage = fc.record({
  at: fc.nat({ max: 600 }),
  drop: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
  put: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constantFrom(words(0), words(1), words(0xffff))),
})

const names = fc.constantFrom(
  "b.example",
  "B.Example.",
  "evil.example",
  "a..b",
  "a\0b",
  "",
  "127.0.0.1",
  "*",
  "\xff",
  "x".repeat(300),
)
const extra = fc.oneof(
  names.map(name => serverName(name)),
  fc.tuple(names, names).map(([one, other]) => serverName(one, other)),
  names.map(name => extension(0, vector(2, Buffer.from([1]), vector(2, Buffer.from(name, "latin1"))))),
  names.map(name => protocols(name.slice(0, 200))),
  fc.uint8Array({ maxLength: 20 }).map(data => extension(0, data)),
  fc.uint8Array({ maxLength: 20 }).map(data => extension(0xfe0d, data)),
)

const input = fc.record({
  base: fc.nat({ max: programs.length - 1 }),
  extras: fc.array(extra, { maxLength: 2 }),
  /** whether the hello's own names are taken out first */
  bare: fc.boolean(),
  damages: fc.array(damage, { maxLength: 2 }),
  repair: fc.boolean(),
  size: fc.constantFrom(16_384, 200, 60, 7),
  between: fc.oneof(
    { weight: 8, arbitrary: fc.constant(Buffer.alloc(0)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        record(Buffer.from([1, 0]), { type: 21 }),
        record(Buffer.from([1]), { type: 20 }),
        record(Buffer.alloc(0)),
      ),
    },
  ),
  after: fc.oneof(
    { weight: 8, arbitrary: fc.constant(Buffer.alloc(0)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }) },
  ),
  cuts: fc.array(fc.nat({ max: 800 }), { maxLength: 5 }),
})

type Input = typeof input extends fc.Arbitrary<infer T> ? T : never

export const clientHellos = target(
  { name: "client-hellos", weight: 1, runs: 300, skip },
  input,
  async made => {
    started ??= stage()
    const { server, hellos } = await started
    const bytes = bytesOf(made, hellos[made.base] ?? Buffer.alloc(0))
    const once = read([bytes])
    const places = [...made.cuts].sort((a, b) => a - b)
    deepEqual(
      read([0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length))),
      once,
    )
    deepEqual(read([...bytes].map(byte => Uint8Array.of(byte))), once)
    // What is malformed goes nowhere.
    if (once.kind === "malformed") return
    const seen = await server.seenIn(bytes)
    if (once.kind !== "hello") return deepEqual(seen, [])
    for (const line of seen) {
      const [kind, ...rest] = line.split(" ")
      if (kind === "name")
        deepEqual(canonicalHostName(rest.join(" ")) ?? rest.join(" "), once.serverName ?? "")
      else deepEqual(rest, once.alpn.map(inAscii))
    }
  },
)

function read(pieces: readonly Uint8Array[]): HelloResult {
  const reader = new ClientHelloReader()
  let result: HelloResult = { kind: "more" }
  for (const piece of pieces) result = reader.push(piece)
  return result
}

function bytesOf({ extras, bare, damages, repair, size, between, after }: Input, hello: Buffer): Buffer {
  const parts = partsOf(contentOf(hello))
  const kept = bare
    ? parts.extensions.filter(bytes => ![0, 16].includes(bytes.readUInt16BE(0)))
    : parts.extensions
  const list = Buffer.concat([...kept, ...extras])
  const whole = Buffer.concat([parts.before, words(Math.min(list.length, 0xffff)), list])
  let content = whole
  for (const { at, drop, put } of damages)
    content = Buffer.concat([content.subarray(0, at), put, content.subarray(at + drop)])
  // The length of the message is right, or what it was before the damage.
  const length = (repair ? content : whole).length - 4
  if (content.length > 4 && (repair || damages.length === 0)) content.writeUIntBE(Math.max(length, 0), 1, 3)
  ok(content.length < 0xffff)
  const cut = Math.floor(content.length / 2)
  const sent =
    between.length === 0
      ? [records(content, size)]
      : [records(content.subarray(0, cut), size), between, records(content.subarray(cut), size)]
  return Buffer.concat([...sent, after])
}

/** As Node decodes protocols. */
function inAscii(text: string): string {
  return Buffer.from(text, "latin1").toString("ascii")
}

/** A hello in its parts: up to the length of its extensions, and each of them. */
function partsOf(content: Buffer): { before: Buffer; extensions: Buffer[] } {
  let at = 4 + 2 + 32
  at += 1 + content.readUInt8(at)
  at += 2 + content.readUInt16BE(at)
  at += 1 + content.readUInt8(at)
  const extensions: Buffer[] = []
  for (let from = at + 2; from < content.length; ) {
    const end = from + 4 + content.readUInt16BE(from + 2)
    extensions.push(content.subarray(from, end))
    from = end
  }
  return { before: Buffer.from(content.subarray(0, at)), extensions }
}
