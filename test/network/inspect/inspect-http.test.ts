import { describe, expect, test } from "bun:test"
import type { Finding } from "../../../src/network/inspect/inspect.ts"
import { HttpInspector } from "../../../src/network/inspect/inspect-http.ts"

const bytesOf = (text: string) => Buffer.from(text, "latin1")

/** An inspector of connections to web.test. */
function toWeb(): HttpInspector {
  return new HttpInspector({
    disagreement: ({ host }) =>
      host === "web.test" ? undefined : { why: `not ${host}`, opening: undefined },
    refusal: ({ why, status = 403 }) => ({ status, host: "web.test", port: 80, why, opening: undefined }),
    otherPasses: true,
    otherFlaw: { why: "" },
  })
}

function passed(findings: readonly Finding[]): string {
  return findings
    .map(finding => (finding.kind === "pass" ? Buffer.from(finding.bytes).toString("latin1") : ""))
    .join("")
}

function refusal(findings: readonly Finding[]): string | undefined {
  const found = findings.find(finding => finding.kind === "refuse")
  return found && `${found.protocol} ${found.refusal.status} ${found.refusal.why}`
}

const get = (host: string, path = "/") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const post = (host: string, body: string) =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const chunked = (host: string, ...chunks: string[]) =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join("")}0\r\n\r\n`
const upgrade = (host: string, protocol: string) =>
  `GET /chat HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMA\r\nX-A: b\r\n\r\n`

describe("each request of a connection", () => {
  test.each([1, 3, 17, 10_000])("has to name the host, in pieces of %d", piece => {
    const inspector = toWeb()
    const text =
      get("web.test") + post("web.test", "hello") + chunked("web.test", "one", "two") + get("web.test", "/x")
    let through = ""
    for (let at = 0; at < text.length; at += piece) {
      const findings = inspector.push(bytesOf(text.slice(at, at + piece)))
      expect(refusal(findings)).toBeUndefined()
      through += passed(findings)
    }
    expect(through).toBe(text)
  })

  test.each([
    ["a request", get("web.test")],
    ["a body", post("web.test", get("web.test"))],
    ["chunks", chunked("web.test", "hello")],
  ])("after %s too", (_, first) => {
    const inspector = toWeb()
    const findings = inspector.push(bytesOf(first + get("other.test")))
    expect(passed(findings)).toBe(first)
    expect(refusal(findings)).toBe("http 403 not other.test")
    expect(inspector.push(bytesOf(get("web.test")))).toEqual([])
  })

  test("and not what only looks like one, within a body", () => {
    const inspector = toWeb()
    const findings = inspector.push(bytesOf(post("web.test", get("other.test"))))
    expect(refusal(findings)).toBeUndefined()
  })

  test("may leave it out in HTTP/1.0", () => {
    expect(passed(toWeb().push(bytesOf("GET / HTTP/1.0\r\n\r\n")))).toBe("GET / HTTP/1.0\r\n\r\n")
    expect(refusal(toWeb().push(bytesOf("GET / HTTP/1.0\r\nHost: other.test\r\n\r\n")))).toContain(
      "other.test",
    )
  })

  test.each([
    ["an absolute target", "GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n", "not other.test"],
    ["two hosts", "GET / HTTP/1.1\r\nHost: web.test\r\nHost: other.test\r\n\r\n", "cannot be read"],
    [
      "another target than host",
      "GET http://other.test/ HTTP/1.1\r\nHost: web.test\r\n\r\n",
      "cannot be read",
    ],
    ["no host", "GET / HTTP/1.1\r\n\r\n", "cannot be read"],
    ["a line feed alone", "GET / HTTP/1.1\nHost: other.test\n\n", "cannot be read"],
    ["an empty line before it", `\r\n${get("other.test")}`, "not other.test"],
    ["a space before the colon", "GET / HTTP/1.1\r\nHost : other.test\r\n\r\n", "cannot be read"],
    [
      "a folded line",
      "GET / HTTP/1.1\r\nX: y\r\n Host: other.test\r\nHost: web.test\r\n\r\n",
      "cannot be read",
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "cannot be read",
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "cannot be read",
    ],
    ["HTTP/0.9", "GET /\r\n", "cannot be read"],
    ["a tab", "GET\t/ HTTP/1.1\r\nHost: other.test\r\n\r\n", "cannot be read"],
    ["lower case", "get / HTTP/1.1\r\nHost: other.test\r\n\r\n", "not other.test"],
  ])("does not pass with %s", (_, text, why) => {
    for (const piece of [1, text.length]) {
      const inspector = toWeb()
      const findings: Finding[] = []
      for (let at = 0; at < text.length; at += piece)
        findings.push(...inspector.push(bytesOf(text.slice(at, at + piece))))
      expect(refusal(findings)).toContain(why)
      expect(passed(findings)).toBe("")
    }
  })

  test("that is too large is refused as such", () => {
    const findings = toWeb().push(
      bytesOf(`GET / HTTP/1.1\r\nHost: web.test\r\nX: ${"y".repeat(100_000)}\r\n\r\n`),
    )
    expect(refusal(findings)).toContain("http 431")
  })

  test("says whether its answer may have a body", () => {
    const bodies = ["HEAD", "GET"].map(method => {
      const [found] = toWeb().push(bytesOf(`${method} / HTTP/1.1\r\nHost: other.test\r\n\r\n`))
      return found?.kind === "refuse" && found.hasBody
    })
    expect(bodies).toEqual([false, true])
  })
})

describe("what some servers pass over before a request", () => {
  test.each([
    ["the PROXY protocol", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n"],
    ["the same, of unknown origin", "PROXY UNKNOWN\r\n"],
    ["its second version", "\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c"],
  ])("does not go up: %s", (_, first) => {
    for (const piece of [1, 3, 1000]) {
      const inspector = toWeb()
      const findings: Finding[] = []
      const all = first + get("evil.test")
      for (let at = 0; at < all.length; at += piece)
        findings.push(...inspector.push(bytesOf(all.slice(at, at + piece))))
      expect(refusal(findings)).toContain("400")
      expect(passed(findings)).not.toContain("\n\0\r\n")
      expect(passed(findings)).not.toMatch(/PROXY.*\n/)
    }
  })

  test.each(["proxy: x\r\n", "a PROXY b\r\n", "\0\x01binary\r\n"])("does, when it is %j", text => {
    expect(passed(toWeb().push(bytesOf(text)))).toBe(text)
  })
})

describe("another protocol on the same connection", () => {
  test("passes when the server takes it", () => {
    const inspector = toWeb()
    expect(passed(inspector.push(bytesOf(upgrade("web.test", "websocket"))))).toBe(
      upgrade("web.test", "websocket"),
    )
    expect(inspector.isWaiting).toBe(true)
    expect(inspector.hearsServer).toBe(true)
    expect(inspector.push(bytesOf("frame "))).toEqual([])
    expect(inspector.answered(bytesOf("HTTP/1.1 101 Switching"))).toEqual([])
    expect(passed(inspector.answered(bytesOf(" Protocols\r\n\r\n")))).toBe("frame ")
    expect(inspector.isWaiting).toBe(false)
    expect(passed(inspector.push(bytesOf(get("other.test"))))).toBe(get("other.test"))
    expect(inspector.isOpen).toBe(true)
  })

  test("is HTTP still when the server does not", () => {
    const inspector = toWeb()
    inspector.push(bytesOf(upgrade("web.test", "websocket")))
    expect(inspector.answered(bytesOf("HTTP/1.1 200 OK\r\n\r\n"))).toEqual([])
    expect(inspector.hearsServer).toBe(false)
    expect(refusal(inspector.push(bytesOf(get("other.test"))))).toContain("other.test")
  })

  test("is judged from what waited when the server does not take it", () => {
    const inspector = toWeb()
    inspector.push(bytesOf(upgrade("web.test", "websocket") + get("other.test")))
    expect(refusal(inspector.answered(bytesOf("HTTP/1.1 400 No\r\n\r\n")))).toContain("other.test")
  })

  test.each(["h2c", "websocket, h2c", "H2C", "h2", "HTTP/2.0", "TLS/1.0", "websocket, TLS/1.2"])(
    "that hides hosts is not offered to the server: %s",
    protocol => {
      const inspector = toWeb()
      const findings = inspector.push(bytesOf(upgrade("web.test", protocol) + get("web.test", "/next")))
      expect(passed(findings)).toBe(
        `GET /chat HTTP/1.1\r\nHost: web.test\r\nConnection: keep-alive\r\nX-A: b\r\n\r\n${get("web.test", "/next")}`,
      )
      expect(inspector.isWaiting).toBe(false)
      expect(refusal(inspector.push(bytesOf(get("other.test"))))).toContain("other.test")
    },
  )

  test("is not offered after another request: nobody could tell whose answer is whose", () => {
    const inspector = toWeb()
    inspector.push(bytesOf(get("web.test")))
    const findings = inspector.push(bytesOf(upgrade("web.test", "websocket")))
    expect(passed(findings)).not.toMatch(/upgrade/i)
    expect(inspector.isWaiting).toBe(false)
    expect(inspector.hearsServer).toBe(false)
  })

  test("in a tunnel is refused, to the same host too: some servers take the next bytes for a request", () => {
    const tunnel = (host: string) => `CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}:80\r\n\r\n`
    expect(refusal(toWeb().push(bytesOf(tunnel("other.test"))))).toContain("other.test")
    for (const before of ["", get("web.test")]) {
      const findings = toWeb().push(bytesOf(before + tunnel("web.test") + get("other.test")))
      expect(refusal(findings)).toContain("a tunnel hides")
      expect(passed(findings)).toBe(before)
    }
  })

  test.each(["", "Connection: HTTP2-Settings\r\n", "Connection: keep-alive\r\n"])(
    "that Connection does not name is not offered either: some servers take it all the same (%j)",
    connection => {
      for (const version of ["1.1", "1.0"]) {
        const head = `POST / HTTP/${version}\r\nHost: web.test\r\n`
        const offer = "Upgrade: h2c\r\nHTTP2-Settings: AAMA\r\nContent-Length: 3\r\n\r\nPRI"
        const inspector = toWeb()
        expect(passed(inspector.push(bytesOf(head + connection + offer)))).not.toMatch(/upgrade|http2/i)
        expect(inspector.isWaiting).toBe(false)
      }
    },
  )

  test("from the first byte on is refused when it is HTTP/2", () => {
    const findings = toWeb().push(bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"))
    expect(refusal(findings)).toStartWith("http2 403 HTTP/2 without TLS")
    expect(passed(findings)).toBe("")
  })
})

test("a body where a server may expect none is the last that it is sent", () => {
  const head = "GET / HTTP/1.1\r\nHost: web.test\r\n"
  const rest = "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody"
  const inspector = toWeb()
  expect(passed(inspector.push(bytesOf(head + rest)))).toBe(
    `${head}Content-Length: 4\r\nConnection: close\r\n\r\nbody`,
  )
  expect(inspector.isWaiting).toBe(false)
})

describe("a first line that some servers take for a request", () => {
  const rest = "\r\nHost: other.test\r\n\r\n"

  test.each([
    "(GET / HTTP/1.1",
    "\0GET / HTTP/1.1",
    "\xe9 / HTTP/1.1",
    "1GET /\0 HTTP/1.1",
    "{} http/1.0 \t ",
    `<${"x".repeat(60_000)} / HTTP/1.1`,
    "\r\n\r\n(GET / HTTP/1.1",
    "(GET\thttp://other.test/",
    "(GET \x0b HTTPS://other.test/ x",
  ])("does not pass: %#", line => {
    for (const size of [1, 7, 100_000]) {
      const inspector = toWeb()
      const text = line + rest
      const findings: Finding[] = []
      for (let at = 0; at < text.length; at += size)
        findings.push(...inspector.push(bytesOf(text.slice(at, at + size))))
      expect(refusal(findings)).toStartWith("http 400 ")
      expect(passed(findings).trim()).not.toContain("\n")
    }
  })

  test.each([
    "(GET x HTTP/1.1 x",
    '{"a": "HTTP/1.1"}',
    "\0\x01HTTP",
    "http://other.test/",
    "\x80".repeat(200_000),
  ])("does when they do not: %#", line => {
    const inspector = toWeb()
    expect(passed(inspector.push(bytesOf(line)))).toBe(line)
    expect(passed(inspector.push(bytesOf(rest)))).toBe(rest)
    expect(inspector.isOpen).toBe(true)
  })
})

describe("a first line that Java's own server takes for a request", () => {
  const head = (line: string, fields = "X: y\r\nhost: other.test\r\n") => `${line}\r\n${fields}\r\n`

  test.each([
    head("(GET / "),
    head("\xe9 /x HTTP/1.1 x"),
    head("{\na: / x"),
    head("\r\n\r\n\0 / x"),
    head("FOO ftp://x.test/ "),
    head("(GET // x", "X: y\rHOST \t: other.test\r\n"),
    head("(GET http://x.test/ x", ""),
    head("(\nGET https://x.test/", ""),
  ])("does not pass with a host: %#", text => {
    for (const size of [1, 7, 100_000]) {
      const inspector = toWeb()
      const findings: Finding[] = []
      for (let at = 0; at < text.length; at += size)
        findings.push(...inspector.push(bytesOf(text.slice(at, at + size))))
      expect(refusal(findings)).toStartWith("http 400 ")
      expect(passed(findings)).not.toContain("other.test")
    }
  })

  test.each([
    head("(GET / x", "X: y host: other.test\r\nhostage: x\r\n"),
    head("(GET /"),
    head("(GET  / x"),
    head("(GET x x"),
    head("(GET /\x01 x"),
    `CONNECT\naccept-version:1.2\nhost:/\n\n\0`,
    head("(GET / x", `X: ${"y".repeat(200_000)}\r\nhost: other.test\r\n`),
  ])("passes when it names none: %#", text => {
    const inspector = toWeb()
    const at = text.length - 10
    const findings = [text.slice(0, at), text.slice(at)].flatMap(part => inspector.push(bytesOf(part)))
    expect(passed(findings)).toBe(text)
  })
})

describe("a word without a line break", () => {
  test("waits, and passes when its client waits for an answer", () => {
    const inspector = toWeb()
    expect(inspector.push(bytesOf("ruok"))).toEqual([])
    expect(inspector.isUndecided).toBe(true)
    expect(passed(inspector.pass())).toBe("ruok")
    expect(inspector.pass()).toEqual([])
    expect(passed(inspector.push(bytesOf(" and more\r\n")))).toBe(" and more\r\n")
    expect(inspector.isOpen).toBe(true)
  })

  test("passes at the end of what its client says", () => {
    const inspector = toWeb()
    inspector.push(bytesOf("stats"))
    expect(passed(inspector.finish())).toBe("stats")
  })

  test("that becomes a request is judged all the same", () => {
    const rest = " / HTTP/1.1\r\nHost: other.test\r\n\r\n"
    const inspector = toWeb()
    inspector.push(bytesOf("GET"))
    expect(passed(inspector.pass())).toBe("GET")
    expect(refusal(inspector.push(bytesOf(rest)))).toContain("other.test")
    const fine = toWeb()
    fine.push(bytesOf("GE"))
    fine.pass()
    fine.push(bytesOf("T"))
    expect(passed(fine.pass())).toBe("T")
    expect(passed(fine.push(bytesOf(rest.replace("other", "web"))))).toBe(rest.replace("other", "web"))
  })

  test("that becomes a request with an offer is not said twice", () => {
    const inspector = toWeb()
    inspector.push(bytesOf("GET"))
    inspector.pass()
    const rest = upgrade("web.test", "h2c").slice(3)
    expect(passed(inspector.push(bytesOf(rest)))).toStartWith(" /chat HTTP/1.1\r\n")
  })

  test.each([
    "GET /",
    "GET / HTTP/1.1\r\nHost: other.test\r\n",
    "x".repeat(65),
    "a b",
    "GET\x1c/",
    "GET\x85/",
  ])("is no more than a word: %j does not pass early", text => {
    const inspector = toWeb()
    inspector.push(bytesOf(text))
    expect(passed([...inspector.pass(), ...inspector.finish()])).toBe("")
  })
})
