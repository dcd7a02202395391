/** Bytes to somebody who reads slowly, in part, or not at all. */
import { describe, expect, test } from "bun:test"
import * as fc from "fast-check"
import { Outbox } from "../../../src/network/streams/outbox.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** A socket that takes so many bytes at each call, and says how many it took. */
function socketTaking(takes: readonly number[]) {
  let calls = 0
  let taken = ""
  return {
    get taken() {
      return taken
    },
    write(part: Uint8Array): number {
      const most = takes[calls++ % takes.length] ?? 0
      taken += new TextDecoder().decode(part.subarray(0, Math.max(most, 0)))
      return Math.min(most, part.length)
    },
  }
}

describe("bytes", () => {
  test("go at once to who takes them", () => {
    const socket = socketTaking([100])
    const outbox = new Outbox(10)
    expect(outbox.send(socket, bytes("ab"))).toBe(true)
    expect(outbox.send(socket, bytes("cd"))).toBe(true)
    expect(socket.taken).toBe("abcd")
  })

  test("wait in order for who takes them later", () => {
    const socket = socketTaking([1, 0, 0, 2, 0, 9])
    const outbox = new Outbox(100)
    for (const text of ["abc", "def", "g"]) outbox.send(socket, bytes(text))
    expect(socket.taken).toBe("a")
    outbox.drain(socket)
    expect(socket.taken).toBe("abc")
    outbox.drain(socket)
    expect(socket.taken).toBe("abcdefg")
  })

  test("arrive whole and in order, however they are taken", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { maxLength: 20 }),
        fc
          .array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 5 })
          .filter(takes => takes.some(take => take > 0)),
        (texts, takes) => {
          const socket = socketTaking(takes)
          const outbox = new Outbox(10_000)
          for (const text of texts) outbox.send(socket, bytes(text))
          for (let turn = 0; turn < 2000; turn++) outbox.drain(socket)
          expect(socket.taken).toBe(texts.join(""))
        },
      ),
    )
  })
})

describe("the bound", () => {
  test("is told when more waits than may", () => {
    const outbox = new Outbox(3)
    const deaf = socketTaking([0])
    expect(outbox.send(deaf, bytes("ab"))).toBe(true)
    expect(outbox.send(deaf, bytes("cd"))).toBe(false)
  })

  test("is about what waits: what was taken makes room", () => {
    const outbox = new Outbox(3)
    const socket = socketTaking([0, 9, 0])
    expect(outbox.send(socket, bytes("ab"))).toBe(true)
    outbox.drain(socket)
    expect(outbox.send(socketTaking([0]), bytes("abc"))).toBe(true)
  })

  test("a socket that is closed takes nothing, and is no error", () => {
    const outbox = new Outbox(3)
    expect(outbox.send(socketTaking([-1]), bytes("abcd"))).toBe(false)
  })
})
