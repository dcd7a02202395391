/** The proxy that the host itself goes through, from the variables that curl and its kind read. */
import { UserError } from "../base/error.ts"
import type { UpstreamProxy } from "./launch-plan.ts"

/** Every connection is a tunnel (CONNECT) to the proxy, so the one for HTTPS comes first; lower case wins, as in curl(1). */
const names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"] as const

type Environment = Readonly<Record<string, string | undefined>>

/** @throws UserError when the variable holds no proxy that can be used; it does not say the value, which may hold a password */
export function upstreamProxy(environment: Environment): UpstreamProxy | undefined {
  const set = names.filter(each => (environment[each] ?? "").trim() !== "")
  // Who has both kinds means the other one for programs like us.
  const name = set.find(each => !isSocks(environment[each])) ?? set[0]
  if (name === undefined) return undefined
  const text = (environment[name] ?? "").trim()
  // curl(1) takes it for version 4, desktops write it for version 5.
  if (/^socks:/i.test(text))
    throw new UserError(
      `${name} names a SOCKS proxy and not its version`,
      `write ${name}=socks5h://proxy.example:1080, or unset ${name}`,
    )
  const url = isSocks(text) ? socksUrl(text) : httpUrl(text)
  if (url === undefined)
    throw new UserError(
      `${name} holds no proxy that Cordon can go through`,
      `write ${name}=http://proxy.example:3128, or unset ${name}`,
    )
  return { url, except: exceptions(environment) }
}

function isSocks(text: string | undefined): boolean {
  return /^\s*socks\w*:/i.test(text ?? "")
}

/** A text without a scheme is one of an HTTP proxy. */
function httpUrl(text: string): string | undefined {
  const spelled = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = plainUrl(spelled)
  return url && ["http:", "https:"].includes(url.protocol) ? url.href.replace(/\/$/, "") : undefined
}

/** Bytes of a login's parts (RFC 1929). */
const loginMax = 255

/**
 * `socks5h://` and `socks4a://` are told names, `socks5://` and `socks4://` addresses. Of schemes that URL does not know
 * it checks no host, so all but the scheme is read as of HTTP, whose own port it would leave out.
 */
function socksUrl(text: string): string | undefined {
  const [, scheme = "", rest = ""] = /^(socks(?:4a?|5h?)):\/\/(.*)$/i.exec(text) ?? []
  const url = plainUrl(`http://${rest}`)
  if (scheme === "" || url === undefined) return undefined
  const [user, password] = [url.username, url.password].map(decodeURIComponent) as [string, string]
  if ([user, password].some(part => Buffer.byteLength(part) > loginMax)) return undefined
  // Version 4 has a user's name that ends with a zero, and no password.
  if (scheme.startsWith("socks4") && (password !== "" || user.includes("\0"))) return undefined
  const port = /:(\d+)\/?$/.exec(rest)?.[1] ?? "1080"
  const login = user + password === "" ? "" : `${url.username}:${url.password}@`
  return `${scheme.toLowerCase()}://${login}${url.hostname}:${Number(port)}`
}

/** What is a scheme, a host, perhaps a port and a login, and nothing else. */
function plainUrl(text: string): URL | undefined {
  if (/[^\x21-\x7e]/.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const { hostname, pathname, search, hash, username, password } = url
  const isPlain = hostname !== "" && (pathname === "/" || pathname === "") && search + hash === ""
  return isPlain && isDecodable(username) && isDecodable(password) ? url : undefined
}

/** Whether no `%` stands for itself. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause
    return false
  }
}

/** `NO_PROXY`: names (with what is below them), `*`, addresses and ranges, some with a port; lower case, without dots around. */
function exceptions(environment: Environment): string[] {
  const text = environment.no_proxy ?? environment.NO_PROXY ?? ""
  const entries = text.split(/[\s,]+/).map(entry => entry.toLowerCase().replace(/^\*?\.|\.$/g, ""))
  return [...new Set(entries.filter(entry => entry !== ""))]
}
