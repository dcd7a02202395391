/**
 * Words → options and the rest. Options end at the first word that is not one, so that no option of the wrapped
 * command is ever taken for ours. Our own scanner: node:util's parseArgs does not stop there, and loading it costs
 * 0.7 ms of a launch.
 */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { printable, shellQuoted } from "../base/printable.ts"
import { type OwnOptionName, type OwnOptionSpec, ownersOf, ownOptionsOf } from "./command-options.ts"
import { type OptionName, optionSpecs } from "./options.ts"
import type { CommandName } from "./words.ts"

/** One option as it was given. */
export type GivenOption = {
  name: OptionName | OwnOptionName
  /** "" for an option without a value */
  value: string
  /** as people wrote it, for messages: `--deny ~/.aws` */
  words: string
}

export type ParsedArguments = { given: GivenOption[]; rest: string[] }

/** What an option may be: one of all commands, or one that a command has for itself. */
type Spec = OwnOptionSpec & { name: GivenOption["name"] }

/** Where options are read: what they may be, and after which of Cordon's commands. */
type Known = { specs: readonly Spec[]; command: CommandName | undefined }

/** @param command whose own options go before those of the same name; absent before its name, and for a launch */
export function parseOptions(words: readonly string[], command?: CommandName): ParsedArguments {
  const own = command === undefined ? [] : ownOptionsOf(command)
  const specs: readonly Spec[] = [...own, ...optionSpecs]
  const given: GivenOption[] = []
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === "--") return finished(given, queue, specs)
    if (!word.startsWith("-") || word === "-") return finished(given, [word, ...queue], specs)
    const known = { specs, command }
    given.push(
      ...(word.startsWith("--") ? [longOption(word, queue, known)] : shortOptions(word, queue, known)),
    )
  }
  return finished(given, [], specs)
}

function finished(given: GivenOption[], rest: string[], specs: readonly Spec[]): ParsedArguments {
  for (const [index, option] of given.entries()) {
    const spec = specOf(option.name, specs)
    const earlier = given.findIndex(({ name }) => name === option.name)
    if (earlier < index && spec.value !== undefined && spec.repeats !== true)
      throw new UserError(
        `--${option.name} is given twice: "${given[earlier]?.words}" and "${option.words}"`,
        "keep one of them",
      )
  }
  return { given, rest }
}

function longOption(word: string, queue: string[], known: Known): GivenOption {
  const equals = word.indexOf("=")
  const written = equals < 0 ? word.slice(2) : word.slice(2, equals)
  const spec = known.specs.find(({ name, alias }) => name === written || alias === written)
  if (spec === undefined) throw unknownOption(`--${written}`, known)
  if (spec.value === undefined && equals >= 0) throw takesNoValue(`--${written}`)
  if (spec.value === undefined) return { name: spec.name, value: "", words: word }
  return withValue(
    spec,
    `--${written}`,
    equals < 0 ? nextWord(spec, `--${written}`, queue) : word.slice(equals + 1),
  )
}

/** `-nv` is `-n -v`; `-C DIR` and `-CDIR` are the same. */
function shortOptions(word: string, queue: string[], known: Known): GivenOption[] {
  const found: GivenOption[] = []
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? ""
    const spec = known.specs.find(({ short }) => short === letter)
    const [before] = letter === "=" ? found.slice(-1) : []
    if (before !== undefined) throw takesNoValue(before.words)
    if (spec === undefined) throw unknownOption(`-${letter}`, known)
    if (spec.value === undefined) found.push({ name: spec.name, value: "", words: `-${letter}` })
    else {
      const joined = word.slice(at + 1)
      const value = joined === "" ? nextWord(spec, `-${letter}`, queue) : joined
      found.push(withValue(spec, `-${letter}`, value))
      break
    }
  }
  return found
}

/** A value that looks like an option is one whose value was forgotten: `--deny --ro` would leave the project writable. */
function nextWord(spec: Spec, written: string, queue: string[]): string | undefined {
  const word = queue.shift()
  if (word === undefined || !word.startsWith("-") || word === "-") return word
  throw new UserError(
    `${written} needs a value, and ${printable(word)} looks like an option`,
    `write ${written} ${spec.value}; one that begins with - is written --${spec.name}=${printable(word)}`,
  )
}

function withValue(spec: Spec, written: string, value: string | undefined): GivenOption {
  if (value === undefined || value === "")
    throw new UserError(`${written} needs a value`, `write ${written} ${spec.value}`)
  if (value.includes("\0"))
    throw new UserError(`${written}: a NUL byte cannot be part of a value`, `write ${written} ${spec.value}`)
  // As in a policy file: what it says would not be on one line any more.
  if (spec.value === "PATH" && /[\r\n]/.test(value))
    throw new UserError(
      `${written} ${printable(value)}: a path of a rule cannot contain a line break`,
      `write ? in its place: ${written} ${shellQuoted(value.replace(/[\r\n]/g, "?"))}`,
    )
  const { choices } = spec
  if (choices !== undefined && !choices.includes(value))
    throw new UserError(
      `${written} cannot be "${printable(value)}"${didYouMean(value, choices)}`,
      `choose one of: ${choices.join(", ")}`,
    )
  return { name: spec.name, value, words: `${written}${value.startsWith("-") ? "=" : " "}${value}` }
}

function takesNoValue(written: string): UserError {
  return new UserError(`${written} takes no value`, `write ${written} alone`)
}

function unknownOption(written: string, { specs, command }: Known): UserError {
  const [owner] = command === undefined ? ownersOf(written) : []
  if (owner !== undefined)
    return new UserError(`${written} goes with cordon ${owner}`, `write cordon ${owner} ${written}`)
  const names = specs.flatMap(({ name, alias }) => [
    `--${name}`,
    ...(alias === undefined ? [] : [`--${alias}`]),
  ])
  return new UserError(
    `unknown option ${printable(written)}${didYouMean(written, names)}`,
    command === undefined
      ? "options of the command come after its name; see `cordon --help`"
      : `see \`cordon help ${command}\``,
  )
}

function specOf(name: GivenOption["name"], specs: readonly Spec[]): Spec {
  const spec = specs.find(option => option.name === name)
  if (spec === undefined) throw new Error(`bug: option ${name} is not in the table`)
  return spec
}
