import { describe, expect, test } from "bun:test"
import { frameType, numberFrame } from "../../../src/network/http2/frames.ts"
import { Greeting } from "../../../src/network/http2/greeting.ts"
import { settingsFrame } from "../../../src/network/http2/settings.ts"
import { data, Http2Stage, headers, raw } from "../../support/http2-stage.ts"

const rules = ["allow api.test GET /repos/**"]

test("what is to be said waits for the greeting, and follows it in its order", () => {
  const said: string[] = []
  const greeting = new Greeting(bytes => void said.push(String(bytes)))
  greeting.send(Buffer.from("one"))
  greeting.send(Buffer.from("two"))
  expect([said, greeting.isOver]).toEqual([[], false])
  greeting.greet(Buffer.from("settings"))
  greeting.send(Buffer.from("three"))
  greeting.greet(Buffer.from("settings again"))
  expect(said).toEqual(["settings", "one", "two", "three", "settings again"])
  expect(greeting.isOver).toBe(true)
})

test("more than is good waits in the client", () => {
  const greeting = new Greeting(() => undefined)
  for (let count = 0; count < 200; count++) greeting.send(Buffer.from("x"))
  expect(greeting.isFull).toBe(false)
  greeting.send(Buffer.from("x"))
  expect(greeting.isFull).toBe(true)
  greeting.greet(Buffer.from("settings"))
  expect(greeting.isFull).toBe(false)
})

describe("a server that is slow to say its settings", () => {
  const slow = () => new Http2Stage({ rules }, [], { greets: false })

  test("gets requests, and a refusal waits: no client takes an answer before them", () => {
    const stage = slow()
    stage.ask(1, { ":path": "/admin" })
    stage.ask(3, { ":path": "/repos/a" })
    expect(stage.server.take()).toEqual(["HEADERS 3 /repos/a end"])
    expect(stage.client.take()).toEqual([])
    stage.answer(settingsFrame([]))
    expect(stage.client.take().map(line => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "SETTINGS 0",
      "HEADERS 1",
      "DATA 1",
    ])
  })

  test("holds a client that asks on and on for what is refused", () => {
    const stage = slow()
    for (let count = 0; count < 150; count++) stage.ask(2 * count + 1, { ":path": "/admin" })
    expect(stage.bridge.holdsClient).toBe(true)
    stage.answer(settingsFrame([]))
    expect(stage.bridge.holdsClient).toBe(false)
    expect(stage.client.take()).toHaveLength(301)
  })

  test.each([
    ["an answer", headers(1, { ":status": "200" }, true)],
    ["content", data(1, "x")],
    ["a ping", raw(frameType.ping, 0, Buffer.alloc(8))],
    ["an acknowledgement", raw(frameType.settings, 0, undefined, 1)],
    ["credit", numberFrame(frameType.windowUpdate, 0, 5)],
  ])("and says %s first is none", (_, bytes) => {
    const stage = slow()
    stage.ask(1, { ":path": "/repos/a" })
    expect(stage.answer(bytes)).toBe("over")
  })
})
