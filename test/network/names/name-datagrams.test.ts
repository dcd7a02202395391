import { describe, expect, test } from "bun:test"
import { fstatSync, readdirSync } from "node:fs"
import { serveDatagrams } from "../../../src/network/names/name-datagrams.ts"
import { SyntheticNames } from "../../../src/network/names/synthetic-names.ts"
import { type BoundPair, boundPair } from "../../support/bound-sockets.ts"
import { codes, question, readAnswer, types } from "../../support/dns-messages.ts"
import { eventually } from "../../support/process.ts"

type Served = BoundPair & Disposable & { names: SyntheticNames }

async function served(): Promise<Served> {
  const pair = boundPair()
  const names = new SyntheticNames()
  const server = await serveDatagrams(pair.datagrams, names)
  return { ...pair, names, [Symbol.dispose]: () => server.close() }
}

/** A program's socket, and the answers that came to it. */
async function client(port: number) {
  const answers: Buffer[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: "127.0.0.1", port },
    socket: {
      data(_, bytes) {
        answers.push(Buffer.from(bytes))
      },
      // Bun tells of a port that nobody listens on.
      error: () => undefined,
    },
  })
  return {
    answers,
    send: (bytes: Uint8Array) => socket.send(bytes),
    /** Waits for so many answers in all. */
    until: (count: number) => eventually(() => (answers.length >= count ? answers : undefined)),
    [Symbol.dispose]: () => socket.close(),
  }
}

describe("a datagram", () => {
  test("with a question gets one with its answer", async () => {
    using server = await served()
    using program = await client(server.port)
    program.send(question({ name: "github.com", id: 77 }))
    const [answer] = (await program.until(1)) ?? []
    expect(readAnswer(answer)).toMatchObject({ id: 77, records: [{ data: "198.18.1.1" }] })
    expect(server.names.nameOf("198.18.1.1")).toBe("github.com")
  })

  test("pairs of questions from one socket, as musl and glibc send them", async () => {
    using server = await served()
    using program = await client(server.port)
    for (let id = 0; id < 20; id += 2) {
      program.send(question({ name: "pair.example", id, type: types.A }))
      program.send(question({ name: "pair.example", id: id + 1, type: types.AAAA }))
    }
    const answers = ((await program.until(20)) ?? []).map(readAnswer).sort((a, b) => a.id - b.id)
    expect(answers.map(({ id, records }) => [id, records.length])).toEqual(
      Array.from({ length: 20 }, (_, id) => [id, id % 2 === 0 ? 1 : 0]),
    )
  })

  test("that is garbage gets none, and the next question gets its own", async () => {
    using server = await served()
    using program = await client(server.port)
    for (const text of ["", "x", "GET"]) program.send(Buffer.from(text))
    program.send(question({ name: "a.example", flags: 0x8180 }))
    program.send(Buffer.alloc(60_000))
    program.send(question({ name: "a.example", id: 2, counts: [9, 9, 9, 9] }))
    program.send(question({ name: "a.example", id: 3 }))
    const answers = ((await program.until(3)) ?? []).map(readAnswer)
    expect(answers.map(({ id, code }) => [id, code])).toEqual([
      [0, codes.FORMERR],
      [2, codes.FORMERR],
      [3, codes.NOERROR],
    ])
  })

  test("from a program that has gone troubles nobody", async () => {
    using server = await served()
    for (let count = 0; count < 20; count++) {
      using gone = await client(server.port)
      gone.send(question("gone.example"))
    }
    using program = await client(server.port)
    program.send(question("stays.example"))
    expect(await program.until(1)).toHaveLength(1)
  })
})

/** Asks without end for its number of milliseconds, and prints how often. */
const flood = `
import socket, sys, time
port, seconds, packet = int(sys.argv[1]), float(sys.argv[2]), bytes.fromhex(sys.argv[3])
program = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
program.connect(("127.0.0.1", port))
program.setblocking(False)
end, sent = time.time() + seconds, 0
while time.time() < end:
    try:
        program.send(packet)
        sent += 1
    except OSError:
        pass
print(sent)
`

describe("a flood of questions", () => {
  test("leaves its turn to everything else, and does not grow", async () => {
    using server = await served()
    const descriptors = () => readdirSync("/proc/self/fd").length
    const before = { descriptors: descriptors(), memory: process.memoryUsage().rss }
    const words = ["python3", "-c", flood, `${server.port}`, "1", question("flood.example").toString("hex")]
    const programs = [1, 2].map(() => Bun.spawn(words, { stdout: "pipe", stderr: "inherit" }))
    let over = false
    const sent = Promise.all(programs.map(program => new Response(program.stdout).text())).then(texts => {
      over = true
      return texts.reduce((sum, text) => sum + Number(text), 0)
    })
    // Turns of this loop while the flood goes on: were it not for the limit there would be a handful.
    let turns = 0
    for (; !over; turns++) await new Promise(resolve => setImmediate(resolve))
    const questions = await sent
    expect(questions).toBeGreaterThan(1000)
    expect(questions / turns).toBeLessThan(2000)
    expect(descriptors()).toBeLessThanOrEqual(before.descriptors + 5)
    expect(process.memoryUsage().rss - before.memory).toBeLessThan(64 * 1024 * 1024)
    using program = await client(server.port)
    program.send(question("after.example"))
    expect((await program.until(1))?.length).toBe(1)
  })
})

describe("a server that is closed", () => {
  test("closes its descriptor, and answers nobody", async () => {
    const server = await served()
    using program = await client(server.port)
    expect(fstatSync(server.datagrams).isSocket()).toBe(true)
    server[Symbol.dispose]()
    server[Symbol.dispose]()
    expect(() => fstatSync(server.datagrams)).toThrow("EBADF")
    program.send(question("a.example"))
    await Bun.sleep(20)
    expect(program.answers).toEqual([])
  })
})
