import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { Answer } from "../../../src/network/upstream/proxy-answer.ts"
import {
  greeting,
  loginMessage,
  readLogin,
  readMethod,
  readReply4,
  readReply5,
  request4,
  request5,
} from "../../../src/network/upstream/socks-messages.ts"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const bytes = (...numbers: number[]) => Buffer.from(numbers)
const login = { user: "me", password: "pass" }

describe("what is said to a proxy of version 5", () => {
  test("offers a login only where there is one", () => {
    expect(hex(greeting(undefined))).toBe("050100")
    expect(hex(greeting(login))).toBe("05020002")
  })

  test("gives it (RFC 1929)", () => {
    expect(hex(loginMessage(login))).toBe("01026d650470617373")
    expect(hex(loginMessage({ user: "ü", password: "" }))).toBe("0102c3bc00")
    expect(() => loginMessage({ user: "u".repeat(256), password: "" })).toThrow(RangeError)
  })

  test.each([
    ["web.test", 443, "050100 03 08 7765622e74657374 01bb"],
    ["203.0.113.7", 80, "050100 01 cb007107 0050"],
    ["0.0.0.1", 65_535, "050100 01 00000001 ffff"],
    ["2001:db8::1", 22, "050100 04 20010db8000000000000000000000001 0016"],
    ["::", 1, "050100 04 00000000000000000000000000000000 0001"],
  ])("asks for %s port %i", (host, port, message) => {
    expect(hex(request5(host, port))).toBe(message.replaceAll(" ", ""))
  })

  test("has names of 255 bytes and no longer", () => {
    expect(request5("a".repeat(255), 1)).toHaveLength(4 + 1 + 255 + 2)
    expect(() => request5("a".repeat(256), 1)).toThrow(RangeError)
  })
})

describe("what is said to a proxy of version 4", () => {
  test.each([
    ["203.0.113.7", "", "0401 0050 cb007107 00"],
    ["203.0.113.7", "me", "0401 0050 cb007107 6d6500"],
    ["web.test", "me", "0401 0050 00000001 6d6500 7765622e7465737400"],
  ])("asks for %s as %p", (host, user, message) => {
    expect(hex(request4(host, 80, user))).toBe(message.replaceAll(" ", ""))
  })
})

const whole = (length: number, value?: unknown) => ({ kind: "whole", length, value })
const wrong = (why: string) => ({ kind: "wrong", why })
const more = { kind: "more" }

describe("the way to log in", () => {
  test.each([
    [bytes(), true, more],
    [bytes(5), true, more],
    [bytes(5, 0), true, whole(2, "none")],
    [bytes(5, 0), false, whole(2, "none")],
    [bytes(5, 2, 99), true, whole(2, "password")],
    [bytes(5, 2), false, wrong("wants a login of a kind that was not offered")],
    [bytes(5, 1), true, wrong("wants a login of a kind that was not offered")],
    [bytes(5, 255), false, wrong("wants a login")],
    [bytes(5, 255), true, wrong("takes no login by name and password")],
    [bytes(4), true, wrong("does not speak SOCKS5")],
    [Buffer.from("HTTP/1.1 400"), true, wrong("does not speak SOCKS5")],
  ])("%p, offered: %p", (answer, offered, meaning) => {
    expect(readMethod(answer, offered)).toEqual(meaning as never)
  })
})

test.each([
  [bytes(), more],
  [bytes(1), more],
  [bytes(1, 0), whole(2)],
  [bytes(5, 0), whole(2)],
  [bytes(1, 1), wrong("refuses the login")],
  [bytes(0, 255), wrong("refuses the login")],
])("the answer %p to a login", (answer, meaning) => {
  expect(readLogin(answer)).toEqual(meaning as never)
})

describe("the answer to a request", () => {
  test.each([
    [bytes(), more],
    [bytes(5), more],
    [bytes(5, 0), more],
    [bytes(5, 0, 0, 1), more],
    [bytes(5, 0, 0, 1, 0, 0, 0, 0, 0), more],
    [bytes(5, 0, 0, 1, 0, 0, 0, 0, 0, 0), whole(10)],
    [bytes(5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 220), whole(10)],
    [bytes(5, 0, 0, 3, 2, 65, 65, 0), more],
    [bytes(5, 0, 0, 3, 2, 65, 65, 0, 0), whole(9)],
    [bytes(5, 0, 0, 3, 0, 0, 0), whole(7)],
    [Buffer.concat([bytes(5, 0, 0, 4), Buffer.alloc(17)]), more],
    [Buffer.concat([bytes(5, 0, 0, 4), Buffer.alloc(18)]), whole(22)],
    // What failed need not be whole.
    [bytes(5, 2), wrong("does not allow the connection")],
    [bytes(5, 5, 0, 1), wrong("finds nothing that listens there")],
    [bytes(5, 200), wrong("gave the answer 200")],
    [bytes(5, 0, 0, 2, 0), wrong("answers with an address of no known kind")],
    [bytes(0, 90), wrong("does not speak SOCKS5")],
  ])("of version 5: %p", (answer, meaning) => {
    expect(readReply5(answer)).toEqual(meaning as never)
  })

  test.each([
    [bytes(), more],
    [bytes(0, 90, 0, 0, 0, 0, 0), more],
    [bytes(0, 90, 0, 0, 0, 0, 0, 0), whole(8)],
    [bytes(0, 90, 0, 0, 0, 0, 0, 0, 220), whole(8)],
    [bytes(0, 91), wrong("failed to connect, or does not allow it")],
    [bytes(0, 92), wrong("wants to ask this machine who you are (identd)")],
    [bytes(0, 0), wrong("gave the answer 0")],
    [bytes(5, 0), wrong("does not speak SOCKS4")],
  ])("of version 4: %p", (answer, meaning) => {
    expect(readReply4(answer)).toEqual(meaning as never)
  })
})

describe("whatever a proxy says", () => {
  const readers: Record<string, (bytes: Buffer) => Answer<unknown>> = {
    "a method": answer => readMethod(answer, true),
    "a login": readLogin,
    "version 5": readReply5,
    "version 4": readReply4,
  }
  /** Bytes that come far: most begin as they should. */
  const said = fc
    .tuple(
      fc.constantFrom([], [5], [5, 0, 0], [0, 90], [1, 0], [5, 0, 0, 3, 255]),
      fc.uint8Array({ maxLength: 300 }),
    )
    .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest]))
  /** The longest answer: an address that is a name of 255 bytes. */
  const longest = 4 + 1 + 255 + 2

  test.each(Object.keys(readers))(
    "%s is whole, wrong or not there yet, and never longer than what came",
    name => {
      const read = readers[name] ?? readLogin
      fc.assert(
        fc.property(said, bytes => {
          const answer = read(bytes)
          if (answer.kind === "whole") expect(answer.length).toBeLessThanOrEqual(bytes.length)
          if (answer.kind === "more") expect(bytes.length).toBeLessThan(longest)
        }),
        { numRuns: 5000 },
      )
    },
  )

  test.each(Object.keys(readers))(
    "%s means the same however it is cut, and what follows changes nothing",
    name => {
      const read = readers[name] ?? readLogin
      fc.assert(
        fc.property(said, bytes => {
          const first = Array.from({ length: bytes.length + 1 }, (_, length) =>
            read(bytes.subarray(0, length)),
          ).find(({ kind }) => kind !== "more")
          expect(read(bytes)).toEqual(first ?? { kind: "more" })
        }),
        { numRuns: 1000 },
      )
    },
  )
})
