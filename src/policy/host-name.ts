/** Host names as they are compared: lower case, no trailing dot, international ones in their ASCII form (RFC 5891). */

/**
 * @param text what stands in the policy, for the message
 * @throws SyntaxError when it is no host name
 */
export function canonicalName(name: string, text: string): string {
  // Lower case first would make a k of the Kelvin sign.
  const ascii = /[^\x20-\x7e]/.test(name) ? asciiName(name, text) : name.toLowerCase()
  const labels = ascii.replace(/\.$/, "").split(".")
  if (labels.some(label => label.includes("*")))
    throw new SyntaxError(
      `"${text}": * stands alone or as the first label; write "*.${labels.filter(label => !label.includes("*")).join(".") || "example.com"}"`,
    )
  const canonical = labels.join(".")
  if (numeric.test(canonical))
    throw new SyntaxError(`"${text}" is no host name; an address is written 127.0.0.1 or [::1]`)
  if (!isCanonicalName(canonical)) throw new SyntaxError(`"${text}" is no host name`)
  return canonical
}

/** The last label is a number: some program would take it for an address (WHATWG URL, "ends in a number"). */
const numeric = /(^|\.)(0x[\da-f]*|\d+)$/

/** Whether a name is one that can be looked up, in the spelling in which names are compared. */
export function isCanonicalName(name: string): boolean {
  return (
    name.length <= 253 &&
    !numeric.test(name) &&
    name.split(".").every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  )
}

/**
 * The ASCII form of a name with other characters, when that says the same again: characters that show as nothing, wide
 * and look-alike forms of ASCII, and labels that mix Latin with look-alike scripts are more likely a trick or a slip.
 */
function asciiName(name: string, text: string): string {
  const hint = `"${text}" is no host name`
  // Loaded here: no name of nearly every policy needs it.
  const { domainToASCII, domainToUnicode } = process.getBuiltinModule("node:url")
  const plain = name.replace(/\.$/, "")
  const ascii = /[\x20-\x7e]/.test(plain.replace(/[a-z0-9._-]/gi, "")) ? "" : domainToASCII(plain)
  if (ascii === "") throw new SyntaxError(hint)
  // The Kelvin sign (U+212A) is a k to every function that knows Unicode, and looks like another one to nobody.
  const lossless =
    !plain.includes("\u212a") && domainToUnicode(ascii) === plain.normalize("NFC").toLowerCase()
  if (!lossless || plain.split(".").some(mixesScripts))
    throw new SyntaxError(`${hint}; write it as "${ascii}"`)
  return ascii
}

function mixesScripts(label: string): boolean {
  return (
    /\p{Script=Latin}/u.test(label) && /\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Cherokee}/u.test(label)
  )
}
