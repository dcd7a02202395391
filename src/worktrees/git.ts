/**
 * What of git a project needs outside its own directory. In a linked worktree `.git` is a file that points into
 * the main repository (gitrepository-layout(5)); a commit there writes objects, refs, logs and the worktree's own
 * state, and never hooks or config.
 */
import { absolutePath, isBelow, nameOf, parentOf } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { emptyLayer, type Layer } from "../policy/layer.ts"
import { readPolicyFile } from "../policy/policy-file.ts"
import { placeProtection } from "../policy/protection.ts"
import { sourceOf } from "../policy/source.ts"

/** A linked worktree: its own git directory, and the one that all worktrees share. */
export type LinkedWorktree = { gitDirectory: string; commonDirectory: string }

/**
 * The linked worktree at `project`, when it is one that the main repository itself acknowledges: a `.git` file is
 * the word of whoever can write in the project, the pointer back to it is the word of `git worktree add`.
 */
export function linkedWorktree(project: string, home: string, facts: PathFacts): LinkedWorktree | undefined {
  const pointer = `${project}/.git`
  const gitDirectory = pointedAt(pointer, facts)
  if (gitDirectory === undefined) return undefined
  const back = textOf(`${gitDirectory}/gitdir`).trim()
  const common = textOf(`${gitDirectory}/commondir`).trim()
  if (back === "" || common === "") return undefined
  const commonDirectory = facts(absolutePath(common, gitDirectory)).canonical
  const acknowledged = facts(absolutePath(back, gitDirectory)).canonical === pointer
  const inPlace = parentOf(gitDirectory) === `${commonDirectory}/worktrees`
  const trusted = !isAgents(commonDirectory, home) && !isBelow(commonDirectory, project)
  return acknowledged && inPlace && trusted ? { gitDirectory, commonDirectory } : undefined
}

/** The git directory that a file in its place names; canonical. */
function pointedAt(pointer: string, facts: PathFacts): string | undefined {
  if (facts(pointer).kind !== "file" || facts(pointer).canonical !== pointer) return undefined
  return namedIn(pointer, facts)
}

/** The same where a link leads to the file: git takes what it says from where the link is. */
export function namedIn(pointer: string, facts: PathFacts): string | undefined {
  const target = /^gitdir: (.+)$/m.exec(textOf(facts(pointer).canonical))?.[1]
  return target && facts(absolutePath(target, parentOf(pointer))).canonical
}

/** Agents and tools write below the home's dot directories: a repository there acknowledges whatever they like. */
function isAgents(path: string, home: string): boolean {
  return isBelow(path, home) && path.slice(home.length + 1).startsWith(".")
}

/** What a project that is a linked worktree needs of git; nothing for any other. */
export function worktreeLayers(project: string, home: string, facts: PathFacts): Layer[] {
  const worktree = linkedWorktree(project, home, facts)
  return worktree === undefined ? [] : [worktreeLayer(worktree, facts)]
}

/** What a linked worktree opens, as a layer beside the built-in ones. */
export function worktreeLayer({ gitDirectory, commonDirectory }: LinkedWorktree, facts: PathFacts): Layer {
  const layer = emptyLayer("base")
  const common = { source: sourceOf("built-in: git worktree"), layer: "base", locked: false } as const
  // A link in their place was put there by somebody who could write in the main repository: an agent, perhaps.
  for (const path of [gitDirectory, ...["objects", "refs", "logs"].map(name => `${commonDirectory}/${name}`)])
    if (facts(path).canonical === path && facts(path).kind === "directory")
      layer.paths.push({ ...common, value: { kind: "exact", path }, access: "write", role: "policy" })
  const own = ["gitdir", "commondir", "config.worktree", "hooks"]
  // What is protected in a submodule's own directory is so below `.git`; of another name nothing in there is writable.
  const submodules = nameOf(commonDirectory) === ".git" ? [] : ["modules"]
  for (const name of [...own, ...submodules])
    layer.protections.push({
      ...common,
      value: placeProtection(`${gitDirectory}/${name}`),
      effect: "protect",
    })
  return layer
}

/** "" for what is no text. */
export function textOf(path: string): string {
  const loaded = readPolicyFile(path)
  return loaded.kind === "ok" ? loaded.text : ""
}
