/** Protections whose absence the policy accepts (`optional`), and what a refusal says of the others. */
import type { OptionalProtection } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"

export type Acceptances = Pick<Policy, "optional" | "closed">

export function acceptsAbsence({ optional }: Acceptances, protection: OptionalProtection): boolean {
  return optional.some(({ value }) => value === protection)
}

/** The last of several next steps; "" where the organisation says what is optional, and nobody else. */
export function orAccept({ closed }: Acceptances, protection: OptionalProtection): string {
  if (closed.some(({ list }) => list === "optional")) return ""
  return `, or accept it with \`optional: [${protection}]\` in your policy`
}
