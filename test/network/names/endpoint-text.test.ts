import { describe, expect, test } from "bun:test"
import { endpointText, splitEndpoint } from "../../../src/network/names/endpoint-text.ts"

describe("a host and a port", () => {
  test.each([
    ["web.test", 80, "web.test:80"],
    ["10.0.0.1", 5432, "10.0.0.1:5432"],
    ["::1", 443, "[::1]:443"],
    ["2001:db8::1", 1, "[2001:db8::1]:1"],
  ])("%s and %d", (host, port, text) => {
    expect(endpointText(host, port)).toBe(text)
    expect(splitEndpoint(text)).toEqual({ host, port })
  })
})

describe("a host without a port", () => {
  test.each([
    ["web.test", "web.test"],
    ["[::1]", "::1"],
    ["*", "*"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    // no port, or no number: what it means is for others to say
    ["2001:db8::1", "2001:db8::1"],
    ["web.test:http", "web.test:http"],
    ["web.test:", "web.test:"],
    ["", ""],
  ])("%s", (text, host) => {
    expect(splitEndpoint(text)).toEqual({ host, port: undefined })
  })
})
