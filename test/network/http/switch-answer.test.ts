import { describe, expect, test } from "bun:test"
import { SwitchAnswer } from "../../../src/network/http/switch-answer.ts"

/** What becomes of an answer that comes in pieces of so many bytes. */
function answer(text: string, { piece = text.length } = {}): boolean | undefined {
  const reader = new SwitchAnswer()
  let result: boolean | undefined
  for (let at = 0; at < text.length && result === undefined; at += piece)
    result = reader.push(Buffer.from(text.slice(at, at + piece), "latin1"))
  return result
}

const head = (status: string) => `HTTP/1.1 ${status}\r\nServer: x\r\n\r\n`

describe("an offer of another protocol", () => {
  test.each([1, 2, 7, 1000])("is taken by 101, in pieces of %d", piece => {
    expect(answer(head("101 Switching Protocols"), { piece })).toBe(true)
  })

  test.each(["200 OK", "400 Bad Request", "426 Upgrade Required", "301 Moved", "500 x"])(
    "is not taken by %s",
    status => {
      expect(answer(head(status))).toBe(false)
    },
  )

  test("is taken by 101 after others that are for the meantime", () => {
    const text = head("100 Continue") + head("103 Early Hints") + head("101 Switching Protocols")
    for (const piece of [1, 3, text.length]) expect(answer(text, { piece })).toBe(true)
    expect(answer(head("100 Continue") + head("200 OK"))).toBe(false)
  })

  test("is open as long as the head has not ended", () => {
    expect(answer("HTTP/1.1 101 Switching Protocols\r\nServer: x\r\n")).toBeUndefined()
    expect(answer(head("100 Continue"))).toBeUndefined()
    expect(answer("")).toBeUndefined()
  })

  test.each([
    "\x16\x03\x01 no HTTP\r\n\r\n",
    "HTTP/2 101 x\r\n\r\n",
    "HTTP/1.1 1011 x\r\n\r\n",
    "101\r\n\r\n",
  ])("is not taken by %j", text => {
    expect(answer(text)).toBe(false)
  })

  test("is not waited for without end", () => {
    const reader = new SwitchAnswer()
    let pushed = 0
    while (reader.push(Buffer.alloc(1000, "x")) === undefined) pushed += 1000
    expect(pushed).toBeLessThanOrEqual(64 * 1024)
  })
})
