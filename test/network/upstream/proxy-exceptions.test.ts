import { describe, expect, test } from "bun:test"
import { isExcepted } from "../../../src/network/upstream/proxy-exceptions.ts"

/** As plan/upstream-proxy.ts splits NO_PROXY. */
const split = (text: string) => text.split(/[\s,]+/).filter(Boolean)
const excepted = (list: string, host: string, port = 443) => isExcepted(split(list), host, port)

describe("names", () => {
  test.each([
    ["example.com", "example.com"],
    ["example.com", "www.example.com"],
    ["example.com", "a.b.example.com"],
    [".example.com", "example.com"],
    [".example.com", "www.example.com"],
    ["*.example.com", "www.example.com"],
    ["EXAMPLE.com", "example.com"],
    ["example.com.", "example.com"],
    ["other.test, example.com", "example.com"],
    ["localhost", "localhost"],
    ["db", "db"],
  ])("%s is about %s", (list, host) => {
    expect(excepted(list, host)).toBe(true)
  })

  test.each([
    ["example.com", "example.org"],
    ["example.com", "notexample.com"],
    ["example.com", "example.com.evil.test"],
    ["www.example.com", "example.com"],
    ["", "example.com"],
    [".", "example.com"],
    ["com.", "example.org"],
    ["ample.com", "example.com"],
  ])("%s is not about %s", (list, host) => {
    expect(excepted(list, host)).toBe(false)
  })

  test("a star is about everything", () => {
    expect(excepted("*", "example.com")).toBe(true)
    expect(excepted("*", "10.0.0.1")).toBe(true)
    expect(excepted("*", "2001:db8::1")).toBe(true)
  })
})

describe("ports", () => {
  test("one that is named is the only one", () => {
    expect(excepted("example.com:8080", "example.com", 8080)).toBe(true)
    expect(excepted("example.com:8080", "example.com", 443)).toBe(false)
    expect(excepted("[::1]:8080", "::1", 8080)).toBe(true)
    expect(excepted("[::1]:8080", "::1", 8081)).toBe(false)
    expect(excepted("*:22", "github.com", 22)).toBe(true)
    expect(excepted("*:22", "github.com", 443)).toBe(false)
  })
})

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["10.0.0.0/8", "10.200.3.4"],
    ["10.1.2.3/8", "10.200.3.4"],
    ["192.168.1.0/24", "192.168.1.255"],
    ["0.0.0.0/0", "203.0.113.1"],
    ["::1", "::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::/32", "2001:db8:ffff::1"],
    ["2001:DB8:0:0::/32", "2001:db8::5"],
  ])("%s is about %s", (list, host) => {
    expect(excepted(list, host)).toBe(true)
  })

  test.each([
    ["10.0.0.1", "10.0.0.10"],
    ["10.0.0.0/8", "11.0.0.1"],
    ["192.168.1.0/24", "192.168.2.1"],
    ["::/0", "10.0.0.1"],
    ["0.0.0.0/0", "2001:db8::1"],
    ["10.0.0.0/33", "10.0.0.1"],
    ["10.0.0.0/x", "10.0.0.1"],
    ["10.0.0.0/8/8", "10.0.0.1"],
    // a name is no address, and its end is none either
    ["0.1", "10.0.0.1"],
    ["10.0.0.0/8", "ten.test"],
  ])("%s is not about %s", (list, host) => {
    expect(excepted(list, host)).toBe(false)
  })
})
