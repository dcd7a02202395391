/** What there is to complete, for every shell. */
import { profileNames } from "../policy/builtin.ts"
import { commonOptions, ownOptions, ownOptionsOf } from "./command-options.ts"
import { hasMeaning, particularCommands } from "./meaningful.ts"
import { type OptionSpec, optionSpecs } from "./options.ts"
import { type CommandName, commands, policyVerbs, shells } from "./words.ts"

export type Spec = Omit<OptionSpec, "group">

/** A command that knows few options, or some of its own. */
export type Special = { name: CommandName; specs: readonly Spec[] }

export const commandNames: readonly CommandName[] = commands.map(({ name }) => name)

/** All commands but those that know every option. */
export const special: readonly Special[] = [
  ...commandNames
    .filter(name => name in ownOptions)
    .map(name => {
      const common = optionSpecs.filter(spec => commonOptions.some(known => known === spec.name))
      return { name, specs: [...ownOptionsOf(name), ...common] }
    }),
  ...particularCommands.map(name => ({
    name,
    specs: optionSpecs.filter(spec => hasMeaning(name, spec.name)),
  })),
]

/** Commands after which one of some words comes. */
export const wordsAfter: readonly { name: CommandName; words: readonly string[] }[] = [
  { name: "policy", words: policyVerbs },
  { name: "completion", words: shells },
  { name: "help", words: commandNames },
]

/** Commands after which a file may come. */
export const takesFiles: readonly CommandName[] = ["explain", "check", "log", "audit"]

export function spellings({ name, short, alias }: Spec): string[] {
  return [
    `--${name}`,
    ...(alias === undefined ? [] : [`--${alias}`]),
    ...(short === undefined ? [] : [`-${short}`]),
  ]
}

/** The spellings of options that take a value. */
export const valued: readonly string[] = optionSpecs
  .filter(({ value }) => value !== undefined)
  .flatMap(spellings)

/** What a value is, for the shell: words to choose from, a path, or something only the person knows. */
export function valueKind({ value, choices }: Spec): "choices" | "path" | "text" {
  if (choices !== undefined) return "choices"
  return value !== undefined && /PATH|FILE|DIR/.test(value) ? "path" : "text"
}

/** What a value may be besides a path. */
export function namesBesides({ name }: Spec): readonly string[] {
  return name === "profile" ? profileNames().toSorted() : []
}
