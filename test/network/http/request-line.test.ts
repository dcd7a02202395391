import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  judgeRequestLine,
  type LineVerdict,
  type RequestTarget,
} from "../../../src/network/http/request-line.ts"

const whole = (line: string): LineVerdict => judgeRequestLine(line, true)
const kindOf = (line: string) => whole(line).kind

function targetOf(line: string): RequestTarget {
  const verdict = whole(line)
  if (verdict.kind !== "line") throw new Error(JSON.stringify(verdict))
  return verdict.target
}

describe("a request line", () => {
  test.each([
    ["GET / HTTP/1.1", "GET", "1.1"],
    ["POST /a?b=c HTTP/1.0", "POST", "1.0"],
    ["patch / HTTP/1.1", "patch", "1.1"],
    ["M-SEARCH * HTTP/1.1", undefined, undefined],
    ["PROPFIND /dav/ HTTP/1.1", "PROPFIND", "1.1"],
    ["VERSION-CONTROL / HTTP/1.1", "VERSION-CONTROL", "1.1"],
    [`${"A".repeat(64)} / HTTP/1.1`, "A".repeat(64), "1.1"],
  ])("%s", (line, method, version) => {
    const verdict = whole(line)
    if (method === undefined) expect(verdict.kind).toBe("malformed")
    else expect(verdict).toMatchObject({ kind: "line", method, version })
  })
})

describe("a byte of the target that some servers take for a space", () => {
  // Python splits the line at these, and would read the path before it.
  test.each(["\x85", "\xa0"])("%j is refused", byte => {
    expect(kindOf(`GET /a${byte} HTTP/1.1`)).toBe("malformed")
    expect(kindOf(`GET /a${byte}b HTTP/1.1`)).toBe("malformed")
  })

  test.each(["\x84", "\x86", "\x9f", "\xa1", "\xff"])("%j is none", byte => {
    expect(targetOf(`GET /a${byte} HTTP/1.1`)).toEqual({ form: "origin", text: `/a${byte}` })
  })
})

describe("the target", () => {
  test.each([
    ["/", { form: "origin", text: "/" }],
    ["/a/../b?c=d&e", { form: "origin", text: "/a/../b?c=d&e" }],
    ["//a.example/b", { form: "origin", text: "//a.example/b" }],
    ["/%00", { form: "origin", text: "/%00" }],
    ['/"<>|{}\\^`', { form: "origin", text: '/"<>|{}\\^`' }],
    ["/\xc3\xa9", { form: "origin", text: "/\xc3\xa9" }],
  ] as const)("%s is a path", (text, target) => {
    expect(targetOf(`GET ${text} HTTP/1.1`)).toEqual(target)
  })

  test.each([
    ["http://a.example", "http", "a.example", undefined, "/"],
    ["http://A.Example/b", "http", "a.example", undefined, "/b"],
    ["HTTPS://a.example:8443/b?c", "https", "a.example", 8443, "/b?c"],
    ["http://a.example?c", "http", "a.example", undefined, "/?c"],
    ["ws://[2001:db8::1]:80/", "ws", "2001:db8::1", 80, "/"],
    ["http://10.0.0.1/", "http", "10.0.0.1", undefined, "/"],
  ])("%s is a URL", (text, scheme, host, port, path) => {
    expect(targetOf(`GET ${text} HTTP/1.1`)).toEqual({
      form: "absolute",
      text,
      scheme,
      authority: { host, port },
      path,
    })
  })

  test.each([
    [
      "CONNECT a.example:443",
      { form: "authority", text: "a.example:443", authority: { host: "a.example", port: 443 } },
    ],
    ["CONNECT [::1]:443", { form: "authority", text: "[::1]:443", authority: { host: "::1", port: 443 } }],
    ["OPTIONS *", { form: "asterisk", text: "*" }],
  ] as const)("%s", (line, target) => {
    expect(targetOf(`${line} HTTP/1.1`)).toEqual(target)
  })

  test.each([
    ["GET a.example:443", "a host alone"],
    ["GET a.example/b", "a URL without its scheme"],
    ["GET *", "the server as a whole"],
    ["GET ftp://a.example/", "another scheme"],
    ["GET file:///etc/passwd", "no host"],
    ["GET http:///b", "an empty host"],
    ["GET http:/a.example/b", "one slash"],
    ["GET http://user@a.example/", "a user"],
    ["GET http://a.example:0/", "port 0"],
    ["GET http://a.example\\b/", "a backslash in the host"],
    ["GET http://127.1/", "a short address"],
    ["GET /a#b", "a fragment"],
    ["GET http://a.example#b", "a fragment right after the host"],
    ["CONNECT a.example", "no port to connect to"],
    ["CONNECT /", "a path to connect to"],
    ["CONNECT http://a.example:443/", "a URL to connect to"],
    ["CONNECT *", "everything to connect to"],
    ["GET /a\x7fb", "a control character"],
    ["GET /a\0b", "a zero byte"],
  ])("%s: %s is none", line => expect(kindOf(`${line} HTTP/1.1`)).toBe("malformed"))
})

describe("nearly a request line, which some server may take for one", () => {
  test.each([
    ["GET  / HTTP/1.1", "two spaces"],
    ["GET / HTTP/1.1 ", "a space at the end"],
    [" GET / HTTP/1.1", "a space at the start"],
    ["\r\rGET / HTTP/1.1", "carriage returns at the start"],
    ["\tGET\t/\tHTTP/1.1", "tabs"],
    ["GET\t/ HTTP/1.1", "a tab"],
    ["GET\x0b/\x0cHTTP/1.1", "what Python splits at"],
    ["GET\x1c/\x85HTTP/1.1", "what Python splits at, too"],
    ["GET\xa0/\xa0HTTP/1.1", "spaces that do not break"],
    ["GET / a HTTP/1.1", "a space in the target"],
    ["GET / http/1.1", "a version in small letters"],
    ["GET / HTTP/1.2", "a version that is not there"],
    ["GET / HTTP/0.9", "a version of long ago"],
    ["GET / HTTP/2.0", "a version that begins otherwise"],
    ["GET / HTTP/01.1", "a version of three digits"],
    ["GET / HTTP/1.10", "a version of three digits, too"],
    ["GET / HTTP/1", "half a version"],
    ["GET / HTTPS/1.1", "another protocol, to some path"],
    ["GET /", "no version"],
    ["get /", "no version, and small letters"],
    ["GET http://a.example/", "no version, with a host"],
    ["GET *", "no version, for everything"],
    ["GET key", "no version and no path, which Python serves"],
    ["CONNECT a.example:443", "a tunnel without a version, which Node serves"],
    ["CONNECT  ", "a tunnel to nowhere"],
    ["\fGET key word", "the same with more of it"],
    ["FOO BAR HTTP/1.1", "no path"],
    ["a b c d HTTP/1.0 e", "a version in the middle"],
    [`${"A".repeat(65)} / HTTP/1.1`, "a method of 65 letters"],
    ["", "nothing"],
    ["   ", "spaces"],
    ["PRI * HTTP/2.1", "nearly the preface of HTTP/2"],
  ])("%j: %s", line => expect(kindOf(line)).toBe("malformed"))
})

describe("no request, to any server", () => {
  test.each([
    ["SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7"],
    ["SSH-2.0-libssh_0.10.6"],
    ["EHLO machine.example"],
    ["USER anonymous"],
    ["NICK someone"],
    ["a1 LOGIN user password"],
    ["RFB 003.008"],
    ["@RSYNCD: 31.0 sha512 sha256"],
    ["*1"],
    ["PING"],
    ["get key"],
    ["set key 0 0 5"],
    ["CONNECT"],
    ['CONNECT {"verbose":false}'],
    ["CAP LS 302"],
    ["INVITE sip:bob@a.example SIP/2.0"],
    ["DESCRIBE rtsp://a.example/b RTSP/1.0"],
    ["<34>1 2026-01-01T00:00:00Z"],
    ['{"id":1,"method":"eth_subscribe"}'],
    ["<?xml version='1.0'?>"],
    ["(text)"],
    ["\x00\x01\x02"],
    ["metric.path 42 1700000000"],
  ])("%j", line => expect(kindOf(line)).toBe("not http"))
})

describe("a line that has not ended", () => {
  const soFar = (line: string) => judgeRequestLine(line, false).kind

  test.each([
    "",
    "G",
    "GET",
    "GET ",
    "GET /",
    "GET / HTTP/1.1",
    "get",
    "SSH-2.0-x",
    "\r",
    " ",
    "PING",
    "EHLO ",
    "0123",
  ])("%j may become one", line => expect(soFar(line)).toBe("more"))

  test.each([
    "\x00",
    "\x16\x03\x01",
    "{",
    "<",
    "(",
    '"',
    "@",
    "GET:",
    "GE\0T",
    "AMQP\0\0\x09\x01",
    "\x80",
    "003e git\0",
    "0\x0c\x02\x01",
    "BitTorrent\x13 p\x02",
  ])("%j cannot", line => expect(soFar(line)).toBe("not http"))

  test("with a path and a control character is nothing to pass on unread", () => {
    expect(soFar("GET /\0")).toBe("malformed")
    expect(soFar("POST\t/ \x01")).toBe("malformed")
    expect(soFar("POST a\0")).toBe("malformed")
    expect(soFar("0032git-upload-pack /project.git\0host=a.example\0")).toBe("not http")
  })
})

test("the preface of HTTP/2 is told apart", () => {
  expect(kindOf("PRI * HTTP/2.0")).toBe("http2")
  expect(judgeRequestLine("PRI * HTTP/2.", false).kind).toBe("more")
})

test("what is decided early stays decided when the line ends", () => {
  const part = fc.constantFrom(
    "GET",
    " ",
    "/",
    "HTTP/1.1",
    "\t",
    "\0",
    "\r",
    "a",
    "\x80",
    ":",
    "http://",
    "*",
    "1",
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), parts => {
      const line = parts.join("")
      const kinds = Array.from(
        { length: line.length + 1 },
        (_, end) => judgeRequestLine(line.slice(0, end), false).kind,
      )
      const early = kinds.find(kind => kind !== "more")
      if (early !== undefined) expect(kindOf(line)).toBe(early)
    }),
    { seed: 1, numRuns: 5000 },
  )
})
