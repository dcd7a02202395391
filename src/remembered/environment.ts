/** The command's environment, kept without the values that the caller gave. */
import type { Assignment } from "../policy/layer.ts"
import { rankOf } from "../policy/source.ts"

type Values = Readonly<Record<string, string | undefined>>

/** In order. A text is a value of Cordon's own; otherwise it begins with what the caller's variable of that name holds. */
export type KeptEnvironment = readonly (readonly [name: string, value: string | { more: string }])[]

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
    environment[name] = typeof value === "string" ? value : `${inherited[name] ?? ""}${value.more}`
  environment[sessionVariable] = session
  return environment
}

const sessionVariable = "CORDON_SESSION"
