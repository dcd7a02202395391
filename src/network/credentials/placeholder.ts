/**
 * What stands inside in the place of a secret: it has the secret's shape, so that clients which look at it (a prefix, a
 * length, the expiry in a token) are content, and none of its content.
 */
import { randomInt } from "node:crypto"

/** Beginnings by which clients and servers tell kinds of keys apart; they are public. Longer ones first. */
const prefixes = [
  "github_pat_",
  "glpat-",
  "gldt-",
  "ghp_",
  "gho_",
  "ghu_",
  "ghs_",
  "ghr_",
  "sk-ant-api03-",
  "sk-ant-oat01-",
  "sk-ant-",
  "sk-proj-",
  "sk-svcacct-",
  "sk-or-v1-",
  "sk_live_",
  "sk_test_",
  "rk_live_",
  "sk-",
  "npm_",
  "pypi-",
  "hf_",
  "xoxb-",
  "xoxp-",
  "xapp-",
  "xai-",
  "gsk_",
  "AKIA",
  "ASIA",
  "AIza",
  "ya29.",
  "dop_v1_",
  "lin_api_",
  "ntn_",
  "figd_",
  "SG.",
]

const digits = "0123456789"
const lower = "abcdefghijklmnopqrstuvwxyz"
const upper = lower.toUpperCase()
const everything = digits + lower + upper

/** Fewer choices than 2 to this power, and two placeholders, or one and an ordinary word, could be the same. */
const randomBitsMin = 64

/** @param secret printable ASCII */
export function placeholderOf(secret: string): string {
  const like = jsonWebToken(secret) ?? afterPrefix(secret)
  // A prefix that is the whole secret, a PIN, a word: what is short is made longer, so that it stands for nothing else.
  const missing = randomBitsMin - randomBitsOf(secret)
  if (missing <= 0) return like
  return like + Array.from({ length: Math.ceil(missing / Math.log2(everything.length)) }, anyOf).join("")
}

function anyOf(): string {
  return pick(everything)
}

function pick(letters: string): string {
  return letters[randomInt(letters.length)] ?? ""
}

function prefixOf(secret: string): string {
  return prefixes.find(prefix => secret.startsWith(prefix)) ?? ""
}

function afterPrefix(secret: string): string {
  const prefix = prefixOf(secret)
  return prefix + scrambled(secret.slice(prefix.length))
}

/** Each letter by one of its kind; a text in hexadecimal stays one; everything else stays. */
function scrambled(text: string): string {
  const kinds = kindsOf(text)
  return text.replace(/[A-Za-z0-9]/g, letter => pick(kinds.find(kind => kind.includes(letter)) ?? everything))
}

function kindsOf(text: string): readonly string[] {
  const letters = text.replace(/[^A-Za-z]/g, "")
  if (!/^([a-f]+|[A-F]+)$/.test(letters)) return [digits, lower, upper]
  return [digits, /[a-f]/.test(letters) ? "abcdef" : "ABCDEF"]
}

function randomBitsOf(secret: string): number {
  const rest = secret.slice(prefixOf(secret).length)
  const kinds = kindsOf(rest)
  return [...rest].reduce(
    (sum, letter) => sum + Math.log2(kinds.find(kind => kind.includes(letter))?.length ?? 1),
    0,
  )
}

/** RFC 7519: header and payload stay JSON with the same keys, numbers and so times; every other text is scrambled. */
function jsonWebToken(secret: string): string | undefined {
  const [header, payload, signature, ...more] = secret.split(".")
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined
  const segments = [header, payload].map(jsonText)
  if (segments.includes(undefined)) return undefined
  const like = segments.map(text => Buffer.from(scrambledJson(text ?? "")).toString("base64url"))
  return [...like, scrambled(signature)].join(".")
}

/** @returns undefined when the segment is no JSON object that would have the same length again */
function jsonText(segment: string): string | undefined {
  const text = Buffer.from(segment, "base64url").toString("utf8")
  if (!text.startsWith("{") || Buffer.from(text).toString("base64url") !== segment) return undefined
  try {
    JSON.parse(text)
    return text
  } catch (cause) {
    // Three parts with dots between them and no JSON: some other kind of token.
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Texts that say how to read the token, not what it is about. */
const openTexts = new Set(["alg", "typ", "cty", "enc", "crv", "kty"])

function scrambledJson(text: string): string {
  let key = ""
  return text.replace(/"((?:[^"\\]|\\.)*)"(\s*:)?/g, (whole, content: string, colon: string | undefined) => {
    if (colon !== undefined) {
      key = content
      return whole
    }
    if (openTexts.has(key)) return whole
    // An escape stays: scrambled it could become none.
    return `"${content.replace(/\\(?:u[\dA-Fa-f]{4}|.)|[^\\]+/g, part => (part.startsWith("\\") ? part : scrambled(part)))}"`
  })
}
