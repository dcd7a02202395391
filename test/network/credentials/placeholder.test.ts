import { describe, expect, test } from "bun:test"
import { placeholderOf } from "../../../src/network/credentials/placeholder.ts"

/** Letters by their kind, so that shapes can be compared. */
function shapeOf(text: string): string {
  return text.replace(/[a-z]/g, "a").replace(/[A-Z]/g, "A").replace(/[0-9]/g, "0")
}

const secrets: readonly (readonly [kind: string, secret: string, prefix: string])[] = [
  ["GitHub's", "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", "ghp_"],
  [
    "GitHub's fine-grained",
    `github_pat_11ABCDEFG0${"aB3dE5fG7h".repeat(6)}_${"xY9".repeat(10)}`,
    "github_pat_",
  ],
  ["Anthropic's", `sk-ant-api03-${"aB3-dE5_fG".repeat(9)}AA`, "sk-ant-api03-"],
  ["OpenAI's", `sk-proj-${"aB3dE5fG7h".repeat(4)}`, "sk-proj-"],
  ["OpenAI's old", `sk-${"aB3dE5fG7h".repeat(4)}`, "sk-"],
  ["npm's", `npm_${"aB3dE5fG7h".repeat(3)}aB3dE5`, "npm_"],
  ["Slack's", "xoxb-123456789012-1234567890123-aB3dE5fG7hI9jK1lM3nO5pQ7", "xoxb-"],
  ["GitLab's", "glpat-aB3dE5fG7hI9jK1lM3nO", "glpat-"],
  ["Amazon's", "AKIAIOSFODNN7EXAMPLE", "AKIA"],
  ["Google's", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "AIza"],
  ["Hugging Face's", `hf_${"aBcDeFgHiJ".repeat(3)}abcd`, "hf_"],
  ["Stripe's", `sk_live_${"aB3dE5fG7h".repeat(2)}abcd`, "sk_live_"],
  ["a UUID", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", ""],
]

describe("the placeholder of a secret", () => {
  test.each(secrets)("%s has its shape and beginning", (_, secret, prefix) => {
    const placeholder = placeholderOf(secret)
    expect(placeholder).toHaveLength(secret.length)
    expect(placeholder.startsWith(prefix)).toBe(true)
    if (!/^[0-9a-f-]+$/.test(secret)) expect(shapeOf(placeholder)).toBe(shapeOf(secret))
  })

  test.each(secrets)("%s has nothing of it, and is another one each time", (_, secret, prefix) => {
    const [one, two] = [placeholderOf(secret), placeholderOf(secret)]
    expect(one).not.toBe(two)
    expect(one).not.toBe(secret)
    // Eight letters in a row that stay where they are do not happen by chance.
    for (let at = prefix.length; at + 8 <= secret.length; at++) {
      const part = secret.slice(at, at + 8)
      if (/^[A-Za-z0-9]{8}$/.test(part)) expect(one.slice(at, at + 8)).not.toBe(part)
    }
  })

  test("keeps hexadecimal hexadecimal, in its case", () => {
    expect(placeholderOf("0123456789abcdef0123456789abcdef01234567")).toMatch(/^[0-9a-f]{40}$/)
    expect(placeholderOf("DEADBEEFDEADBEEFDEADBEEFDEADBEEF")).toMatch(/^[A-F]{32}$/)
    expect(placeholderOf("3f2504e0-4f89-41d3-9a0c-0305e82c3301")).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
    )
  })

  test("keeps punctuation where it is", () => {
    expect(placeholderOf("user@example.com:aB3dE5fG7hI9jK1l")).toMatch(
      /^[a-z]{4}@[a-z]{7}\.[a-z]{3}:[A-Za-z0-9]{16}$/,
    )
  })

  test.each(["hunter2", "1234", "a", "ghp_", "----------------", "password", "00000000"])(
    "%s, which is short, is longer than it: it must stand for nothing else",
    secret => {
      const placeholder = placeholderOf(secret)
      expect(placeholder.length).toBeGreaterThan(secret.length)
      expect(placeholder.length).toBeGreaterThanOrEqual(11)
      expect(shapeOf(placeholder).startsWith(shapeOf(secret))).toBe(true)
    },
  )

  test("never comes twice", () => {
    const made = Array.from({ length: 2000 }, () => placeholderOf("hunter2"))
    expect(new Set(made).size).toBe(made.length)
  })

  test("is printable ASCII whatever the secret has", () => {
    for (let code = 0x20; code < 0x7f; code++)
      expect(placeholderOf(String.fromCharCode(code).repeat(20))).toMatch(/^[\x20-\x7e]+$/)
  })
})

function token(
  header: unknown,
  payload: unknown,
  signature = "c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU",
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part(header)}.${part(payload)}.${signature}`
}

function read(token: string, part: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[part] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >
}

describe("a JSON web token", () => {
  const header = { alg: "RS256", typ: "JWT", kid: "key-2026" }
  const payload = {
    iss: "https://accounts.example.com",
    sub: "user-4711",
    exp: 1_900_000_000,
    admin: true,
    scopes: ["read", "write"],
    nested: { email: "ada@example.com", none: null },
    quoted: 'a "b" \\ c \u00e9 \n',
  }
  const secret = token(header, payload)
  const placeholder = placeholderOf(secret)

  test("stays one, of the same length", () => {
    expect(placeholder).toHaveLength(secret.length)
    expect(placeholder.split(".").map(part => part.length)).toEqual(
      secret.split(".").map(part => part.length),
    )
    expect(() => [read(placeholder, 0), read(placeholder, 1)]).not.toThrow()
  })

  test("keeps what clients read: how it is signed, its keys, its times", () => {
    expect(read(placeholder, 0)).toMatchObject({ alg: "RS256", typ: "JWT" })
    expect(read(placeholder, 1)).toMatchObject({ exp: 1_900_000_000, admin: true })
    expect(Object.keys(read(placeholder, 1))).toEqual(Object.keys(payload))
  })

  test("loses who it is about, and its signature", () => {
    const shown = JSON.stringify([read(placeholder, 0), read(placeholder, 1)])
    for (const text of ["key-2026", "user-4711", "ada@example.com", "accounts.example.com"])
      expect(shown).not.toContain(text)
    expect(placeholder.split(".")[2]).not.toBe(secret.split(".")[2])
  })

  test("with texts of the same shape", () => {
    const { sub, scopes } = read(placeholder, 1) as { sub: string; scopes: string[] }
    expect(sub).toMatch(/^[a-z]{4}-\d{4}$/)
    expect(scopes.map(scope => scope.length)).toEqual([4, 5])
  })

  test.each([
    ["three words", "one.two.three-words-with-some-length"],
    ["two parts", `${token(header, payload).split(".").slice(0, 2).join(".")}`],
    ["a header that is no JSON", `${Buffer.from("{no json at all}").toString("base64url")}.e30.c2lnbmF0dXJl`],
    ["a list", `${Buffer.from("[1,2,3]").toString("base64url")}.e30.c2lnbmF0dXJl`],
  ])("%s is none, and is scrambled as any other text", (_, secret) => {
    const placeholder = placeholderOf(secret)
    expect(placeholder).not.toBe(secret)
    expect(shapeOf(placeholder).slice(0, secret.length)).toHaveLength(secret.length)
    expect(placeholder.split(".").length).toBe(secret.split(".").length)
  })
})
