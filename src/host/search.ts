/** What of a policy needs a look at the disk, and the look itself. */
import { componentsOf, isWithin } from "../base/path.ts"
import type { Component, Glob } from "../policy/glob.ts"
import type { PathRule } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"
import { type LookResult, lookThrough } from "./look.ts"
import type { PathFacts } from "./path-facts.ts"

/** Looks for everything that the globs and protected names of the policy mean now. */
export function searchDisk(
  policy: Pick<Policy, "paths" | "protections">,
  project: string,
  facts: PathFacts,
): LookResult {
  const globs = policy.paths.flatMap(({ value }) => (value.kind === "glob" ? [value.glob] : []))
  const anywhere = policy.protections.flatMap(({ value }) => (value.kind === "anywhere" ? [value.names] : []))
  const writable = (role: PathRule["role"]) =>
    policy.paths.flatMap(rule =>
      rule.access === "write" &&
      rule.role === role &&
      rule.value.kind === "exact" &&
      facts(rule.value.path).kind === "directory"
        ? [facts(rule.value.path).canonical]
        : [],
    )
  return lookThrough({
    trees: outermost([project, ...writable("policy"), ...globs.flatMap(walkRoots)]),
    tops: writable("state"),
    names: [gitPointer, ...[...globs.filter(hasStars), ...anywhere].flatMap(lastNames)],
    globs: globs.filter(glob => !hasStars(glob)),
  })
}

/** A `.git` that is a file decides which hooks git runs, so the planner wants to know of each. */
const gitPointer: Component = { kind: "literal", name: ".git" }

function hasStars(glob: Glob): boolean {
  return glob.alternatives.some(alternative => alternative.some(({ kind }) => kind === "names"))
}

/** The last name of each alternative: an entry of another name cannot be where the pattern ends. */
function lastNames(glob: Glob): Component[] {
  return glob.alternatives.flatMap(alternative => alternative.findLast(({ kind }) => kind !== "names") ?? [])
}

/** The literal beginning of a glob's alternatives: where a walk for it has to start. */
function walkRoots(glob: Glob): string[] {
  return glob.alternatives.flatMap(alternative => {
    const stars = alternative.findIndex(component => component.kind === "names")
    if (stars < 0) return []
    const names: string[] = []
    for (const component of alternative.slice(0, stars)) {
      if (component.kind !== "literal") break
      names.push(component.name)
    }
    return [`/${names.join("/")}`]
  })
}

/** Trees without those that lie in another one. */
function outermost(trees: readonly string[]): string[] {
  const sorted = [...new Set(trees)].sort((a, b) => componentsOf(a).length - componentsOf(b).length)
  return sorted.filter((tree, index) => !sorted.slice(0, index).some(other => isWithin(tree, other)))
}
