/** The one judge of host names that come from inside: questions for names, server names of TLS, hosts of HTTP. */
import { isCanonicalName } from "../../policy/host-name.ts"

/**
 * The name as names are compared, lower case and without a trailing dot. Labels as in RFC 1123, and underscores; what
 * some program reads as an address, such as `127.1`, is none.
 * @param text a character for each byte
 * @returns undefined when it is no host name
 */
export function canonicalHostName(text: string): string | undefined {
  // Lower case first would make a k of the Kelvin sign.
  if (/[^\x21-\x7e]/.test(text)) return undefined
  const name = text.toLowerCase().replace(/\.$/, "")
  return isCanonicalName(name) ? name : undefined
}
