/** Which file a command's first word runs, and what that file needs to be readable: links, interpreters, packages. */
import { absolutePath, isWithin, lineageOf } from "../base/path.ts"
import type { PathFacts } from "./path-facts.ts"
import { interpreterLine, isExecutable } from "./program-file.ts"

export type ProgramSearch =
  | { kind: "found"; program: Program }
  /** no such name on the PATH, no such path */
  | { kind: "missing" }
  /** it exists and may not run; `why` is half a sentence */
  | { kind: "barred"; path: string; why: string }

export type Program = {
  /** as it was found on the PATH or written */
  path: string
  /** what must be readable for it to start, canonical; links as they are */
  needs: string[]
}

export type SearchContext = {
  /** directories as the command will see them */
  searchPath: string
  /** what relative words are relative to */
  directory: string
  facts: PathFacts
  /** whether the policy lets a path be read inside */
  visible: (path: string) => boolean
}

/** Where execvp(3) searches when there is no PATH. */
export const defaultSearchPath = "/bin:/usr/bin"

/** Interpreters of interpreters: `#!/usr/bin/env node`, then node. */
const interpretersMax = 4

/** Searches as execvp(3) does; in a directory that nobody may look into there is nothing, as for a shell. */
export function findProgram(word: string, context: SearchContext): ProgramSearch {
  if (word === "") return { kind: "missing" }
  if (word.includes("/")) return candidate(absolutePath(word, context.directory), context)
  let barred: ProgramSearch | undefined
  for (const directory of context.searchPath.split(":")) {
    const path = absolutePath(word, absolutePath(directory, context.directory))
    if (context.facts(path).kind === "unreachable") continue
    const search = candidate(path, context)
    if (search.kind === "found") return search
    if (search.kind === "barred") barred ??= search
  }
  return barred ?? { kind: "missing" }
}

function candidate(path: string, context: SearchContext): ProgramSearch {
  const { kind, canonical } = context.facts(path)
  if (kind === "missing") return { kind: "missing" }
  if (kind === "directory") return { kind: "barred", path, why: "it is a directory" }
  if (kind === "unreachable") return { kind: "barred", path, why: "it cannot be reached" }
  if (kind !== "file") return { kind: "barred", path, why: "it is not a regular file" }
  if (!context.visible(canonical)) return { kind: "barred", path, why: "the policy hides it" }
  if (!isExecutable(canonical)) return { kind: "barred", path, why: "it is not executable" }
  return interpreted(path, context)
}

function interpreted(path: string, context: SearchContext): ProgramSearch {
  if (isLedOut(path, context))
    return { kind: "found", program: { path, needs: neededFrom(path, context.facts) } }
  const needs: string[] = []
  let next: string | undefined = path
  for (let level = 0; next !== undefined && level < interpretersMax; level++) {
    needs.push(...neededBy(next, context.facts))
    const words = shebangOf(context.facts(next).canonical)
    const [interpreter, argument] = words
    if (interpreter === undefined) return { kind: "found", program: { path, needs } }
    if (context.facts(interpreter).kind !== "file")
      return { kind: "barred", path, why: `its interpreter ${interpreter} does not exist` }
    // What a script of the project says about its interpreter is the repository's word: it opens nothing.
    if (isWithin(context.facts(path).canonical, context.directory))
      return { kind: "found", program: { path, needs } }
    needs.push(...neededBy(interpreter, context.facts))
    const named = interpreter.endsWith("/env") && argument !== undefined && /^[\w.+-]*$/.test(argument)
    next = named && !argument.startsWith("-") ? pathOf(argument, context) : undefined
  }
  return { kind: "found", program: { path, needs } }
}

/** A link of the project that leads out of it: the repository's word too, or that of an agent in an earlier run. */
function isLedOut(path: string, { facts, directory }: SearchContext): boolean {
  const { canonical, links } = facts(path)
  return !isWithin(canonical, directory) && links.some(link => isWithin(link.path, directory))
}

/** What such a link may lead to all the same: a toolchain, as that of a virtual environment does. */
function neededFrom(path: string, facts: PathFacts): string[] {
  const version = versionOf(facts(path).canonical)
  return version === undefined ? [] : [version]
}

function pathOf(word: string, context: SearchContext): string | undefined {
  return context.searchPath
    .split(":")
    .map(directory => absolutePath(word, absolutePath(directory, context.directory)))
    .find(path => context.facts(path).kind === "file")
}

/**
 * The file, the links to it, and the package around it: an npm program starts files of its own package and of its
 * neighbours in the same node_modules.
 */
function neededBy(path: string, facts: PathFacts): string[] {
  const { canonical, links } = facts(path)
  const modules = lineageOf(canonical).findLast(ancestor => ancestor.endsWith("/node_modules"))
  const version = versionOf(canonical)
  return [path, ...links.map(link => link.path), canonical, modules ?? "", version ?? ""].filter(
    need => need !== "" && !isWithin("/usr", need),
  )
}

/** The directory of a version manager that the file lies in. */
function versionOf(path: string): string | undefined {
  const tree = /^(.*\/\.(?:nvm|fnm|volta|bun|deno|cargo|rustup|pyenv|rbenv|asdf|sdkman)|.*\/mise)\//
  return tree.exec(path)?.[1]
}

/** The words of a `#!` line (execve(2): at most 255 bytes, one argument; `env -S` splits it further). */
function shebangOf(path: string): string[] {
  const line = interpreterLine(path).trim()
  const words = line === "" ? [] : line.split(/[ \t]+/)
  // `env -S` before the name is common; any other option has a meaning that we do not guess at.
  if (words[1] !== "-S") return words
  return [words[0] ?? "", ...words.slice(2).filter(word => !/^\w+=/.test(word))]
}
