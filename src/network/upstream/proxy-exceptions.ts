/** Which hosts are reached without the host's proxy: NO_PROXY, as curl(1) reads it. */
import { parseAddress } from "../../base/address.ts"
import { isInRange, parseRange } from "../../policy/address-ranges.ts"
import { splitEndpoint } from "../names/endpoint-text.ts"

/**
 * @param exceptions `example.com` and `.example.com` (it and all below), `*`, `10.0.0.0/8`, `[::1]`, each perhaps with `:port`
 * @param host canonical name or address
 */
export function isExcepted(exceptions: readonly string[], host: string, port: number): boolean {
  return exceptions.some(text => {
    const { host: pattern, port: only } = splitEndpoint(text.trim().toLowerCase())
    return (only === undefined || only === port) && fits(pattern, host)
  })
}

function fits(pattern: string, host: string): boolean {
  if (pattern === "*") return true
  const address = parseAddress(host)
  if (address === undefined) {
    const suffix = pattern.replace(/^\*?\.|\.$/g, "")
    return suffix !== "" && (host === suffix || host.endsWith(`.${suffix}`))
  }
  const range = rangeOf(pattern)
  return range !== undefined && isInRange(address, range)
}

/** @returns undefined for what is no address and no range, and so means no address */
function rangeOf(pattern: string): ReturnType<typeof parseRange> | undefined {
  const [, text = "", digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(pattern) ?? []
  const address = parseAddress(text)
  if (address === undefined || Number(digits ?? 0) > address.width) return undefined
  return parseRange(pattern)
}
