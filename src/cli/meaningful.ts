/** What means nothing to a command is refused: it would be ignored, and whoever wrote it meant something by it. */
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import type { GivenOption, ParsedArguments } from "./arguments.ts"
import { type CommandWithOptions, commonOptions, ownOptionsOf } from "./command-options.ts"
import { type CommandName, commands } from "./words.ts"

/** Refuses options of a launch where nothing is launched. */
export function meaningful(command: CommandWithOptions, parsed: ParsedArguments): ParsedArguments {
  const known: readonly string[] = [...commonOptions, ...ownOptionsOf(command).map(({ name }) => name)]
  refuseOption(
    `cordon ${command}`,
    parsed.given.find(({ name }) => !known.includes(name)),
  )
  return parsed
}

/** What a command knows that prints the same under every policy. */
export const plainOptions: readonly GivenOption["name"][] = ["verbose", "quiet", "help"]

/** Commands that print so. */
const plain: readonly CommandName[] = ["completion", "help"]

/** Options of a launch that say nothing about its policy; verify makes one, which may have a log. */
const meaningless: Partial<Record<CommandName, readonly GivenOption["name"][]>> = {
  explain: ["dry-run", "log"],
  check: ["dry-run", "log"],
  policy: ["dry-run", "log"],
  doctor: ["dry-run", "log"],
  verify: ["dry-run"],
}

/** Commands that refuse some options of a launch. */
export const particularCommands = commands
  .map(({ name }) => name)
  .filter(name => plain.includes(name) || name in meaningless)

/** Whether an option of a launch means something to one of these commands. */
export function hasMeaning(command: CommandName, option: GivenOption["name"]): boolean {
  if (plain.includes(command)) return plainOptions.includes(option)
  const elsewhere = ["version", ...(meaningless[command] ?? []), ...(command === "doctor" ? [] : doctorsOwn)]
  return !elsewhere.includes(option)
}

/** They change the machine. */
const doctorsOwn: readonly string[] = ["fix", "yes"]

/** How many words these commands take. */
const wordsMax: Partial<Record<CommandName, number>> = { doctor: 0, verify: 0, completion: 1, help: 1 }

export function refuseMeaningless(command: CommandName, { given, rest }: ParsedArguments): void {
  const names = ["version", ...(meaningless[command] ?? [])]
  refuseOption(
    `cordon ${command}`,
    given.find(({ name }) => (plain.includes(command) ? !plainOptions.includes(name) : names.includes(name))),
  )
  const max = wordsMax[command]
  if (max !== undefined) refuseWords(`cordon ${command}`, rest.slice(max), `see \`cordon help ${command}\``)
}

/** With --json there is one document on standard output, or nothing. @param plain an option that prints no document */
export function refuseJson(plain: "--help" | "--version", { given }: ParsedArguments): void {
  if (given.some(({ name }) => name === "json"))
    throw new UserError(`--json means nothing to ${plain}`, "leave one of them out")
}

/** @param command with what follows it: `cordon policy init` */
export function refuseOption(command: string, option: GivenOption | undefined): void {
  if (option === undefined) return
  const [, name] = command.split(" ")
  throw new UserError(`${option.words} means nothing to ${command}`, `see \`cordon help ${name}\``)
}

/** @param words those that are too many */
export function refuseWords(command: string, [word]: readonly string[], hint: string): void {
  if (word !== undefined) throw new UserError(`"${printable(word)}" means nothing to ${command}`, hint)
}

/** An option that changes the machine means one command only: in the place of another word it would be ignored. */
export function refuseFix({ given }: ParsedArguments): void {
  const option = given.find(({ name }) => doctorsOwn.includes(name))
  if (option !== undefined)
    throw new UserError(`${option.words} goes with cordon doctor`, "write cordon doctor --fix")
}
