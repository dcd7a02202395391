/** The socket between a session and the process that ends it: each end sees what the other does. */

import { expect, test } from "bun:test"
import { closeSync, writeSync } from "node:fs"
import { announceEnd, awaitDone, isLeft } from "../../src/kernel/session-socket.ts"
import { socketPair } from "../../src/kernel/spawn.ts"

test("as long as somebody has the other end it is not left", () => {
  const [own, other] = socketPair()
  expect(isLeft(own)).toBe(false)
  announceEnd(own)
  expect(isLeft(own)).toBe(false)
  closeSync(other)
  expect(isLeft(own)).toBe(true)
  closeSync(own)
})

test("waiting ends with a word, with the end of the other, and with patience", () => {
  const [own, other] = socketPair()
  const longest = 60_000
  awaitDone(own, 10)
  writeSync(other, ".")
  const start = performance.now()
  awaitDone(own, longest)
  closeSync(other)
  awaitDone(own, longest)
  // All of it, were one of the two not seen.
  expect(performance.now() - start).toBeLessThan(longest / 2)
  closeSync(own)
})

test("the announced end can be seen, and what the other says after it is heard", () => {
  const [own, other] = socketPair()
  announceEnd(own)
  writeSync(other, ".")
  awaitDone(own, 10)
  expect(isLeft(own)).toBe(false)
  expect(() => writeSync(own, ".")).toThrow()
  for (const end of [own, other]) closeSync(end)
})
