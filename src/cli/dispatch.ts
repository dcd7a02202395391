/** The first word decides which command this is. Everything that a launch does not need loads when asked for. */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { exitCode } from "../base/exit-code.ts"
import { keepJournal } from "../base/journal.ts"
import { printable } from "../base/printable.ts"
import { probeWord } from "../inside/probe-command.ts"
import { makeDirectory } from "../remembered/memory-writing.ts"
import type { Place } from "../remembered/place.ts"
import { type ParsedArguments, parseOptions } from "./arguments.ts"
import { runCommand } from "./commands/run.ts"
import { meaningful, refuseFix, refuseJson, refuseMeaningless, refuseWords } from "./meaningful.ts"
import { isGiven } from "./request.ts"
import { type CommandName, commands, shells } from "./words.ts"

/**
 * @param place where a launch may be remembered
 * @returns the exit code
 */
export async function dispatch(words: readonly string[], place?: Place): Promise<number> {
  if (words[0] === probeWord && process.env.CORDON === "1")
    return (await import("../inside/probe.ts")).probe()
  const parsed = parseOptions(words)
  if (isGiven(parsed.given, "help")) return printHelp(undefined, parsed)
  if (isGiven(parsed.given, "version")) {
    refuseJson("--version", parsed)
    refuseWords("--version", parsed.rest, "write cordon --version")
    return printVersion()
  }
  const command = commands.find(({ name }) => name === parsed.rest[0])?.name
  // `cordon -- check` runs a program called check: after `--` every word belongs to the command.
  if (command === undefined || endsExplicitly(words, parsed)) {
    refuseFix(parsed)
    return launch(parsed, place)
  }
  return subcommand(command, withLaterOptions(command, parsed), place)
}

/** Whether the options ended at a `--`. */
function endsExplicitly(words: readonly string[], { rest }: ParsedArguments): boolean {
  return words[words.length - rest.length - 1] === "--"
}

/** Options may stand before the name of a command and after it; after `run` they end at the first word again. */
function withLaterOptions(command: CommandName, { given, rest }: ParsedArguments): ParsedArguments {
  const later = rest.slice(1)
  if (command === "run") {
    const parsed = parseOptions(later)
    return { given: [...given, ...parsed.given], rest: parsed.rest }
  }
  const all: ParsedArguments = { given: [...given], rest: [] }
  for (let words = later; words.length > 0; ) {
    const parsed = parseOptions(words, command)
    all.given.push(...parsed.given)
    all.rest.push(...parsed.rest.slice(0, 1))
    words = parsed.rest.slice(1)
  }
  return all
}

async function subcommand(command: CommandName, parsed: ParsedArguments, place?: Place): Promise<number> {
  if (isGiven(parsed.given, "help") && command !== "run") return printHelp(command, parsed)
  if (command !== "doctor") refuseFix(parsed)
  refuseMeaningless(command, parsed)
  switch (command) {
    case "run":
      return isGiven(parsed.given, "help") ? printHelp("run", parsed) : launch(parsed, place)
    case "explain":
      return (await import("./commands/explain.ts")).explainCommand(parsed)
    case "check":
      return (await import("./commands/check.ts")).checkCommand(parsed)
    case "policy":
      return (await import("./commands/policy.ts")).policyCommand(parsed)
    case "doctor":
      return (await import("./commands/doctor.ts")).doctorCommand(parsed)
    case "verify":
      return (await import("./commands/verify.ts")).verifyCommand(parsed)
    case "completion":
      return printCompletion(parsed.rest)
    case "help":
      return printHelp(parsed.rest[0], parsed)
    case "log":
      return (await import("./commands/log.ts")).logCommand(meaningful(command, parsed))
    case "approve":
      return (await import("./commands/approve.ts")).approveCommand(meaningful(command, parsed))
    case "allow":
      return (await import("./commands/allow.ts")).allowCommand(meaningful(command, parsed))
    case "deny":
      return (await import("./commands/deny.ts")).denyCommand(meaningful(command, parsed))
    case "audit":
      throw new UserError(
        `cordon ${command} is not there yet in this version`,
        "see `cordon help` for what is",
      )
  }
}

/** What shows how a launch is planned plans it. */
const neverRemembered: readonly string[] = ["verbose", "dry-run", "json", "log"]

function launch(parsed: ParsedArguments, place: Place | undefined): Promise<number> {
  const shows = parsed.given.some(({ name }) => neverRemembered.includes(name))
  if (place !== undefined && !shows && makeDirectory(place)) keepJournal(place)
  return runCommand(parsed)
}

async function printHelp(topic: string | undefined, parsed: ParsedArguments): Promise<number> {
  refuseJson("--help", parsed)
  const [{ helpText }, { print }] = await Promise.all([import("./help.ts"), import("./output.ts")])
  print(helpText(topic))
  return exitCode.ok
}

async function printVersion(): Promise<number> {
  const [{ default: manifest }, { print }] = await Promise.all([
    import("../../package.json"),
    import("./output.ts"),
  ])
  print(`cordon ${manifest.version}`)
  return exitCode.ok
}

async function printCompletion([word]: readonly string[]): Promise<number> {
  const [{ completionScript }, { print }] = await Promise.all([
    import("./completion.ts"),
    import("./output.ts"),
  ])
  const shell = shells.find(name => name === word)
  if (shell === undefined)
    throw new UserError(
      word === undefined
        ? "cordon completion needs the name of a shell"
        : `there are no completions for "${printable(word)}"${didYouMean(word, shells)}`,
      `choose one of: ${shells.join(", ")}`,
    )
  print(completionScript(shell))
  return exitCode.ok
}
