/**
 * Puts the secret where the placeholder stands, in the one place of a request that the policy names, and nowhere else:
 * nothing is added to a request that has no placeholder, and a placeholder elsewhere stays one.
 */
import type { Credential } from "../../policy/credential.ts"

export type Header = readonly [name: string, value: string]

/** A credential that is for the host in question, with what is swapped. */
export type Swap = { as: Credential["as"]; placeholder: string; secret: string }

export type Swapped = { target: string; headers: Header[] }

/**
 * @param target request target in origin form
 * @param headers names in any case
 */
export function swapIn(swaps: readonly Swap[], target: string, headers: readonly Header[]): Swapped {
  return swaps.reduce((swapped: Swapped, swap) => swapOne(swap, swapped), { target, headers: [...headers] })
}

/** The other way: an answer's header that repeats a secret has the placeholder instead. */
export function swapOut(swaps: readonly Swap[], headers: readonly Header[]): Header[] {
  return headers.map(([name, value]) => [name, hidden(value, swaps)] as const)
}

function hidden(text: string, swaps: readonly Swap[]): string {
  return swaps.reduce((text, { secret, placeholder }) => {
    const spelled = encodeURIComponent(secret)
    // As functions: in a text `$&` would mean what it replaces, the secret.
    const plain = text.replaceAll(secret, () => placeholder)
    return spelled === secret ? plain : plain.replaceAll(spelled, () => encodeURIComponent(placeholder))
  }, text)
}

function swapOne({ as, placeholder, secret }: Swap, { target, headers }: Swapped): Swapped {
  if (as.kind === "query") return { target: swapQuery(target, as.name, { placeholder, secret }), headers }
  const swapHeader = (wanted: string, change: (value: string) => string) =>
    headers.map((header): Header => {
      const [name, value] = header
      if (name.toLowerCase() !== wanted) return header
      const changed = change(value)
      return changed === value ? header : [name, changed]
    })
  if (as.kind === "header")
    return {
      target,
      headers: swapHeader(as.name.toLowerCase(), value => value.replaceAll(placeholder, () => secret)),
    }
  const scheme = as.kind === "bearer" ? swapBearer : swapBasic(as.user)
  return { target, headers: swapHeader("authorization", value => scheme(value, { placeholder, secret })) }
}

type Pair = Pick<Swap, "placeholder" | "secret">

/** RFC 6750 section 2.1, and `token`, which GitHub's clients write. */
function swapBearer(value: string, { placeholder, secret }: Pair): string {
  const [, scheme, token] = /^((?:bearer|token) +)(\S+)$/i.exec(value.trim()) ?? []
  return scheme !== undefined && token === placeholder ? scheme + secret : value
}

/**
 * RFC 7617.
 * @param user the user that the policy names; "" = the secret stands in the place of the user, as Stripe has it
 */
function swapBasic(user: string): (value: string, pair: Pair) => string {
  return (value, { placeholder, secret }) => {
    const [, scheme, encoded] = /^(basic +)([A-Za-z0-9+/]+={0,2})$/i.exec(value.trim()) ?? []
    if (scheme === undefined || encoded === undefined) return value
    const plain = Buffer.from(encoded, "base64").toString("latin1")
    const colon = plain.indexOf(":")
    const [given, password] = colon < 0 ? [plain, ""] : [plain.slice(0, colon), plain.slice(colon + 1)]
    if (user === "" && given === placeholder)
      return scheme + Buffer.from(`${secret}${colon < 0 ? "" : ":"}${password}`, "latin1").toString("base64")
    if (given !== user || password !== placeholder) return value
    return scheme + Buffer.from(`${given}:${secret}`, "latin1").toString("base64")
  }
}

/** `application/x-www-form-urlencoded` or RFC 3986: both decode the placeholder the same, and the secret is encoded for both. */
function swapQuery(target: string, name: string, { placeholder, secret }: Pair): string {
  const start = target.indexOf("?")
  if (start < 0) return target
  const parameters = target
    .slice(start + 1)
    .split("&")
    .map(parameter => {
      const equals = parameter.indexOf("=")
      if (equals < 0) return parameter
      const isIt =
        decoded(parameter.slice(0, equals)) === name && decoded(parameter.slice(equals + 1)) === placeholder
      return isIt ? `${parameter.slice(0, equals)}=${encodeURIComponent(secret)}` : parameter
    })
  return `${target.slice(0, start)}?${parameters.join("&")}`
}

function decoded(text: string): string {
  return Buffer.from(
    text
      .replaceAll("+", " ")
      .replace(/%([\dA-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "latin1",
  ).toString("latin1")
}
