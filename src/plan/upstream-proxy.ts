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
  if (isSocks(environment[name]))
    throw new UserError(
      `${name} names a SOCKS proxy, which the filtered network cannot go through`,
      `set HTTPS_PROXY=http://proxy.example:3128 if there is such a proxy, unset ${name}, or use --net open`,
    )
  const url = proxyUrl((environment[name] ?? "").trim())
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
function proxyUrl(text: string): string | undefined {
  const spelled = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (/[^\x21-\x7e]/.test(spelled) || !URL.canParse(spelled)) return undefined
  const { protocol, hostname, pathname, search, hash, href } = new URL(spelled)
  const plain = hostname !== "" && (pathname === "/" || pathname === "") && search + hash === ""
  return plain && ["http:", "https:"].includes(protocol) ? href.replace(/\/$/, "") : undefined
}

/** `NO_PROXY`: names (with what is below them), `*`, addresses and ranges, some with a port; lower case, without dots around. */
function exceptions(environment: Environment): string[] {
  const text = environment.no_proxy ?? environment.NO_PROXY ?? ""
  const entries = text.split(/[\s,]+/).map(entry => entry.toLowerCase().replace(/^\*?\.|\.$/g, ""))
  return [...new Set(entries.filter(entry => entry !== ""))]
}
