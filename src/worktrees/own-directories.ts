/** Where Cordon's own files lie: whoever could write there before would have written what this launch goes by. */
import { UserError } from "../base/error.ts"
import { isWithin } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { xdgDirectories } from "../host/xdg-directories.ts"
import type { PathVariables } from "../policy/path-pattern.ts"

/**
 * The usual places are out of reach of every sandbox of this home. One that a variable names is so only where the variable
 * was set: the repository may bring such a directory along, or an agent have made it in a run without.
 * @param config a user policy that somebody named instead
 * @throws UserError for one in the project
 */
export function refusePlantedDirectories(
  { project, home, xdg }: PathVariables,
  config: string | undefined,
  facts: PathFacts,
): void {
  const usual = xdgDirectories(home, {})
  const refuse = (name: "XDG_STATE_HOME" | "XDG_CONFIG_HOME", what: string, instead: string) => {
    const { canonical, links } = facts(xdg[name] ?? "")
    const isPlain = canonical === facts(usual[name] ?? "").canonical
    if (isPlain || ![canonical, ...links.map(({ path }) => path)].some(path => isWithin(path, project)))
      return
    throw new UserError(
      `${name} leads to ${printable(canonical)} in the project, where an earlier run could have written ${what}`,
      `unset ${name}, or ${instead}`,
    )
  }
  refuse("XDG_STATE_HOME", "which policies are trusted", "name a directory outside of the project")
  if (config === undefined) refuse("XDG_CONFIG_HOME", "a user policy", "name the policy with --config FILE")
}
