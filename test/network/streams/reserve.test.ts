import { expect, test } from "bun:test"
import { Reserve } from "../../../src/network/streams/reserve.ts"

test("takes what there is room for, and nothing of what there is not", () => {
  const reserve = new Reserve(100)
  expect(reserve.take(60)).toBe(true)
  expect(reserve.take(41)).toBe(false)
  expect(reserve.bytes).toBe(60)
  expect(reserve.take(40)).toBe(true)
  expect(reserve.bytes).toBe(100)
})

test("has room again for what is given back", () => {
  const reserve = new Reserve(100)
  reserve.take(100)
  reserve.giveBack(30)
  expect(reserve.take(31)).toBe(false)
  expect(reserve.take(30)).toBe(true)
})

test("is scarce long before it is used up", () => {
  const reserve = new Reserve(1600)
  reserve.take(100)
  expect(reserve.isScarce).toBe(false)
  reserve.take(1)
  expect(reserve.isScarce).toBe(true)
  reserve.giveBack(50)
  expect(reserve.isScarce).toBe(false)
})
