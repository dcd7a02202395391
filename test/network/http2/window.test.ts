import { expect, test } from "bun:test"
import fc from "fast-check"
import { ClientWindow } from "../../../src/network/http2/window.ts"

test("takes as much as the client does at first: 65,535 bytes", () => {
  const window = new ClientWindow()
  expect(window.take(65_535)).toBe(true)
  expect(window.take(1)).toBe(false)
  expect(window.take(0)).toBe(true)
})

test("takes more when the client says so", () => {
  const window = new ClientWindow()
  window.take(65_535)
  expect(window.grant(10)).toBe(10)
  expect(window.take(11)).toBe(false)
  expect(window.take(10)).toBe(true)
})

test("what we send ourselves is kept back from the server's credit, once", () => {
  const window = new ClientWindow()
  expect(window.takeOwn(100)).toBe(true)
  expect(window.grant(60)).toBe(0)
  expect(window.grant(60)).toBe(20)
  expect(window.grant(60)).toBe(60)
})

test("what does not fit now counts for nothing", () => {
  const window = new ClientWindow()
  window.take(65_500)
  expect(window.takeOwn(100)).toBe(false)
  expect(window.grant(100)).toBe(100)
})

/** A client, and a server that knows its window by what it is told. */
test("the client is never sent more than it takes, and the server is told of all that is its own in the end", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("server" as const), bytes: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ do: fc.constant("own" as const), bytes: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ do: fc.constant("grant" as const), bytes: fc.integer({ min: 1, max: 30_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const window = new ClientWindow()
      let [client, server, owed] = [65_535, 65_535, 0]
      for (const { do: what, bytes } of steps) {
        if (what === "grant") {
          client += bytes
          const servers = window.grant(bytes)
          owed -= bytes - servers
          server += servers
        } else if (what === "own") {
          const taken = window.takeOwn(bytes)
          expect(taken).toBe(bytes <= client)
          if (taken) [client, owed] = [client - bytes, owed + bytes]
        } else if (bytes <= server) {
          const taken = window.take(bytes)
          expect(taken).toBe(bytes <= client)
          if (taken) [client, server] = [client - bytes, server - bytes]
        }
        expect(server).toBe(client + owed)
        expect(owed).toBeGreaterThanOrEqual(0)
      }
    }),
  )
})
