/**
 * Finds what a command line starts, behind wrappers, shells and package runners. Who is found here gets its own
 * state and login opened, so nothing is guessed: what cannot be read for certain is unknown.
 */
import { type Options, parseOptions, type Word } from "./options.ts"
import { type Runner, runners } from "./runners.ts"
import { shellSegments, splitString } from "./shell-words.ts"
import { shellLongValued, shells, type Wrapper, wrappers } from "./wrappers.ts"

/** Something that a command line starts. */
export type Program =
  /** a program: its basename, and the word as it was written */
  | { readonly kind: "binary"; readonly name: string; readonly path: string }
  /** a package that a package runner fetches and starts: without version, with scope */
  | { readonly kind: "package"; readonly name: string }

/** How many wrappers may lie around each other; nobody writes more, and a hostile line must come to an end. */
const maxDepth = 16

/** Everything that these words start: several programs for `sh -c 'a && b'`, none when they cannot be known. */
export function unwrap(command: readonly string[]): Program[] {
  return programsOf(command, 0)
}

function programsOf(words: readonly Word[], depth: number): Program[] {
  const [path, ...rest] = words
  const name = path?.slice(path.lastIndexOf("/") + 1)
  if (path === undefined || name === undefined || name === "" || depth > maxDepth) return []
  const itself: Program = { kind: "binary", name, path }

  if (shells.includes(name)) {
    const text = shellString(rest)
    if (text === "none") return [itself]
    return text.commands.flatMap(segment => programsOf(segment, depth + 1))
  }
  const wrapper = wrappers.find(({ names }) => names.includes(name))
  if (wrapper) {
    const inner = innerCommand(rest, wrapper)
    return inner === undefined ? [itself] : programsOf(inner, depth + 1)
  }
  return [itself, ...(fetched(name, rest, depth) ?? [])]
}

/** The words behind a wrapper; undefined when it starts nothing or its words cannot be read. */
function innerCommand(words: readonly Word[], wrapper: Wrapper): readonly Word[] | undefined {
  let rest = words
  // env -S may stand in the text of env -S, and so on
  for (let round = 0; round <= maxDepth; round++) {
    const parsed = parseOptions(rest, wrapper)
    if (parsed === undefined || parsed.given.some(({ name }) => wrapper.quits?.includes(name)))
      return undefined
    const split = parsed.given.at(-1)
    if (split === undefined || !wrapper.last?.includes(split.name))
      return afterPositional(parsed.rest, wrapper)
    if (split.value === undefined) return undefined
    rest = [...splitString(split.value), ...parsed.rest]
  }
  return undefined
}

function afterPositional(words: readonly Word[], { before, names }: Wrapper): readonly Word[] | undefined {
  if (before === undefined) return words.length > 0 ? words : undefined
  if (before === "assignments") {
    // a lone dash is env's -i
    const start = words[0] === "-" && names.includes("env") ? 1 : 0
    const end = words.findIndex((word, index) => index >= start && !word?.includes("="))
    return end < 0 ? undefined : words.slice(end)
  }
  const [positional, ...rest] = words
  return positional !== undefined && before.test(positional) && rest.length > 0 ? rest : undefined
}

/** The commands of `sh -c`, read as far as they can be; "none" when the shell is not given any. */
function shellString(words: readonly Word[]): { commands: Word[][] } | "none" {
  let hasString = false
  let index = 0
  while (index < words.length) {
    const word = words[index]
    if (word === undefined) return { commands: [] }
    if (!/^[-+]/.test(word)) break
    index += 1
    if (word === "--" || word === "-") break
    if (shellLongValued.includes(word)) index += 1
    if (word.startsWith("--")) continue
    if (word.startsWith("-") && word.includes("c")) hasString = true
    // each o takes one word: bash -euo pipefail -c
    index += word.replace(/[^oO]/g, "").length
  }
  if (!hasString) return "none"
  const text = words[index]
  return { commands: text === undefined ? [] : shellSegments(text) }
}

/** What a package runner starts; undefined when the program is not used as one. */
function fetched(name: string, words: readonly Word[], depth: number): Program[] | undefined {
  for (const runner of runners) {
    if (!runner.names.includes(name)) continue
    const options = runnerOptions(words, runner)
    if (options === undefined) continue

    const valuesOf = (names: readonly string[]) =>
      options.given.filter(option => names.includes(option.name)).map(option => option.value)
    if (runner.starts === "program") return programsOf(options.rest, depth + 1)
    const packages = valuesOf(runner.packageOptions)
    if (packages.length > 0) return packages.flatMap(word => packageOf(word, runner))
    const strings = valuesOf(runner.stringOptions)
    if (strings.length > 0) {
      return strings
        .flatMap(text => shellSegments(text ?? ""))
        .flatMap(segment => programsOf(segment, depth + 1))
    }
    return packageOf(options.rest[0], runner)
  }
  return undefined
}

/** Options before and after the subcommand, together; undefined when the subcommand is another one. */
function runnerOptions(words: readonly Word[], { subcommand, options }: Runner): Options | undefined {
  if (subcommand.length === 0) return parseOptions(words, options)
  const before = parseOptions(words, options)
  if (before === undefined || subcommand.some((word, index) => before.rest[index] !== word)) return undefined
  const after = parseOptions(before.rest.slice(subcommand.length), options)
  return after && { given: [...before.given, ...after.given], rest: after.rest }
}

function packageOf(word: Word, { registry }: Runner): Program[] {
  if (word === undefined || word === "") return []
  // an address instead of a version, `name@npm:other` or `name @ https://…`: what runs has not that name
  const at = word.indexOf("@", 1)
  if (at > 0 && /[:/]/.test(word.slice(at))) return [{ kind: "package", name: word }]
  const name = registry === "npm" ? word.replace(/(?<=.)@.*$/s, "") : pythonName(word)
  return [{ kind: "package", name }]
}

/** `Aider_Chat[extra]==0.5` → `aider-chat`: Python compares names without regard to case, dash, dot, underscore. */
function pythonName(requirement: string): string {
  const name = requirement.replace(/[[=<>!~@;\s].*$/s, "")
  return name.toLowerCase().replace(/[-_.]+/g, "-")
}
