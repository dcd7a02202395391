import { describe, expect, test } from "bun:test"
import type { Body } from "../../../src/network/http/fields.ts"
import { closing, mayStayUnread } from "../../../src/network/http/unread-body.ts"

const some: Body = { kind: "length", bytes: 1 }

describe("a body that a server may leave unread", () => {
  test.each(["GET", "HEAD", "get", "DELETE", "OPTIONS"])("is one of %s", method => {
    expect(mayStayUnread({ method, body: some })).toBe(true)
    expect(mayStayUnread({ method, body: { kind: "chunked" } })).toBe(true)
  })

  test.each([
    ["POST", some],
    ["PUT", some],
    ["GET", { kind: "none" }],
    ["GET", { kind: "length", bytes: 0 }],
  ] satisfies [string, Body][])("is none of %s %j", (method, body) => {
    expect(mayStayUnread({ method, body })).toBe(false)
  })
})

test("a request that is the last one says so once, and offers nothing to go on with", () => {
  const names = ["Host", "CONNECTION", "Upgrade", "Keep-Alive", "Content-Length"]
  expect(closing(names.map(name => ({ name, value: "x" })))).toEqual([
    { name: "Host", value: "x" },
    { name: "Content-Length", value: "x" },
    { name: "Connection", value: "close" },
  ])
})
