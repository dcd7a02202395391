/** Options and `CORDON_*` variables → what a run is asked for. */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { type PresetName, presetNames } from "../policy/vocabulary.ts"
import type { WordsPolicy } from "../policy/words-layer.ts"
import type { RunRequest } from "../run.ts"
import type { GivenOption } from "./arguments.ts"
import { limitOptions } from "./limit-options.ts"
import type { OptionName } from "./options.ts"

/** @throws UserError for combinations that contradict each other */
export function runRequest(
  given: readonly GivenOption[],
  command: readonly string[],
  environment: RunRequest["environment"],
): RunRequest {
  refuseContradictions(given)
  const trust = optionValue(given, "trust") ?? environment.CORDON_TRUST
  return {
    directory: optionValue(given, "cwd"),
    preset: presetNamed(trust ?? "standard"),
    presetChosen: optionValue(given, "trust") !== undefined,
    profiles: valuesOf(given, "profile"),
    config: optionValue(given, "config") ?? environment.CORDON_CONFIG,
    commandLine: commandLinePolicy(given),
    environmentWords: environmentPolicy(environment),
    environment,
    backend: backendOf(given),
    command,
  }
}

export function optionValue(given: readonly GivenOption[], name: GivenOption["name"]): string | undefined {
  return given.find(option => option.name === name)?.value
}

export function isGiven(given: readonly GivenOption[], name: GivenOption["name"]): boolean {
  return given.some(option => option.name === name)
}

function valuesOf(given: readonly GivenOption[], name: OptionName): string[] {
  return given.filter(option => option.name === name).map(({ value }) => value)
}

function presetNamed(name: string): PresetName {
  const preset = presetNames.find(known => known === name)
  if (preset === undefined)
    throw new UserError(
      `CORDON_TRUST cannot be "${printable(name)}"${didYouMean(name, presetNames)}`,
      `choose one of: ${presetNames.join(", ")}`,
    )
  return preset
}

function backendOf(given: readonly GivenOption[]): RunRequest["backend"] {
  const backend = optionValue(given, "backend") ?? "auto"
  if (backend === "landlock") return backend
  if (backend !== "auto" && backend !== "bubblewrap")
    throw new UserError(`the ${backend} backend is not there yet in this version`, "use --backend bubblewrap")
  return "bubblewrap"
}

function refuseContradictions(given: readonly GivenOption[]): void {
  const pairs: [OptionName, OptionName][] = [
    ["ro", "rw"],
    ["no-net", "net"],
    ["verbose", "quiet"],
  ]
  for (const [one, other] of pairs) {
    const [first, second] = [one, other].map(name => given.find(option => option.name === name))
    if (first !== undefined && second !== undefined && second.words !== "--net off")
      throw new UserError(`${first.words} and ${second.words} contradict each other`, "keep one of them")
  }
}

/** What the options say, in the shape of a policy file. */
function commandLinePolicy(given: readonly GivenOption[]): WordsPolicy {
  const words: Record<string, string> = {}
  const list = (name: OptionName, steps: string): string[] => {
    const options = given.filter(option => option.name === name)
    for (const [index, option] of options.entries()) words[`${steps}.${index}`] = option.words
    return options.map(({ value }) => value)
  }
  const flag = <T>(name: OptionName, steps: string, value: T): T | undefined => {
    const option = given.find(other => other.name === name)
    if (option !== undefined) words[steps] = option.words
    return option === undefined ? undefined : value
  }
  const mode = flag("no-net", "network.mode", "off") ?? flag("net", "network.mode", optionValue(given, "net"))
  const env = environmentOptions(given, words)
  return {
    words,
    content: defined({
      filesystem: defined({
        deny: list("deny", "filesystem.deny"),
        read: list("read", "filesystem.read"),
        write: list("write", "filesystem.write"),
        unprotect: list("unprotect", "filesystem.unprotect"),
        strict: flag("strict", "filesystem.strict", true),
        readonly: flag("ro", "filesystem.readonly", true) ?? flag("rw", "filesystem.readonly", false),
      }),
      network: defined({
        mode: mode as "off" | "filtered" | "open" | undefined,
        allow: list("allow-host", "network.allow"),
        deny: list("deny-host", "network.deny"),
        host_ports: list("host-port", "network.host_ports").map(port => portNumber(port, "--host-port")),
        expose: list("expose", "network.expose").map(port => portNumber(port, "--expose")),
      }),
      environment: defined({ mode: flag("scrub-env", "environment.mode", "scrub" as const), ...env }),
      limits: limitOptions(given, words),
    }),
  }
}

function environmentOptions(given: readonly GivenOption[], words: Record<string, string>) {
  const pass: string[] = []
  const set: Record<string, string> = {}
  for (const { value, words: written } of given.filter(({ name }) => name === "env")) {
    const equals = value.indexOf("=")
    const name = equals < 0 ? value : value.slice(0, equals)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new UserError(
        name === ""
          ? "--env =…: the name of the variable is missing"
          : `--env ${printable(name)}: this is not the name of a variable`,
        "write --env NAME or --env NAME=VALUE",
      )
    if (equals < 0) words[`environment.pass.${pass.push(name) - 1}`] = written
    else {
      words[`environment.set.${name}`] = `--env ${name}=…`
      set[name] = value.slice(equals + 1)
    }
  }
  return { pass, set }
}

function portNumber(text: string, option: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535)
    throw new UserError(
      `${option} ${printable(text)}: a port is a number from 1 to 65535`,
      `write ${option} 3000`,
    )
  return port
}

/** `CORDON_*` variables: the lowest layer that a person sets. */
function environmentPolicy(environment: RunRequest["environment"]): WordsPolicy {
  const known = ["CORDON_CONFIG", "CORDON_NET", "CORDON_TRUST", "CORDON", "CORDON_SESSION"]
  for (const name of Object.keys(environment))
    if (name.startsWith("CORDON_") && !known.includes(name))
      throw new UserError(
        `unknown variable ${printable(name)}${didYouMean(name, known)}`,
        `unset ${printable(name)}; known are CORDON_CONFIG, CORDON_NET and CORDON_TRUST`,
      )
  const net = environment.CORDON_NET
  if (net === undefined) return { content: {}, words: {} }
  const mode = (["off", "filtered", "open"] as const).find(value => value === net)
  if (mode === undefined)
    throw new UserError(`CORDON_NET cannot be "${printable(net)}"`, "choose one of: off, filtered, open")
  return { content: { network: { mode } }, words: { "network.mode": `CORDON_NET=${net}` } }
}

/** Without the fields that nobody set: in a policy absent and undefined are not the same. */
function defined<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>
  }
}
