import { describe, expect, test } from "bun:test"
import { withoutSecrets, withPlaceholders } from "../../src/plan/credentials.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"

const secret = "ghp_SECRETsecretSECRET"
const placeholder = "ghp_PLACEHOLDERplaceho"

function credential(name: string, from: Credential["from"]): Credential {
  return { name, from, hosts: [hostPattern("api.test")], as: { kind: "bearer" } }
}

const fromVariable = (name: string, variable: string) =>
  credential(name, { kind: "variable", name: variable })
const token = new Map([["GITHUB_TOKEN", { secret, placeholder }]])

describe("the environment inside", () => {
  test("has the placeholder where the secret was", () => {
    const credentials = [fromVariable("GITHUB_TOKEN", "GITHUB_TOKEN")]
    expect(withPlaceholders({ GITHUB_TOKEN: secret, PATH: "/bin" }, credentials, token)).toEqual({
      GITHUB_TOKEN: placeholder,
      PATH: "/bin",
    })
  })

  test("has no secret with dollar signs under another name either", () => {
    const pair = { secret: "tok$&abcdefgh$$ijk", placeholder: "xyz$&qwertyui$$asd" }
    const credentials = [fromVariable("TOKEN", "TOKEN")]
    const inside = withPlaceholders(
      { TOKEN: pair.secret, OTHER: `a ${pair.secret}` },
      credentials,
      new Map([["TOKEN", pair]]),
    )
    expect(inside).toEqual({ TOKEN: pair.placeholder, OTHER: `a ${pair.placeholder}` })
  })

  test("has it where the variable had been taken away already", () => {
    expect(withPlaceholders({}, [fromVariable("GITHUB_TOKEN", "GITHUB_TOKEN")], token)).toEqual({
      GITHUB_TOKEN: placeholder,
    })
  })

  test("has not the variable that the secret came from under another name", () => {
    expect(withPlaceholders({ MY_TOKEN: secret }, [fromVariable("GITHUB_TOKEN", "MY_TOKEN")], token)).toEqual(
      {
        GITHUB_TOKEN: placeholder,
      },
    )
  })

  test.each<Credential["from"]>([
    { kind: "file", path: "/x" },
    { kind: "command", words: ["gh", "auth", "token"] },
  ])("has it for a secret of %p", from => {
    expect(withPlaceholders({}, [credential("GITHUB_TOKEN", from)], token)).toEqual({
      GITHUB_TOKEN: placeholder,
    })
  })

  test.each([
    ["under another name", secret, placeholder],
    ["within a URL", `https://git:${secret}@github.com/x`, `https://git:${placeholder}@github.com/x`],
    ["twice", `${secret} ${secret}`, `${placeholder} ${placeholder}`],
  ])("has no secret %s either", (_, value, wanted) => {
    const credentials = [fromVariable("GITHUB_TOKEN", "GITHUB_TOKEN")]
    expect(withPlaceholders({ OTHER: value }, credentials, token).OTHER).toBe(wanted)
  })

  test("a short secret is a part of too many words to be looked for", () => {
    const short = new Map([["PIN", { secret: "1234", placeholder: "5678xxxxxxxxx" }]])
    expect(withPlaceholders({ PORT: "12345", PIN: "1234" }, [fromVariable("PIN", "PIN")], short)).toEqual({
      PORT: "12345",
      PIN: "5678xxxxxxxxx",
    })
  })

  test("two credentials that exchange their names have each its own placeholder", () => {
    const secrets = new Map([
      ["A", { secret: "secret-of-a", placeholder: "placeho-of-a" }],
      ["B", { secret: "secret-of-b", placeholder: "placeho-of-b" }],
    ])
    const credentials = [fromVariable("A", "B"), fromVariable("B", "A")]
    expect(withPlaceholders({ A: "secret-of-b", B: "secret-of-a" }, credentials, secrets)).toEqual({
      A: "placeho-of-a",
      B: "placeho-of-b",
    })
  })

  test("without credentials is what it was", () => {
    const environment = { A: "1", B: "2" }
    expect(withPlaceholders(environment, [], new Map())).toEqual(environment)
  })
})

describe("the environment of a session without a border", () => {
  const inherited = { SOME: `${secret} `, SHORT: "abc", OTHER: secret }
  const sourced = (value: Credential) => ({ value })

  test("has no variable that holds a secret of a variable, whatever it is called", () => {
    const environment = { OTHER: secret, WITHIN: `x:${secret}@y`, PATH: "/bin", abc: "abc" }
    const credentials = [
      sourced(fromVariable("GITHUB_TOKEN", "SOME")),
      sourced(fromVariable("PIN", "SHORT")),
      sourced(fromVariable("GONE", "ABSENT")),
      sourced(credential("FILE", { kind: "file", path: "/bin" })),
    ]
    expect(withoutSecrets(environment, credentials, inherited)).toEqual({ PATH: "/bin", abc: "abc" })
  })

  test("is as it was without credentials", () => {
    expect(withoutSecrets({ OTHER: secret }, [], inherited)).toEqual({ OTHER: secret })
  })
})
