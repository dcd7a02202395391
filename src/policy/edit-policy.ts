/** What "always" means: a host more in `network.allow` of the user policy, and nothing else changed. */
import { isDeepStrictEqual } from "node:util"
import { PolicyError, UserError } from "../base/error.ts"
import { textsWithItem } from "./edit-yaml.ts"
import { hostPattern, hostText } from "./host-pattern.ts"
import { parsePolicy } from "./parse.ts"
import { type PolicyFile, policyFileSchema } from "./schema.ts"
import { readYaml } from "./yaml.ts"

/** A policy that says nothing yet. */
const emptyPolicy = "version: 1\n"

/**
 * @param text the policy as it is, or undefined when there is none
 * @param file its name, for messages
 * @param pattern as `hostText` has it
 * @returns the new text, or undefined when the list has the pattern already
 * @throws PolicyError with all problems of the text: what is broken is not added to
 * @throws UserError when the text is written in a way that cannot be added to
 */
export function withAllowedHost(text: string | undefined, file: string, pattern: string): string | undefined {
  const before = text === undefined || text.trim() === "" ? emptyPolicy : text
  const { content } = parsePolicy(before, file, policyFileSchema)
  const present = content.network?.allow ?? []
  if (present.some(item => sameHost(typeof item === "string" ? item : item.host, pattern))) return undefined
  const expected = {
    ...content,
    network: { ...content.network, allow: [...present, pattern] },
  } satisfies PolicyFile
  const item = { steps: ["network", "allow"], value: pattern, present }
  const texts = textsWithItem(before, readYaml(before, file).document, item)
  const found = texts.find(candidate => says(candidate, file, expected))
  if (found === undefined)
    throw new UserError(
      `${file}: network.allow is written in a way that Cordon cannot add to`,
      `add ${JSON.stringify(pattern)} to network.allow by hand`,
    )
  return found
}

function sameHost(written: string, pattern: string): boolean {
  try {
    return hostText(hostPattern(written)) === pattern
  } catch (cause) {
    // Whoever checks the whole policy tells about it.
    if (!(cause instanceof SyntaxError)) throw cause
    return false
  }
}

function says(text: string, file: string, expected: PolicyFile): boolean {
  try {
    return isDeepStrictEqual(parsePolicy(text, file, policyFileSchema).content, expected)
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause
    return false
  }
}
