/** The command's environment, kept without the values that the caller gave. */
import type { Assignment } from "../policy/layer.ts"
import { rankOf } from "../policy/source.ts"

type Values = Readonly<Record<string, string | undefined>>

/**
 * In order. A text is a value of Cordon's own; otherwise it begins with what the caller's variable of that name holds, or is
 * what is left of it, entry by entry.
 */
export type KeptEnvironment = readonly (readonly [
  name: string,
  value: string | { more: string } | { entries: readonly number[] },
])[]

/**
 * @param inherited the environment that Cordon was started with
 * @param session an id of this launch only
 * @returns undefined when a policy or an option sets a variable: what it says may be a secret
 */
export function keptEnvironment(
  environment: Readonly<Record<string, string>>,
  { inherited, assignments }: { inherited: Values; assignments: readonly Assignment[] },
): KeptEnvironment | undefined {
  if (assignments.some(({ layer }) => rankOf(layer) > rankOf("agent"))) return undefined
  return Object.entries(environment)
    .filter(([name]) => name !== sessionVariable)
    .map(([name, value]) => {
      const given = inherited[name]
      const entries = name === "PATH" && given !== undefined ? entriesLeft(value, given) : undefined
      if (entries !== undefined) return [name, { entries }]
      return given !== undefined && given !== "" && value.startsWith(given)
        ? [name, { more: value.slice(given.length) }]
        : [name, value]
    })
}

export function recalledEnvironment(
  kept: KeptEnvironment,
  inherited: Values,
  session: string,
): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of kept)
    environment[name] = typeof value === "string" ? value : valueFrom(inherited[name] ?? "", value)
  environment[sessionVariable] = session
  return environment
}

function valueFrom(given: string, how: { more: string } | { entries: readonly number[] }): string {
  if ("more" in how) return `${given}${how.more}`
  const entries = given.split(":")
  return how.entries.map(at => entries[at]).join(":")
}

/** The numbers of the entries that are left, when there are fewer and these only. */
function entriesLeft(value: string, given: string): number[] | undefined {
  const left = value.split(":")
  const found: number[] = []
  for (const [at, entry] of given.split(":").entries()) if (entry === left[found.length]) found.push(at)
  return value !== given && found.length === left.length ? found : undefined
}

const sessionVariable = "CORDON_SESSION"
