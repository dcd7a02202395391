/** What of a policy needs a look at the disk, and the look itself. */
import type { Component, Glob } from "../policy/glob.ts"
import type { Policy } from "../policy/policy.ts"
import { type LookResult, lookThrough, outermost, walkRoots } from "./look.ts"
import type { PathFacts } from "./path-facts.ts"

/** Looks for everything that the globs and protected names of the policy mean now. */
export function searchDisk(
  policy: Pick<Policy, "paths" | "protections">,
  project: string,
  facts: PathFacts,
): LookResult {
  const globs = policy.paths.flatMap(({ value }) => (value.kind === "glob" ? [value.glob] : []))
  const anywhere = policy.protections.flatMap(({ value }) => (value.kind === "anywhere" ? [value.names] : []))
  const writable = policy.paths.flatMap(({ access, value }) =>
    access === "write" && value.kind === "exact" && facts(value.path).kind === "directory"
      ? [facts(value.path).canonical]
      : [],
  )
  return lookThrough({
    trees: outermost([project, ...globs.flatMap(walkRoots)]),
    tops: writable,
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
