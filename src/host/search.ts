/** What of a policy needs a look at the disk, and the look itself. */
import { componentsOf, isWithin } from "../base/path.ts"
import { type Component, type Glob, takesAny } from "../policy/glob.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Policy } from "../policy/policy.ts"
import { type LookRequest, type LookResult, lookThrough } from "./look.ts"
import type { PathFacts } from "./path-facts.ts"

/** Looks for everything that the globs and protected names of the policy mean now. */
export function searchDisk(
  policy: Pick<Policy, "paths" | "protections">,
  project: string,
  facts: PathFacts,
): LookResult {
  const roots: string[] = []
  const [globs, ownGlobs]: [Glob[], Glob[]] = [[], []]
  const request = {
    trees: [project],
    tops: [] as string[],
    names: [gitPointer],
    holders: [],
    globs,
    ownGlobs,
  }
  for (const rule of policy.paths) {
    const { value, access, role } = rule
    if (value.kind === "exact") {
      if (access !== "write" || facts(value.path).kind !== "directory") continue
      request[role === "state" ? "tops" : "trees"].push(facts(value.path).canonical)
    } else if (hasStars(value.glob)) {
      roots.push(...walkRoots(value.glob))
      addLastNames(value.glob, request)
    } else (isWritten(rule) ? globs : ownGlobs).push(value.glob)
  }
  for (const { value } of policy.protections)
    if (value.kind === "anywhere") addLastNames(value.names, request)
  return lookThrough({ ...request, trees: outermost([...request.trees, ...roots]) })
}

/** A `.git` that is a file decides which hooks git runs, so the planner wants to know of each. */
const gitPointer: Component = { kind: "literal", name: ".git" }

function hasStars(glob: Glob): boolean {
  return glob.alternatives.some(alternative => alternative.some(({ kind }) => kind === "names"))
}

/**
 * The last name of each alternative: an entry of another name cannot be where the pattern ends. One that takes any name
 * would have the whole project looked at, entry by entry: then what it stands in is known by its name.
 */
function addLastNames(
  { alternatives }: Glob,
  { names, holders }: Pick<LookRequest, "names" | "holders">,
): void {
  for (const alternative of alternatives) {
    const at = alternative.findLastIndex(({ kind }) => kind !== "names")
    const [holder, name] = [alternative[at - 1], alternative[at]]
    if (name === undefined) continue
    if (takesAny(name) && holder !== undefined && holder.kind !== "names") holders.push(holder)
    else names.push(name)
  }
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
