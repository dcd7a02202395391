/** Waiting for the first of several descriptors: with real pipes and sockets. */
import { describe, expect, test } from "bun:test"
import { closeSync, readSync, writeSync } from "node:fs"
import { makePipe } from "../../src/kernel/libc.ts"
import { Poll, polledMax } from "../../src/kernel/poll.ts"
import { socketPair } from "../../src/kernel/spawn.ts"

/** Both ends, closed at the end of the test. */
function pair() {
  const [own, other] = socketPair()
  let isOtherOpen = true
  const closeOther = () => {
    if (isOtherOpen) closeSync(other)
    isOtherOpen = false
  }
  return {
    ...{ own, other, closeOther },
    [Symbol.dispose]: () => {
      closeOther()
      closeSync(own)
    },
  }
}

/** The reading end of a pipe that nobody can write to any more: hung up, and nothing to be read (poll(2)). */
function halfOpenPipe(): number {
  const pipe = makePipe(1)
  if (pipe === undefined) throw new Error("no pipe")
  closeSync(pipe.to)
  return pipe.from
}

describe("a wait", () => {
  test("ends when one of the lasting descriptors becomes readable, and says which", () => {
    using first = pair()
    using second = pair()
    const poll = new Poll([first.own, second.own])
    expect(poll.wait(0)).toBe(false)
    writeSync(second.other, "x")
    expect(poll.wait(undefined)).toBe(true)
    expect([poll.isReady(0), poll.isReady(1)]).toEqual([false, true])
    readSync(second.own, new Uint8Array(1))
    writeSync(first.other, "x")
    expect(poll.wait(undefined)).toBe(true)
    expect([poll.isReady(0), poll.isReady(1)]).toEqual([true, false])
  })

  test("ends when there is nobody at the other end any more", () => {
    using only = pair()
    const poll = new Poll([only.own])
    only.closeOther()
    expect(poll.wait(undefined)).toBe(true)
    expect(poll.isReady(0)).toBe(true)
  })

  test("does not end again for what is over, and still does for the others", () => {
    using first = pair()
    using second = pair()
    const poll = new Poll([first.own, second.own])
    expect(poll.isOver(0)).toBe(false)
    writeSync(first.other, "x")
    expect(poll.isOver(0)).toBe(false)
    const hungUp = halfOpenPipe()
    const other = new Poll([hungUp, second.own])
    expect(other.wait(undefined)).toBe(true)
    // Whoever took from a listener that is over would wait for ever before Linux 6.11.
    expect(other.isReady(0)).toBe(false)
    expect(other.isOver(1)).toBe(false)
    expect(other.isOver(0)).toBe(true)
    expect(other.wait(0)).toBe(false)
    writeSync(second.other, "x")
    expect(other.wait(undefined)).toBe(true)
    expect([other.isReady(0), other.isReady(1)]).toEqual([false, true])
    closeSync(hungUp)
  })

  test("ends after its time, and what it found before is forgotten", () => {
    using only = pair()
    const poll = new Poll([only.own])
    writeSync(only.other, "x")
    poll.wait(undefined)
    readSync(only.own, new Uint8Array(1))
    const start = performance.now()
    expect(poll.wait(30.5)).toBe(false)
    expect(performance.now() - start).toBeGreaterThanOrEqual(30)
    expect(poll.isReady(0)).toBe(false)
  })

  test("takes times of more than a second", () => {
    using only = pair()
    const start = performance.now()
    expect(new Poll([only.own]).wait(1100)).toBe(false)
    expect(performance.now() - start).toBeGreaterThanOrEqual(1100)
  })

  test("ends at a signal", () => {
    using only = pair()
    process.once("SIGUSR2", () => undefined)
    const sender = Bun.spawn(["sh", "-c", `sleep 0.2; kill -USR2 ${process.pid}`])
    expect(new Poll([only.own]).wait(20_000)).toBe(false)
    sender.kill()
  })
})

describe("what may become writable", () => {
  test("is looked at in the wait that names it, and no other", () => {
    using lasting = pair()
    using connecting = pair()
    const poll = new Poll([lasting.own])
    expect(poll.wait(0, [connecting.own])).toBe(true)
    expect(poll.isReady(0)).toBe(false)
    expect(poll.wait(0)).toBe(false)
  })

  test("may be more than there is room for", () => {
    using lasting = pair()
    using full = pair()
    const poll = new Poll([lasting.own])
    // Descriptors below 0 are not looked at (poll(2)).
    const absent = Array.from({ length: polledMax - 1 }, () => -1)
    expect(poll.wait(0, [...absent, full.own])).toBe(false)
    expect(poll.wait(0, [...absent.slice(1), full.own])).toBe(true)
    writeSync(lasting.other, "x")
    expect(poll.wait(0, [...absent, full.own])).toBe(true)
    expect(poll.isReady(0)).toBe(true)
  })
})
