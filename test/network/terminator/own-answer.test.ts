import { expect, test } from "bun:test"
import { ownAnswer } from "../../../src/network/terminator/own-answer.ts"

const answer = (change: Partial<Parameters<typeof ownAnswer>[0]> = {}) =>
  String(ownAnswer({ status: 403, text: "no", method: "GET", close: false, ...change }))

test("is an answer of HTTP/1.1 with its length", () => {
  expect(answer()).toBe(
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 11\r\n\r\ncordon: no\n",
  )
})

test("counts bytes, not letters", () => {
  expect(answer({ text: "é" })).toContain("Content-Length: 11\r\n")
})

test("to HEAD is without what it describes", () => {
  expect(answer({ method: "HEAD" })).toEndWith("Content-Length: 11\r\n\r\n")
})

test("says when it is the last", () => {
  expect(answer({ close: true })).toContain("\r\nConnection: close\r\n")
  expect(answer()).not.toContain("Connection")
})

test.each([
  [400, "Bad Request"],
  [421, "Misdirected Request"],
  [502, "Bad Gateway"],
] as const)("%d is %s", (status, reason) => {
  expect(answer({ status })).toStartWith(`HTTP/1.1 ${status} ${reason}\r\n`)
})
