import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { UserError } from "../../src/base/error.ts"
import { upstreamProxy } from "../../src/plan/upstream-proxy.ts"

describe("the proxy of the host", () => {
  test.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "" }, undefined],
    [{ HTTPS_PROXY: " " }, undefined],
    [{ HTTPS_PROXY: "http://proxy.corp:3128" }, "http://proxy.corp:3128"],
    [{ HTTPS_PROXY: "http://proxy.corp:3128/" }, "http://proxy.corp:3128"],
    [{ HTTPS_PROXY: "proxy.corp:3128" }, "http://proxy.corp:3128"],
    [{ HTTPS_PROXY: "HTTP://Proxy.Corp:80" }, "http://proxy.corp"],
    [{ HTTPS_PROXY: "https://me:p%40ss@proxy.corp:8443" }, "https://me:p%40ss@proxy.corp:8443"],
    [{ HTTPS_PROXY: "http://me:p@ss@proxy.corp" }, "http://me:p%40ss@proxy.corp"],
    [{ HTTPS_PROXY: "http://[2001:db8::1]:3128" }, "http://[2001:db8::1]:3128"],
    [{ HTTPS_PROXY: "http://10.0.0.1:3128" }, "http://10.0.0.1:3128"],
    // which of them: the one for HTTPS, then the one for all, then the one for HTTP; lower case first
    [{ HTTP_PROXY: "http://c", ALL_PROXY: "http://b", HTTPS_PROXY: "http://a" }, "http://a"],
    [{ HTTP_PROXY: "http://c", ALL_PROXY: "http://b" }, "http://b"],
    [{ HTTP_PROXY: "http://c" }, "http://c"],
    [{ http_proxy: "http://c" }, "http://c"],
    [{ HTTPS_PROXY: "http://a", https_proxy: "http://b" }, "http://b"],
    [{ HTTPS_PROXY: "http://a", https_proxy: "" }, "http://a"],
    [{ NO_PROXY: "*" }, undefined],
    // SOCKS only where there is nothing else
    [{ ALL_PROXY: "socks5://s:1080", HTTP_PROXY: "http://c" }, "http://c"],
    [{ ALL_PROXY: "socks5h://s:1080", HTTPS_PROXY: "http://a" }, "http://a"],
  ] as const)("of %j is %p", (environment, url) => {
    expect(upstreamProxy(environment)?.url).toBe(url as string)
  })

  test.each([
    "ftp://proxy.corp",
    "http://",
    "http://proxy.corp:99999",
    "http://proxy.corp/path",
    "http://proxy.corp?x",
    "http://proxy.corp#x",
    "http://pro xy",
    "http://proxy.corp\n",
    "://",
    "file:///etc/passwd",
    "http://pr\u00f6xy",
  ])("%j is refused, and not repeated: it may hold a password", value => {
    const told = (() => {
      try {
        return upstreamProxy({ HTTPS_PROXY: `${value}` })
      } catch (cause) {
        if (!(cause instanceof UserError)) throw cause
        return `${cause.message} ${cause.hint}`
      }
    })()
    if (value.trim() === "http://proxy.corp") expect(told).toEqual({ url: "http://proxy.corp", except: [] })
    else
      expect(told).toBe(
        "HTTPS_PROXY holds no proxy that Cordon can go through write HTTPS_PROXY=http://proxy.example:3128, or unset HTTPS_PROXY",
      )
  })

  test.each([
    ["socks5://s:1080", "socks5://s:1080"],
    ["SOCKS5H://Proxy.Corp", "socks5h://proxy.corp:1080"],
    [" socks4://10.1:80/", "socks4://10.0.0.1:80"],
    ["socks4a://me@s", "socks4a://me:@s:1080"],
    ["socks5h://me:p%40ss@[::1]:9050", "socks5h://me:p%40ss@[::1]:9050"],
    [
      `socks5://${"u".repeat(255)}:${"p".repeat(255)}@s`,
      `socks5://${"u".repeat(255)}:${"p".repeat(255)}@s:1080`,
    ],
  ])("by SOCKS alone, %s, is that one", (value, url) => {
    expect(upstreamProxy({ ALL_PROXY: value, HTTP_PROXY: "" })?.url).toBe(url)
    expect(upstreamProxy({ HTTPS_PROXY: value })?.url).toBe(url)
  })

  test.each([
    "socks5://",
    "socks5:s:1080",
    "socks5://s:99999",
    "socks5://s:port",
    "socks5://s/path",
    "socks5://s?x",
    "socks5://s t",
    "socks5://me:100%@s",
    `socks5://${"u".repeat(256)}@s`,
    `socks5://me:${"p".repeat(256)}@s`,
    `socks5h://${"%C3%BC".repeat(128)}@s`,
    "socks4://me:hunter2@s",
    "socks4://m%00e@s",
    "socks6://s",
    "socks5x://s",
    "socks5+tls://s",
  ])("by SOCKS is none in %j, which is not repeated", value => {
    const ask = () => upstreamProxy({ ALL_PROXY: value })
    expect(ask).toThrow("ALL_PROXY holds no proxy that Cordon can go through")
    expect(ask).toThrow(UserError)
  })

  test("by SOCKS of no version is asked about: it means one thing to some programs and another to others", () => {
    const ask = () => upstreamProxy({ ALL_PROXY: "socks://me:hunter2@s:1080/" })
    expect(ask).toThrow("ALL_PROXY names a SOCKS proxy and not its version")
    expect(ask).toThrow(UserError)
    expect(ask).not.toThrow("hunter2")
  })

  test("has a login that can be read, or is refused", () => {
    expect(upstreamProxy({ HTTPS_PROXY: "http://me:50%25@s" })?.url).toBe("http://me:50%25@s")
    for (const value of ["http://me:50%@s", "http://%ff@s"])
      expect(() => upstreamProxy({ HTTPS_PROXY: value })).toThrow("HTTPS_PROXY holds no proxy")
  })

  test("whatever the variable holds, it ends in a usable URL or a refusal without the text", () => {
    const text = fc.string({
      unit: fc.constantFrom(..."ab:/@.%[]#? 0158", "http://", "socks5://", "socks4a:", "\u00e9"),
      minLength: 1,
      maxLength: 14,
    })
    fc.assert(
      fc.property(text, value => {
        fc.pre(value.trim() !== "")
        try {
          const url = new URL(upstreamProxy({ all_proxy: value })?.url ?? "")
          expect(["http:", "https:", "socks4:", "socks4a:", "socks5:", "socks5h:"]).toContain(url.protocol)
          expect([url.hostname === "", url.search, url.hash]).toEqual([false, "", ""])
        } catch (cause) {
          expect(cause).toBeInstanceOf(UserError)
          expect((cause as UserError).message).toMatch(
            /^all_proxy (holds no proxy that Cordon can go through|names a SOCKS proxy and not its version)$/,
          )
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe("what is reached without it", () => {
  test.each([
    ["", []],
    ["localhost,127.0.0.1", ["localhost", "127.0.0.1"]],
    [".corp.example, *.lab.example  10.0.0.0/8,", ["corp.example", "lab.example", "10.0.0.0/8"]],
    ["*", ["*"]],
    ["Host.Corp.:8080,[::1],::1", ["host.corp.:8080", "[::1]", "::1"]],
    ["a,a,A", ["a"]],
  ])("NO_PROXY=%s: %j", (text, except) => {
    expect(upstreamProxy({ HTTPS_PROXY: "http://a", NO_PROXY: text })?.except).toEqual(except)
  })

  test("lower case wins, also when it is empty", () => {
    const proxy = (more: Record<string, string>) =>
      upstreamProxy({ HTTPS_PROXY: "http://a", ...more })?.except
    expect(proxy({ no_proxy: "a", NO_PROXY: "b" })).toEqual(["a"])
    expect(proxy({ no_proxy: "", NO_PROXY: "b" })).toEqual([])
  })
})
