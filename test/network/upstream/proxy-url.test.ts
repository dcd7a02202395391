import { describe, expect, test } from "bun:test"
import { proxyAddress } from "../../../src/network/upstream/proxy-url.ts"
import { upstreamProxy } from "../../../src/plan/upstream-proxy.ts"

const plain = { isTls: false, looksUp: true, login: undefined }

describe("the proxy of a URL", () => {
  test.each([
    ["http://proxy.corp", { ...plain, language: "http", host: "proxy.corp", port: 80 }],
    ["http://proxy.corp:3128", { ...plain, language: "http", host: "proxy.corp", port: 3128 }],
    ["https://proxy.corp", { ...plain, language: "http", isTls: true, host: "proxy.corp", port: 443 }],
    ["http://[::1]:8080", { ...plain, language: "http", host: "::1", port: 8080 }],
    ["socks5h://proxy.corp:1080", { ...plain, language: "socks5", host: "proxy.corp", port: 1080 }],
    ["socks4a://proxy.corp:80", { ...plain, language: "socks4", host: "proxy.corp", port: 80 }],
  ])("%s", (url, address) => {
    expect(proxyAddress(url)).toEqual(address as never)
  })

  test.each(["socks5://10.0.0.1:1080", "socks4://10.0.0.1:1080"])("%s is not told names", url => {
    expect(proxyAddress(url)).toMatchObject({ looksUp: false, host: "10.0.0.1", port: 1080 })
  })

  test("has its login as the proxy is to hear it", () => {
    expect(proxyAddress("socks5h://do%20main:p%40ss%3A%C3%BC@s:1").login).toEqual({
      user: "do main",
      password: "p@ss:ü",
    })
    expect(proxyAddress("http://me@s").login).toEqual({ user: "me", password: "" })
  })

  test("of another kind is a bug: the plan lets none through", () => {
    for (const url of ["ftp://s", "socks://s", "toString://s", "constructor:x"])
      expect(() => proxyAddress(url)).toThrow("a proxy of")
  })

  test.each(["http", "https", "socks4", "socks4a", "socks5", "socks5h"])(
    "by %s that the plan lets through is one with every port",
    scheme => {
      for (const port of [80, 443, 1080, 21, 65_535]) {
        const url = upstreamProxy({ ALL_PROXY: `${scheme}://[2001:db8::1]:${port}` })?.url ?? ""
        expect(proxyAddress(url)).toMatchObject({ host: "2001:db8::1", port })
      }
    },
  )
})
