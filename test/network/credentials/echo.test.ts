import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { EchoFilter, isReadable } from "../../../src/network/credentials/echo.ts"
import type { Swap } from "../../../src/network/credentials/swap.ts"

const secret = "ghp_SECRETsecretSECRET"
const placeholder = "ghp_PLACEHOLDERplaceho"
const used: Swap[] = [{ as: { kind: "bearer" }, secret, placeholder }]

/** All that comes out when the pieces go in. */
function filtered(pieces: readonly string[], swaps = used): string {
  const filter = new EchoFilter(swaps)
  const out = pieces.map(piece => filter.push(Buffer.from(piece)))
  return Buffer.concat([...out, filter.end()]).toString()
}

test("a secret that is repeated is the placeholder inside", () => {
  expect(filtered([`{"token":"${secret}"}`])).toBe(`{"token":"${placeholder}"}`)
  expect(filtered([secret + secret])).toBe(placeholder + placeholder)
  expect(filtered([secret])).toBe(placeholder)
})

test("however it is cut", () => {
  const text = `before ${secret} after`
  for (let cut = 0; cut <= text.length; cut++) {
    const pieces = [text.slice(0, cut), text.slice(cut)]
    const start = "before ".length
    // Less than eight letters of it at the end of a piece are passed on at once.
    const isEarly = cut > start && cut < start + 8
    expect(filtered(pieces)).toBe(isEarly ? text : `before ${placeholder} after`)
  }
})

test("byte by byte nothing waits that could be the end of a word", () => {
  const filter = new EchoFilter(used)
  for (const letter of "a sentence that ends in ghp_")
    expect(String(filter.push(Buffer.from(letter)))).toBe(letter)
})

test("what could be the beginning of the secret waits, and comes when it is not", () => {
  const filter = new EchoFilter(used)
  expect(String(filter.push(Buffer.from("x ghp_SECRET")))).toBe("x ")
  expect(String(filter.push(Buffer.from("ly")))).toBe("ghp_SECRETly")
  expect(filter.end()).toHaveLength(0)
})

test("what waits at the end comes at the end", () => {
  const filter = new EchoFilter(used)
  expect(filter.push(Buffer.from("ghp_SECRETsecret"))).toHaveLength(0)
  expect(String(filter.end())).toBe("ghp_SECRETsecret")
  expect(filter.end()).toHaveLength(0)
})

test("pieces that are nobody's are passed on as they are, not copied", () => {
  const bytes = Buffer.from("nothing of it")
  expect(new EchoFilter(used).push(bytes).buffer).toBe(bytes.buffer)
  expect(new EchoFilter([]).push(bytes)).toBe(bytes)
})

test("the piece that came is not written to", () => {
  const bytes = Buffer.from(secret)
  new EchoFilter(used).push(bytes)
  expect(String(bytes)).toBe(secret)
})

test("a placeholder of another length would change the length of the answer: the secret stays", () => {
  expect(filtered([secret], [{ as: { kind: "bearer" }, secret, placeholder: `${placeholder}x` }])).toBe(
    secret,
  )
})

test("a short secret is in too many words", () => {
  expect(filtered(["password"], [{ as: { kind: "bearer" }, secret: "pass", placeholder: "xxxx" }])).toBe(
    "password",
  )
})

test("two secrets", () => {
  const other: Swap = { as: { kind: "bearer" }, secret: "xoxb-0123456789", placeholder: "xoxb-9876543210" }
  expect(filtered([`${secret} xoxb-0123`, "456789"], [...used, other])).toBe(`${placeholder} xoxb-9876543210`)
})

test("as many bytes come out as went in, for any bytes in any pieces", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(secret, secret.slice(0, 12), secret.slice(3), "ghp_", "g"),
  )
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      const out = filtered(pieces)
      expect(Buffer.byteLength(out)).toBe(Buffer.byteLength(pieces.join("")))
      expect(out.replaceAll(placeholder, secret)).toBe(pieces.join("").replaceAll(placeholder, secret))
    }),
    { numRuns: 500 },
  )
})

describe("a body can be looked into", () => {
  test.each([undefined, "identity", "Identity", " identity "])("when it is encoded as %s", encoding => {
    expect(isReadable(encoding)).toBe(true)
  })

  test.each(["gzip", "br", "zstd", "gzip, identity", ""])("and not when as %s", encoding => {
    expect(isReadable(encoding)).toBe(false)
  })
})
