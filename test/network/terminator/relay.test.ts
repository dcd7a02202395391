import { describe, expect, test } from "bun:test"
import { Duplex } from "node:stream"
import type { Bridge, Outcome } from "../../../src/network/terminator/bridge.ts"
import { relay } from "../../../src/network/terminator/relay.ts"
import { eventually } from "../../support/process.ts"

/** One end of a connection, as a test plays it. */
class Side extends Duplex {
  readonly heard: string[] = []
  ended = false
  /** goes on with a write that waits */
  #taken: (() => void) | undefined
  readonly #slow: boolean

  constructor(slow = false) {
    super({ highWaterMark: 10, allowHalfOpen: true })
    this.#slow = slow
  }

  override _read(): void {
    // `say` pushes.
  }

  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.heard.push(String(bytes))
    if (this.#slow) this.#taken = done
    else done()
  }

  override _final(done: () => void): void {
    this.ended = true
    done()
  }

  say(text: string | null): void {
    this.push(text === null ? null : Buffer.from(text))
  }

  goOn(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }
}

/** Passes everything on; a word in it decides what becomes of the connection. */
function plain(change: Partial<Bridge> = {}) {
  const state = { closed: 0, read: 0 }
  const outcomeOf = (text: string): Outcome =>
    text.includes("over") ? "over" : text.includes("cut") ? "cut" : "goes on"
  const open: Parameters<typeof relay>[2] = ({ toClient, toServer }) => ({
    fromClient(bytes) {
      state.read++
      toServer(bytes)
      return outcomeOf(String(bytes))
    },
    fromServer(bytes) {
      state.read++
      toClient(bytes)
      return outcomeOf(String(bytes))
    },
    serverEnded: () => "over",
    isBehind: false,
    holdsClient: false,
    holdsServer: false,
    close: () => void state.closed++,
    ...change,
  })
  return { open, state }
}

const soon = (look: () => unknown) => eventually(() => (look() ? true : undefined))

test("moves bytes both ways", async () => {
  const [client, server] = [new Side(), new Side()]
  relay(client, server, plain().open)
  client.say("question")
  await soon(() => server.heard.length > 0)
  server.say("answer")
  await soon(() => client.heard.length > 0)
  expect([server.heard, client.heard]).toEqual([["question"], ["answer"]])
})

test("pieces of one step go out as one", async () => {
  const [client, server] = [new Side(), new Side()]
  const { open } = plain()
  relay(client, server, ends => ({
    ...open(ends),
    fromClient(bytes) {
      for (const byte of bytes) ends.toServer(Buffer.from([byte]))
      return "goes on"
    },
  }))
  client.say("abc")
  await soon(() => server.heard.length > 0)
  expect(server.heard).toEqual(["abc"])
})

test("what the bridge says first goes out before anything came", async () => {
  const [client, server] = [new Side(), new Side()]
  const { open } = plain()
  relay(client, server, ends => {
    ends.toServer(Buffer.from("preface"))
    return open(ends)
  })
  await soon(() => server.heard.length > 0)
  expect(server.heard).toEqual(["preface"])
})

describe("back-pressure", () => {
  test("a server that takes nothing more keeps the client from being read, until it does", async () => {
    const [client, server] = [new Side(), new Side(true)]
    relay(client, server, plain().open)
    client.say("more than ten bytes")
    await soon(() => client.isPaused())
    expect(client.isPaused()).toBe(true)
    server.goOn()
    await soon(() => !client.isPaused())
    expect(client.isPaused()).toBe(false)
  })

  test("a client likewise", async () => {
    const [client, server] = [new Side(true), new Side()]
    relay(client, server, plain().open)
    server.say("more than ten bytes")
    await soon(() => server.isPaused())
    expect([server.isPaused(), client.isPaused()]).toEqual([true, false])
    client.goOn()
    await soon(() => !server.isPaused())
    expect(server.isPaused()).toBe(false)
  })

  test("a client that takes none of our answers is not listened to, until it does", async () => {
    const client = new Side(true)
    const { open, state } = plain()
    relay(client, undefined, ends => ({
      ...open(ends),
      fromClient(bytes) {
        state.read += bytes.length
        ends.toClient(Buffer.alloc(64 * bytes.length))
        return "goes on"
      },
    }))
    client.say("q".repeat(64 * 1024))
    await soon(() => client.isPaused())
    expect([client.isPaused(), state.read]).toEqual([true, 16 * 1024])
    await soon(() => {
      client.goOn()
      return state.read === 64 * 1024 && !client.isPaused()
    })
    expect([client.isPaused(), state.read]).toEqual([false, 64 * 1024])
  })

  test("a server that takes nothing keeps what is a thousand times as long on its way there from being made", async () => {
    const [client, server] = [new Side(), new Side(true)]
    const { open, state } = plain()
    const frames: Buffer[] = []
    relay(client, server, ends => ({
      ...open(ends),
      fromClient(bytes) {
        for (const byte of bytes) frames.push(Buffer.from([byte]))
        for (let frame = ends.hasRoom() && frames.shift(); frame; frame = ends.hasRoom() && frames.shift()) {
          state.read++
          ends.toServer(Buffer.alloc(64 * 1024, frame))
        }
        return "goes on"
      },
      get isBehind() {
        return frames.length > 0
      },
    }))
    client.say("q".repeat(100))
    await soon(() => client.isPaused())
    expect([client.isPaused(), state.read]).toEqual([true, 16])
    await soon(() => {
      server.goOn()
      return state.read === 100 && !client.isPaused()
    })
    expect([client.isPaused(), state.read]).toEqual([false, 100])
  })

  test("many clients that take nothing share what may wait for them", async () => {
    const { open } = plain()
    let made = 0
    const clients = Array.from({ length: 256 }, () => new Side(true))
    for (const client of clients)
      relay(client, undefined, ends => ({
        ...open(ends),
        fromClient(bytes) {
          made += bytes.length
          ends.toClient(bytes)
          return "goes on"
        },
      }))
    for (const client of clients) for (let count = 0; count < 8; count++) client.say("q".repeat(128 * 1024))
    await soon(() => clients.every(client => client.isPaused()))
    await Bun.sleep(100)
    // With what is looked at in one go.
    expect(made).toBeLessThanOrEqual((64 + 4) * 1024 * 1024)
    expect(made).toBeGreaterThanOrEqual(64 * 1024 * 1024)
    for (const client of clients) client.destroy()
  })

  test.each(["holdsClient", "holdsServer"] as const)("the bridge too: %s", async held => {
    const [client, server] = [new Side(), new Side()]
    const { open } = plain()
    let holds = true
    relay(client, server, ends => Object.defineProperty(open(ends), held, { get: () => holds }))
    const side = held === "holdsClient" ? client : server
    expect(side.isPaused()).toBe(true)
    holds = false
    const other = side === client ? server : client
    other.say("something")
    await soon(() => !side.isPaused())
    expect(side.isPaused()).toBe(false)
  })
})

describe("the end", () => {
  test("of what the client sends is the end of what the server gets; the answer still comes", async () => {
    const [client, server] = [new Side(), new Side()]
    relay(client, server, plain().open)
    client.say("question")
    client.say(null)
    await soon(() => server.ended)
    server.say("answer")
    await soon(() => client.heard.length > 0)
    expect(client.heard).toEqual(["answer"])
    expect(client.ended).toBe(false)
  })

  test("of what the client sends comes behind all that waited for room at the server", async () => {
    const [client, server] = [new Side(), new Side(true)]
    relay(client, server, plain().open)
    const said = "x".repeat(3_000_000)
    client.say(said)
    client.say(null)
    await eventually(() => server.heard.length > 0 || undefined)
    expect(server.ended).toBe(false)
    const isOver = () => {
      server.goOn()
      return server.ended || undefined
    }
    await eventually(isOver)
    expect(server.heard.join("").length).toBe(said.length)
  })

  test("of the server is the client's, in order", async () => {
    const [client, server] = [new Side(), new Side()]
    const { open, state } = plain()
    relay(client, server, open)
    server.say("answer")
    server.say(null)
    await soon(() => client.ended)
    expect(client.heard).toEqual(["answer"])
    expect(state.closed).toBe(1)
    expect(server.destroyed).toBe(true)
  })

  test("of an answer of ours lets the client go on sending, and throws it away", async () => {
    const [client, server] = [new Side(), new Side()]
    const { open, state } = plain()
    relay(client, server, open)
    client.say("this is over")
    await soon(() => client.ended)
    client.say("still something")
    client.say(null)
    await soon(() => client.destroyed)
    expect(state).toEqual({ closed: 1, read: 1 })
    expect(client.destroyed).toBe(true)
  })

  test("of a connection that is cut is not in order", async () => {
    const [client, server] = [new Side(), new Side()]
    relay(client, server, plain({ serverEnded: () => "cut" }).open)
    server.say("half")
    server.say(null)
    await soon(() => client.destroyed)
    expect([client.ended, client.destroyed]).toEqual([false, true])
  })

  test.each(["client", "server"] as const)("by an error of the %s ends both, once", async which => {
    const sides = { client: new Side(), server: new Side() }
    const { open, state } = plain()
    relay(sides.client, sides.server, open)
    sides[which].destroy(new Error("reset"))
    await soon(() => sides.client.destroyed && sides.server.destroyed)
    expect([sides.client.destroyed, sides.server.destroyed, state.closed]).toEqual([true, true, 1])
  })

  test("that is made records what is under way at once", () => {
    const [client, server] = [new Side(), new Side()]
    const { open, state } = plain()
    const cut = relay(client, server, open)
    expect(state.closed).toBe(0)
    cut()
    expect([state.closed, client.destroyed, server.destroyed]).toEqual([1, true, true])
  })

  test("without a server comes when the client's does", async () => {
    const client = new Side()
    const { open, state } = plain()
    relay(client, undefined, open)
    client.say("question")
    await soon(() => state.read > 0)
    client.say(null)
    await soon(() => client.destroyed)
    expect([client.destroyed, state.closed]).toEqual([true, 1])
  })
})
