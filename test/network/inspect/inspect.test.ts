import { describe, expect, test } from "bun:test"
import { type Finding, Inspector, openPassage } from "../../../src/network/inspect/inspect.ts"
import type { Destination } from "../../../src/network/upstream/destination.ts"
import { realHello } from "../../support/client-hellos.ts"
import { addressAt, judgeOf, nameAt, type Rules } from "../../support/judges.ts"
import { extension, helloBytes, record, serverName } from "../../support/tls-clients.ts"

type Options = { dialled?: Destination; rules?: Rules; isEnded?: boolean; piece?: number }

/** What comes of bytes that a client sends, in pieces. */
function inspect(bytes: Uint8Array | string, options: Options = {}) {
  const { dialled = nameAt("web.test"), rules = {}, isEnded = false } = options
  const inspector = new Inspector({ dialled, judge: () => judgeOf(rules), isEnded })
  const all = Buffer.from(bytes as string, "latin1")
  const piece = options.piece ?? all.length
  const findings: Finding[] = []
  for (let at = 0; at < all.length; at += piece)
    findings.push(...inspector.push(all.subarray(at, at + piece)))
  return { inspector, findings, ...sum(findings) }
}

function sum(findings: readonly Finding[]) {
  const passed = findings.flatMap(finding => (finding.kind === "pass" ? [finding.bytes] : []))
  const refused = findings.find(finding => finding.kind === "refuse")
  const hello = findings.find(finding => finding.kind === "hello")
  return {
    passed: Buffer.concat(passed).toString("latin1"),
    refused: refused && `${refused.protocol} ${refused.refusal.status}: ${refused.refusal.why}`,
    protocols: hello?.protocols,
  }
}

/** A hello without a line feed. */
const named = (host: string) => helloBytes({ extensions: [serverName(host)] })
const request = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`

describe("TLS to a name", () => {
  test.each([1, 7, 100, 100_000])("passes with that server name, in pieces of %d", async piece => {
    const hello = await realHello("web.test", ["h2", "http/1.1"])
    const found = inspect(hello, { piece })
    expect(found.refused).toBeUndefined()
    expect(found.passed).toBe(hello.toString("latin1"))
    expect(found.protocols).toEqual(["h2", "http/1.1"])
    // Nothing is held, and what comes next is looked at.
    expect([found.inspector.isOpen, found.inspector.isUndecided]).toEqual([false, false])
  })

  test("says that it agrees before the bytes pass", async () => {
    const { findings } = inspect(await realHello("web.test"))
    expect(findings.map(({ kind }) => kind)).toEqual(["hello", "pass"])
  })

  test("does not pass with another server name, not a byte of it", async () => {
    for (const piece of [1, 50, 100_000]) {
      const found = inspect(await realHello("other.test"), { piece })
      expect(found.passed).toBe("")
      expect(found.refused).toBe(
        "tls 403: TLS server name is other.test, and web.test:443 is what was dialled",
      )
    }
  })

  test("passes without a server name: some clients have none", async () => {
    const hello = await realHello("")
    expect(inspect(hello).passed).toBe(hello.toString("latin1"))
  })

  test("passes whole when more comes with the hello", async () => {
    const bytes = Buffer.concat([
      await realHello("web.test"),
      record(Buffer.from("early data"), { type: 23 }),
    ])
    const found = inspect(bytes)
    expect(found.passed).toBe(bytes.toString("latin1"))
    expect(found.inspector.isOpen).toBe(true)
  })

  test("passes unseen what follows when it is encrypted", async () => {
    const { inspector } = inspect(await realHello("web.test"))
    inspector.push(record(Buffer.alloc(40, 9), { type: 23 }))
    const more = Buffer.from(request("other.test"))
    expect(inspector.push(more)).toEqual([{ kind: "pass", bytes: more }])
  })

  const line = Buffer.from(" / HTTP/1.1\nHost: other.test\n\n")

  test.each([
    ["in it", helloBytes({ extensions: [serverName("web.test"), extension(0x4141, line)] })],
    ["in what comes encrypted", Buffer.concat([named("web.test"), record(line, { type: 23 })])],
    ["in an alert", Buffer.concat([named("web.test"), record(line, { type: 21 })])],
    ["long after it", Buffer.concat([named("web.test"), record(Buffer.alloc(9), { type: 23 }), line])],
  ])("does not pass with a line that some servers take for a request: %s", (_, bytes) => {
    for (const piece of [1, 7, 100_000]) {
      const { passed, refused } = inspect(bytes, { piece })
      expect(refused).toStartWith("tls 400: its first line is no request")
      expect(passed).not.toContain("\n")
    }
  })

  test("is open, so that nobody looks any more, once no such line can come", () => {
    const { inspector } = inspect(Buffer.concat([named("web.test"), record(Buffer.alloc(9), { type: 23 })]))
    expect(inspector.isOpen).toBe(false)
    inspector.push(Buffer.from(" \0\n"))
    expect(inspector.isOpen).toBe(true)
  })

  test("is not followed by anything but TLS", async () => {
    const { inspector } = inspect(await realHello("web.test"))
    const { passed, refused } = sum(inspector.push(Buffer.from(request("other.test"))))
    expect([passed, refused]).toEqual(["", "tls 403: its TLS cannot be read: what follows it is no TLS"])
    expect(inspector.push(Buffer.from("more"))).toEqual([])
  })

  test.each([1, 7, 100, 100_000])(
    "has the same name in a second hello, which a server may ask for (pieces of %d)",
    async piece => {
      const first = await realHello("web.test")
      const fine = inspect(Buffer.concat([first, await realHello("web.test")]), { piece })
      expect(fine.refused).toBeUndefined()
      expect([fine.passed.length > first.length + 100, fine.inspector.isOpen]).toEqual([true, true])
      const fronted = inspect(Buffer.concat([first, await realHello("other.test")]), { piece })
      expect(fronted.passed).toBe(first.toString("latin1"))
      expect(fronted.refused).toBe(
        "tls 403: TLS server name is other.test, and web.test:443 is what was dialled",
      )
      expect(fronted.inspector.finish()).toEqual([])
    },
  )

  test("waits for the rest of a hello", async () => {
    const hello = await realHello("web.test")
    const found = inspect(hello.subarray(0, 50))
    expect(found.findings).toEqual([])
    expect(found.inspector.isUndecided).toBe(true)
    expect(found.inspector.pass()).toEqual([])
    expect(found.inspector.finish()).toEqual([])
  })

  test("does not pass when it cannot be read", () => {
    const found = inspect(Buffer.from([22, 3, 1, 0, 5, 2, 0, 0, 1, 0]))
    expect(found.refused).toStartWith("tls 403: its first TLS message cannot be read: ")
    expect(found.passed).toBe("")
  })

  test("says nothing more once it is refused", async () => {
    const { inspector } = inspect(await realHello("other.test"))
    expect(inspector.push(Buffer.from("more"))).toEqual([])
  })
})

describe("TLS to an address", () => {
  const dialled = addressAt("203.0.113.7")

  test("passes with a name that is allowed, and with none", async () => {
    const hello = await realHello("web.test")
    expect(inspect(hello, { dialled, rules: { allow: ["web.test"] } }).refused).toBeUndefined()
    expect(inspect(await realHello(""), { dialled }).refused).toBeUndefined()
  })

  test("does not pass with a name that is not", async () => {
    const rules = { allow: ["*"], deny: ["web.test"] }
    expect(inspect(await realHello("web.test"), { dialled, rules }).refused).toContain("deny web.test")
    expect(inspect(await realHello("web.test"), { dialled }).refused).toContain("no rule allows it")
  })

  test("does not pass with a name whose requests are looked at", async () => {
    const rules = { allow: ["web.test GET /**", "203.0.113.0/24"] }
    expect(inspect(await realHello("web.test"), { dialled, rules }).refused).toContain("dial it by its name")
  })

  test("is judged by the rules of the moment", async () => {
    const allow: string[] = []
    const inspector = new Inspector({ dialled, judge: () => judgeOf({ allow }), isEnded: false })
    allow.push("web.test")
    expect(sum(inspector.push(await realHello("web.test"))).refused).toBeUndefined()
  })
})

describe("HTTP", () => {
  test.each([1, 5, 1000])("passes with the host that was dialled, in pieces of %d", piece => {
    const found = inspect(request("web.test"), { dialled: nameAt("web.test", 80), piece })
    expect(found.refused).toBeUndefined()
    expect(found.passed).toBe(request("web.test"))
  })

  test("does not pass with another host, not a byte of it", () => {
    for (const piece of [1, 20, 1000]) {
      const found = inspect(request("other.test"), { piece })
      expect(found.refused).toBe("http 403: Host is other.test, and web.test:443 is what was dialled")
      expect(found.passed).toBe("")
    }
  })

  test("to an address passes with it, and with an allowed name", () => {
    const dialled = addressAt("203.0.113.7", 80)
    expect(inspect(request("203.0.113.7"), { dialled }).refused).toBeUndefined()
    expect(inspect(request("web.test"), { dialled, rules: { allow: ["web.test"] } }).refused).toBeUndefined()
    expect(inspect(request("web.test"), { dialled }).refused).toContain("no rule allows it")
  })
})

describe("anything else", () => {
  test.each([
    "SSH-2.0-OpenSSH_9.2\r\n",
    "EHLO me\r\n",
    "\0\0\0\x08\x04\xd2\x16\x2f",
    "*1\r\n$4\r\nPING\r\n",
    "\x16\x02\x00",
  ])("passes: %j", text => {
    const found = inspect(text)
    expect(found.refused).toBeUndefined()
    expect(found.passed).toBe(text)
    // Until its first line is over it could still be one that some server takes for a request.
    expect(found.inspector.isOpen).toBe(text.includes("\n"))
    found.inspector.push(Buffer.alloc(128 * 1024))
    expect(found.inspector.isOpen).toBe(true)
  })

  test("passes unseen from then on", () => {
    const { inspector } = inspect("EHLO me\r\n")
    expect(sum(inspector.push(Buffer.from("STARTTLS\r\n"))).passed).toBe("STARTTLS\r\n")
    expect(sum(inspector.push(Buffer.from(request("other.test")))).passed).toBe(request("other.test"))
  })
})

describe("a host whose TLS is ended", () => {
  test("is reached with its server name", async () => {
    const found = inspect(await realHello("web.test", ["h2"]), { isEnded: true })
    expect(found.refused).toBeUndefined()
    expect(found.protocols).toEqual(["h2"])
  })

  test("is not reached without one, nor with another", async () => {
    expect(inspect(await realHello(""), { isEnded: true }).refused).toContain("it names no TLS server")
    expect(inspect(await realHello("other.test"), { isEnded: true }).refused).toContain("other.test")
  })

  test.each([
    request("web.test"),
    "GET / HTTP/1.0\r\n\r\n",
    "SSH-2.0-x\r\n",
    "\0\0\0\x08",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ])("is not reached otherwise: %j", text => {
    const found = inspect(text, { isEnded: true })
    expect(found.refused).toMatch(/^(http|http2|other) 403: /)
    expect(found.passed).toBe("")
  })

  test("is not reached by a word that is no request yet", () => {
    const { inspector, findings } = inspect("PING", { isEnded: true })
    expect([...findings, ...inspector.pass(), ...inspector.finish()]).toEqual([])
  })
})

test("where nothing has to be seen everything passes", () => {
  const bytes = Buffer.from(request("other.test"))
  expect(openPassage.push(bytes)).toEqual([{ kind: "pass", bytes }])
  expect(openPassage.isOpen).toBe(true)
  expect([...openPassage.finish(), ...openPassage.pass(), ...openPassage.answered(bytes)]).toEqual([])
})

test.each([
  ["a request", Buffer.from("POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 99999999\r\n\r\n")],
  ["TLS", Buffer.concat([named("web.test"), record(Buffer.alloc(9, 10), { type: 23 })])],
  ["anything else", Buffer.from("\x01\n")],
])("what was said first is not kept when it has passed: %s", (_, first) => {
  const [connections, size] = [400, 512 * 1024]
  Bun.gc(true)
  const before = process.memoryUsage().rss
  const open = Array.from({ length: connections }, () => {
    const inspector = new Inspector({ dialled: nameAt("web.test"), judge: () => judgeOf({}), isEnded: false })
    const findings = inspector.push(Buffer.concat([first, Buffer.alloc(size, 1)]))
    const passed = findings.map(finding => (finding.kind === "pass" ? finding.bytes.length : 0))
    expect(passed.reduce((all, bytes) => all + bytes, 0)).toBe(first.length + size)
    return inspector
  })
  Bun.gc(true)
  expect(process.memoryUsage().rss - before).toBeLessThan((connections * size) / 2)
  expect(open).toHaveLength(connections)
})
