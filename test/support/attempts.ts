/** Reading what attempts inside came to: lists of names, so that a failing test says which door stood open. */
import type { Attempt } from "./world.ts"

/** Names of the attempts that worked. @throws Error when one failed only because its program is not there */
export function succeeded(attempts: Readonly<Record<string, Attempt>>): string[] {
  const lost = Object.entries(attempts).filter(([, { code }]) => code === 127)
  if (lost.length > 0) throw new Error(`programs are missing, nothing was tried: ${JSON.stringify(lost)}`)
  return Object.keys(attempts).filter(name => attempts[name]?.code === 0)
}

/** The attempts that did not work, with what they said. */
export function failed(attempts: Readonly<Record<string, Attempt>>): Record<string, string> {
  const all = Object.entries(attempts).filter(([, { code }]) => code !== 0)
  return Object.fromEntries(all.map(([name, { code, output }]) => [name, `${code}: ${output}`]))
}

/** All that was said by any attempt, to look for a secret in. */
export function spoken(attempts: Readonly<Record<string, Attempt>>): string {
  return Object.values(attempts)
    .map(({ output }) => output)
    .join("\n")
}
