/** Rules about `~/.codex` mean the directory that CODEX_HOME names, when it names one. */
import { isWithin } from "../base/path.ts"
import type { PathPattern } from "../policy/path-pattern.ts"
import type { Policy } from "../policy/policy.ts"

/** A directory that a variable moved. */
export type Relocation = { from: string; to: string }

/** The rules, and beside each that lies in a moved directory the same rule in its new place. */
export function relocateRules(
  policy: Pick<Policy, "paths" | "protections">,
  moved: readonly Relocation[],
): Pick<Policy, "paths" | "protections"> {
  if (moved.length === 0) return policy
  const paths = policy.paths.flatMap(rule =>
    movedPattern(rule.value, moved).map(value => ({ ...rule, value })),
  )
  const protections = policy.protections.flatMap(rule =>
    rule.value.kind === "anywhere"
      ? []
      : movedPattern(rule.value.pattern, moved).map(pattern => ({
          ...rule,
          value: { kind: "place" as const, pattern },
        })),
  )
  return { paths: [...policy.paths, ...paths], protections: [...policy.protections, ...protections] }
}

function movedPattern(pattern: PathPattern, moved: readonly Relocation[]): PathPattern[] {
  if (pattern.kind === "glob") return []
  return moved
    .filter(({ from }) => isWithin(pattern.path, from))
    .map(({ from, to }) => ({ kind: "exact", path: to + pattern.path.slice(from.length) }))
}
