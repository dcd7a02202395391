/** Secrets that would get into a log by accident. What they stand beside stays readable. */
import { describe, expect, test } from "bun:test"
import { redactText, redactWords } from "../../src/audit/redact.ts"

describe("what looks like a secret is left out", () => {
  test.each([
    ["https://ann:s3cret@github.com/x.git", "https://…@github.com/x.git"],
    ["git+ssh://token@host/x", "git+ssh://…@host/x"],
    ["postgres://:s3cret@db:5432/x", "postgres://…@db:5432/x"],
    ["https://api.x/y?token=s3cret&z=1", "https://api.x/y?token=…&z=1"],
    ["--password=s3cret", "--password=…"],
    ["API_KEY=s3cret", "API_KEY=…"],
    ["MY_ACCESS_TOKEN=s3cret", "MY_ACCESS_TOKEN=…"],
    ["Authorization: Bearer s3cret", "Authorization: Bearer …"],
    ["authorization: s3cret", "authorization: …"],
    ["Proxy-Authorization: Basic YW5uOng=", "Proxy-Authorization: Basic …"],
    ["x-api-key: s3cret", "x-api-key: …"],
    ["Cookie: a=b; c=d", "Cookie: …"],
    ["ghp_abcdefghijklmnop1234", "ghp_…"],
    ["use sk-ant-REDACTED now", "use sk-a… now"],
    ["AKIAIOSFODNN7EXAMPLE", "AKIA…"],
    ["eyJhbGciOiJIUzI1NiJ9.e30.abc", "eyJh…"],
  ])("%s", (text, shown) => {
    expect(redactText(text)).toBe(shown)
    expect(redactText(text)).not.toContain("s3cret")
  })
})

describe("what does not stays as it is", () => {
  test.each([
    "https://github.com/x.git",
    "npm test",
    "--token-file=/run/x",
    "mail ann@example.com",
    "git@github.com:x/y.git",
    "tokenize=yes",
    "task-abcdefghijklmnopqrst",
    "author: ann",
    "/usr/bin/env",
    "",
  ])("%s", text => {
    expect(redactText(text)).toBe(text)
  })
})

describe("words of a command line", () => {
  test("the word after an option for a secret is left out, and no other", () => {
    const words = ["curl", "--token", "s3cret", "-u", "ann", "https://x/"]
    expect(redactWords(words)).toEqual(["curl", "--token", "…", "-u", "ann", "https://x/"])
  })

  test.each(["--password", "--api-key", "--api_key", "-token", "--access-token", "--Secret"])(
    "%s",
    option => {
      expect(redactWords([option, "s3cret"])).toEqual([option, "…"])
    },
  )

  test.each(["--passwords", "--token-file", "token", "--", "-p"])("%s is no such option", option => {
    expect(redactWords([option, "next"])).toEqual([option, "next"])
  })

  test("each word is looked at by itself too", () => {
    expect(redactWords(["-H", "Authorization: Bearer s3cret", "x"])).toEqual([
      "-H",
      "Authorization: Bearer …",
      "x",
    ])
  })

  test("hostile words end soon", () => {
    const long = "a".repeat(100_000)
    const words = [
      `https://${long}`,
      `token=${long}`,
      `${long}@`,
      "-".repeat(100_000),
      `x-api-key: ${long}`,
      "a:".repeat(50_000),
      "a://".repeat(25_000),
    ]
    // Patterns that go back and forth take minutes for these.
    expect(redactWords(words)).toHaveLength(words.length)
  })
})
