/** What of the policy mounts cannot carry: listed by `-v`, `--dry-run`, `doctor` and `explain`, and never hidden. */
import { isWithin } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { privateDirectories } from "../policy/merge.ts"
import { patternText } from "../policy/path-pattern.ts"
import type { Policy } from "../policy/policy.ts"
import { protectionText } from "../policy/protection.ts"
import { formatSource, type Source, sourceOf } from "../policy/source.ts"
import type { PathJudge } from "../policy/verdict.ts"

/** A rule, and what of it does not hold. */
export type NotLive = { rule: string; source: Source; why: string }

export type NotLiveRequest = {
  policy: Pick<Policy, "paths" | "protections">
  judge: PathJudge
  facts: PathFacts
  project: string
  /** directories that the look left out */
  unseen: readonly string[]
  /** what the look found */
  found: readonly string[]
}

export function notLiveRules(request: NotLiveRequest): NotLive[] {
  return [
    ...unseenTrees(request),
    ...links(request),
    ...absentPaths(request),
    ...globs(request),
    ...names(request),
  ]
}

function unseenTrees({ unseen, project }: NotLiveRequest): NotLive[] {
  const [first] = unseen.filter(path => isWithin(path, project))
  if (first === undefined) return []
  return [
    {
      rule: `globs and protected names below ${first} and ${unseen.length - 1} more directories`,
      source: sourceOf("the look at the project"),
      why: "the project is larger than what a launch looks at, so they do not hold there",
    },
  ]
}

/** A link cannot be a mount point: what it leads to is covered, its own name is not. */
function links({ found, facts, judge }: NotLiveRequest): NotLive[] {
  return found.flatMap(path => {
    const { rule, protection, access } = judge.judge(path)
    const decided = facts(path).canonical !== path && (access === "deny" || protection !== undefined)
    const { source } = protection ?? rule
    return decided
      ? [
          {
            rule: path,
            source,
            why: "it is a symbolic link, which can be replaced; what it leads to is covered",
          },
        ]
      : []
  })
}

/** Denied paths that do not exist: nothing can be mounted where there is nothing. */
function absentPaths({ policy, judge, facts }: NotLiveRequest): NotLive[] {
  return policy.paths.flatMap(({ access, value, source }) => {
    if (access !== "deny" || value.kind === "glob" || facts(value.path).kind !== "missing") return []
    const visible = judge.judge(value.path).access === "deny" && !isHidden(value.path, judge)
    const rule = `deny ${value.path} (${formatSource(source)})`
    return visible ? [{ rule, source, why: "it does not exist; one made later is not covered" }] : []
  })
}

/** Below a directory of the sandbox's own, or one that is denied as a whole, nothing of the host can appear. */
function isHidden(path: string, { judge }: PathJudge): boolean {
  const parent = path.slice(0, path.lastIndexOf("/")) || "/"
  return privateDirectories.some(tree => isWithin(path, tree)) || judge(parent).access === "deny"
}

function globs({ policy }: NotLiveRequest): NotLive[] {
  return policy.paths.flatMap(({ access, value, source }) =>
    access === "deny" && value.kind === "glob"
      ? [
          {
            rule: `deny ${patternText(value)} (${formatSource(source)})`,
            source,
            why: "it holds for what exists at launch; a file made later is not covered",
          },
        ]
      : [],
  )
}

function names({ policy }: NotLiveRequest): NotLive[] {
  return policy.protections.flatMap(({ effect, value, source }) =>
    effect === "protect" && value.kind === "anywhere"
      ? [
          {
            rule: `protect ${protectionText(value)} (${formatSource(source)})`,
            source,
            why: "it holds where it exists at launch; one made later is writable",
          },
        ]
      : [],
  )
}
