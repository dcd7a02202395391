import { describe, expect, test } from "bun:test"
import {
  http2Refusal,
  httpRefusal,
  isOurs,
  type Refusal,
  refusalBy,
  refusalText,
  sshRefusal,
  tlsRefusal,
} from "../../../src/network/upstream/refusal.ts"
import { judgeOf } from "../../support/judges.ts"

const denied = refusalBy(judgeOf({ deny: ["*.bad.test"] }).judgeName("a.bad.test", 80), "a.bad.test", 80)
const unlisted = refusalBy(judgeOf({}).judgeName("new.test", 443), "new.test", 443)
const failed: Refusal = {
  status: 502,
  host: "web.test",
  port: 80,
  why: "nothing listens there",
  opening: undefined,
}

describe("what is said", () => {
  test("names what is refused, the rule and where it is written", () => {
    expect(refusalText(denied)).toBe(
      [
        "cordon: the sandbox refuses the connection to a.bad.test:80: deny *.bad.test (user, ~/.config/cordon/policy.yaml:1)",
        "This is its policy and no failure of the network: trying again, or another way, does not help.",
        "A person can change the rule that forbids it; no option overrides it.",
        "",
      ].join("\n"),
    )
  })

  test("names each way to allow it", () => {
    const text = refusalText(unlisted)
    expect(text).toContain("cordon: the sandbox refuses the connection to new.test:443: no rule allows it\n")
    expect(text).toContain("cordon allow new.test ")
    expect(text).toContain("--allow-host new.test ")
    expect(text).toContain('network: { allow: ["new.test"] }')
    expect(text).not.toContain("no option overrides it")
  })

  test("of what failed beyond the sandbox says that it is allowed", () => {
    expect(refusalText(failed)).toBe(
      [
        "cordon: there is no connection to web.test:80: nothing listens there",
        "The sandbox allows it. The host, or a network beyond it, does not get there.",
        "",
      ].join("\n"),
    )
  })

  test("quotes what a shell would read", () => {
    const text = refusalText({ ...unlisted, opening: "web.test GET /a b/$(x)" })
    expect(text).toContain("cordon allow 'web.test GET /a b/$(x)'")
    expect(text).toContain('allow: ["web.test GET /a b/$(x)"]')
  })

  test("shows an address as it is written with a port", () => {
    const refusal = refusalBy(judgeOf({}).judgeAddress("2001:db8::1", 80), "2001:db8::1", 80)
    expect(refusalText(refusal)).toContain("[2001:db8::1]:80")
    expect(refusalText(refusal)).toContain("--allow-host 2001:db8::1 ")
  })

  test("escapes what could drive a terminal or forge a line", () => {
    const text = refusalText({
      ...unlisted,
      host: "a\nb",
      why: "\x1b[31mred\u202e\r\nX",
      opening: "evil\n  cordon allow all",
    })
    expect(text).not.toMatch(/[\x1b\r\u202e]/)
    expect(text).toContain("a\\nb:443")
    expect(text).not.toMatch(/^ *cordon allow all/m)
  })

  test("is never longer than a page", () => {
    const long = "x".repeat(100_000)
    expect(refusalText({ ...unlisted, why: long, opening: long }).length).toBeLessThan(12_000)
  })
})

describe("the answer of HTTP", () => {
  test.each([
    [403, "Forbidden"],
    [400, "Bad Request"],
    [431, "Request Header Fields Too Large"],
    [502, "Bad Gateway"],
    [504, "Gateway Timeout"],
  ] as const)("%d is %s", (status, phrase) => {
    expect(httpRefusal({ ...failed, status }, true).toString()).toStartWith(
      `HTTP/1.1 ${status} ${phrase}\r\n`,
    )
  })

  test("is one that any client reads", () => {
    const [head = "", body] = httpRefusal(unlisted, true).toString().split("\r\n\r\n")
    expect(body).toBe(refusalText(unlisted))
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(refusalText(unlisted))}`)
    expect(head).toContain("\r\nContent-Type: text/plain; charset=utf-8")
    expect(head).toContain("\r\nConnection: close")
    expect(head).toContain("\r\nX-Cordon: refused; no rule allows it")
  })

  test("to HEAD has no body, and the length of one", () => {
    const whole = httpRefusal(denied, true).toString()
    expect(httpRefusal(denied, false).toString()).toBe(whole.slice(0, whole.indexOf("\r\n\r\n") + 4))
  })

  test("cannot be given another header from inside", () => {
    const text = httpRefusal({ ...denied, why: "x\r\nSet-Cookie: a=b\r\n\r\nbody ü" }, true).toString()
    const [head = ""] = text.split("\r\n\r\n")
    expect(head).not.toMatch(/^Set-Cookie/m)
    expect(head).toMatch(/^[\x20-\x7e\r\n]*$/)
  })

  test("tells what is the sandbox's own doing from what is not", () => {
    expect(httpRefusal(denied, true).toString()).toContain("X-Cordon: refused;")
    expect(httpRefusal(failed, true).toString()).toContain("X-Cordon: failed;")
    expect([403, 400, 431].every(status => isOurs({ ...failed, status: status as 403 }))).toBe(true)
    expect([502, 504].some(status => isOurs({ ...failed, status: status as 502 }))).toBe(false)
  })
})

describe("the answer of TLS", () => {
  test("is a fatal alert: access_denied, or internal_error", () => {
    expect([...tlsRefusal(denied)]).toEqual([21, 3, 3, 0, 2, 2, 49])
    expect([...tlsRefusal(failed)]).toEqual([21, 3, 3, 0, 2, 2, 80])
  })
})

describe("the answer of HTTP/2", () => {
  test("is SETTINGS and GOAWAY with the reason", () => {
    const bytes = http2Refusal({ ...denied, why: "because" })
    expect([...bytes.subarray(0, 9)]).toEqual([0, 0, 0, 4, 0, 0, 0, 0, 0])
    expect([...bytes.subarray(9, 18)]).toEqual([0, 0, 15, 7, 0, 0, 0, 0, 0])
    expect([...bytes.subarray(18, 26)]).toEqual([0, 0, 0, 0, 0, 0, 0, 13])
    expect(bytes.toString("latin1", 26)).toBe("because")
  })
})

describe("in SSH", () => {
  /** The one packet behind the version (RFC 4253, section 6). */
  function packetOf(bytes: Buffer) {
    const version = bytes.indexOf("\r\n")
    const packet = bytes.subarray(version + 2)
    const [length, padding] = [packet.readUInt32BE(0), packet[4] ?? 0]
    const payload = packet.subarray(5, 4 + length - padding)
    const textLength = payload.readUInt32BE(5)
    return {
      version: bytes.toString("latin1", 0, version),
      isWhole: packet.length === 4 + length && packet.length % 8 === 0 && packet.length >= 16 && padding >= 4,
      message: payload[0],
      reason: payload.readUInt32BE(1),
      text: payload.toString("latin1", 9, 9 + textLength),
      rest: payload.toString("hex", 9 + textLength),
    }
  }

  const ours: Refusal = {
    status: 403,
    host: "git.test",
    port: 22,
    why: "no rule allows it",
    opening: "git.test",
  }

  test("is a disconnection with the reason and the way to allow it", () => {
    expect(packetOf(sshRefusal(ours))).toEqual({
      version: "SSH-2.0-Cordon",
      isWhole: true,
      message: 1,
      reason: 1,
      text: "cordon: the sandbox refuses the connection to git.test:22: no rule allows it; a person can allow it, outside: cordon allow git.test",
      rest: "00000000",
    })
  })

  test("of a failure beyond says that it is one", () => {
    const { reason, text } = packetOf(
      sshRefusal({ ...ours, status: 502, why: "it hung up", opening: undefined }),
    )
    expect([reason, text]).toEqual([7, "cordon: there is no connection to git.test:22: it hung up"])
  })

  test("is whole whatever the length, and one line of visible characters", () => {
    for (let length = 0; length < 40; length++)
      expect(packetOf(sshRefusal({ ...ours, why: "x".repeat(length) })).isWhole).toBe(true)
    const { isWhole, text } = packetOf(sshRefusal({ ...ours, why: `\u001b[31m\r\nä${"y".repeat(5000)}` }))
    expect(isWhole).toBe(true)
    expect(text).toMatch(/^[\x20-\x7e]{100,500}$/)
  })
})
