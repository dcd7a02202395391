import { afterEach, beforeEach, expect, jest, test } from "bun:test"
import { Tidying } from "../../src/supervise/tidying.ts"

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** Says how often it was tidied. */
function counted() {
  let count = 0
  const tidying = new Tidying(() => {
    count++
  })
  return { tidying, count: () => count }
}

test("nothing is tidied while nothing happens", () => {
  const { count } = counted()
  jest.advanceTimersByTime(600_000)
  expect(count()).toBe(0)
})

test("what happened is tidied up after once, soon", () => {
  const { tidying, count } = counted()
  for (let event = 0; event < 20; event++) tidying.happened()
  expect(count()).toBe(0)
  jest.advanceTimersByTime(2000)
  expect(count()).toBe(1)
  jest.advanceTimersByTime(600_000)
  expect(count()).toBe(1)
})

test("what goes on happening does not put it off", () => {
  const { tidying, count } = counted()
  for (let tenth = 0; tenth < 300; tenth++) {
    tidying.happened()
    jest.advanceTimersByTime(100)
  }
  expect(count()).toBeGreaterThanOrEqual(50)
  expect(count()).toBeLessThanOrEqual(60)
})

test("a flood is tidied up after at once, again and again, and then no more", () => {
  const { tidying, count } = counted()
  for (let event = 0; event < 2000; event++) tidying.happened()
  expect(count()).toBe(4)
  jest.advanceTimersByTime(600_000)
  expect(count()).toBe(4)
})

test("when the session is over nothing more is", () => {
  const { tidying, count } = counted()
  tidying.happened()
  tidying.close()
  jest.advanceTimersByTime(600_000)
  expect(count()).toBe(0)
})

test("by itself it collects garbage and lets code go", () => {
  const tidying = new Tidying()
  expect(() => {
    for (let event = 0; event < 500; event++) tidying.happened()
  }).not.toThrow()
  tidying.close()
})
