/** A proxy of the host, as plan/upstream-proxy.ts has spelled it. */
import { bug } from "../../base/error.ts"

export type ProxyLogin = { user: string; password: string }

const kinds = {
  "http:": { language: "http", isTls: false, looksUp: true, port: 80 },
  "https:": { language: "http", isTls: true, looksUp: true, port: 443 },
  "socks4:": { language: "socks4", isTls: false, looksUp: false, port: 1080 },
  "socks4a:": { language: "socks4", isTls: false, looksUp: true, port: 1080 },
  "socks5:": { language: "socks5", isTls: false, looksUp: false, port: 1080 },
  "socks5h:": { language: "socks5", isTls: false, looksUp: true, port: 1080 },
} as const

export type ProxyAddress = {
  language: "http" | "socks4" | "socks5"
  host: string
  port: number
  /** TLS to the proxy itself */
  isTls: boolean
  /** it is told names, and looks them up itself */
  looksUp: boolean
  login: ProxyLogin | undefined
}

export function proxyAddress(url: string): ProxyAddress {
  const { protocol, hostname, port, username, password } = new URL(url)
  const kind = Object.hasOwn(kinds, protocol) ? kinds[protocol as keyof typeof kinds] : undefined
  if (kind === undefined) throw bug(`a proxy of ${protocol}`)
  return {
    ...kind,
    host: hostname.replace(/^\[|\]$/g, ""),
    // URL leaves the scheme's own port out, so none means that one; curl(1) alone would take 1080.
    port: port === "" ? kind.port : Number(port),
    login:
      username + password === ""
        ? undefined
        : { user: decodeURIComponent(username), password: decodeURIComponent(password) },
  }
}
