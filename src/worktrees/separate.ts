/**
 * Git directories by other names (`git init --separate-git-dir`, a bare repository with worktrees beside it): the rules of
 * the policy say `.git/hooks`, and what a file or a link of that name leads to holds the same (gitrepository-layout(5)).
 */
import { absolutePath, componentsOf, isBelow, nameOf } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { compileGlob, type Glob } from "../policy/glob.ts"
import { emptyLayer, type Layer } from "../policy/layer.ts"
import { type ProtectionPattern, placeProtection } from "../policy/protection.ts"
import { sourceOf } from "../policy/source.ts"
import { namedIn, textOf } from "./git.ts"

const names = [
  "hooks",
  "config",
  "config.worktree",
  "info/attributes",
  "commondir",
  "remotes",
  "branches",
  "sl/config",
]
/** Submodules and worktrees have their own, and what they say counts for git outside. */
const patterns = ["/modules/**/", "/worktrees/*/", "/worktrees/*/modules/**/"].map(
  within => `${within}{hooks,config,config.worktree,info/attributes,commondir}`,
)

/** What the names of the policy protect already. */
const isNamed = /\/\.git\/(modules|worktrees)\//

/**
 * The protections of git directories in the project that lie there by another name.
 * @param found what the look found, every `.git` that it came across among it
 */
export function separateLayer(found: readonly string[], project: string, facts: PathFacts): Layer {
  const layer = emptyLayer("base")
  const common = {
    source: sourceOf("built-in: separate git directory"),
    layer: "base",
    locked: false,
    effect: "protect",
  } as const
  const pointers = found.filter(path => nameOf(path) === ".git")
  const directories = new Set(pointers.flatMap(path => directoriesOf(path, facts)))
  const files = new Set(pointers.flatMap(path => fileOf(path, facts)))
  const values = [
    ...[...directories].filter(path => isBelow(path, project)).flatMap(protectionsIn),
    ...[...files].filter(path => isBelow(path, project)).map(placeProtection),
  ]
  for (const value of values) layer.protections.push({ ...common, value })
  return layer
}

/** The one that the file names, or the link, and the one that this has in common with other worktrees. */
function directoriesOf(pointer: string, facts: PathFacts): string[] {
  const { kind, canonical } = facts(pointer)
  const leads = kind === "directory" && canonical !== pointer
  const own = leads ? canonical : kind === "file" ? namedIn(pointer, facts) : undefined
  if (own === undefined || isNamed.test(own)) return []
  const common = textOf(`${own}/commondir`).trim()
  return common === "" ? [own] : [own, facts(absolutePath(common, own)).canonical]
}

/** The file that a link of that name leads to: by its own name nothing keeps what it says. */
function fileOf(pointer: string, facts: PathFacts): string[] {
  const { kind, canonical } = facts(pointer)
  return kind === "file" && canonical !== pointer ? [canonical] : []
}

function protectionsIn(directory: string): ProtectionPattern[] {
  const literal = componentsOf(directory).map(name => ({ kind: "literal" as const, name }))
  const globs = patterns.map((pattern): Glob => {
    const { text, alternatives } = compileGlob(pattern)
    return { text: directory + text, alternatives: alternatives.map(rest => [...literal, ...rest]) }
  })
  return [
    ...names.map(name => placeProtection(`${directory}/${name}`)),
    ...globs.map((glob): ProtectionPattern => ({ kind: "place", pattern: { kind: "glob", glob } })),
  ]
}
