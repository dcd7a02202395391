/** Help that a person enjoys: grouped, with examples, under 80 columns. */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { type OptionGroup, type OptionSpec, optionSpecs } from "./options.ts"
import { coloured } from "./output.ts"
import { type CommandName, commands } from "./words.ts"

const groups: readonly OptionGroup[] = [
  "Files",
  "Network",
  "Environment",
  "Policy",
  "Limits",
  "Running",
  "Cordon",
]

/** The whole help, or that of one command. @throws UserError when there is no such topic */
export function helpText(topic?: string): string {
  if (topic === undefined) return overview()
  const names = commands.map(({ name }) => name)
  const command = commands.find(({ name }) => name === topic)
  if (command === undefined)
    throw new UserError(
      `there is no help on "${printable(topic)}"${didYouMean(topic, names)}`,
      `choose one of: ${names.join(", ")}`,
    )
  const { text, examples } = topics[command.name]
  return `${coloured(`cordon ${command.name} ${command.usage}`.trim(), "bold")}\n\n${text}\n\n${exampleLines(examples)}`
}

function overview(): string {
  return [
    `${coloured("cordon", "bold")} puts a cordon around a coding agent, or around any command`,
    "",
    "  cordon [options] [--] COMMAND [ARGS…]",
    "",
    exampleLines([
      ["cordon claude", "secrets are out of its reach"],
      ["cordon -n -- npm test", "no network"],
      ["cordon --ro --write out -- make", "writes below out/ only"],
      ["cordon explain ~/.aws", "why can't it read that?"],
      ["cordon --dry-run -- ls", "what would happen"],
    ]),
    "",
    coloured("Commands", "bold"),
    ...commands.map(({ name, help }) => `  ${name.padEnd(24)}${help}`),
    ...groups.flatMap(group => [
      "",
      coloured(group, "bold"),
      ...optionSpecs.filter(spec => spec.group === group).map(optionLine),
    ]),
    "",
    "Options end at the first word that is not one. Exit code: the command's own;",
    "124 after --timeout, 125 Cordon refuses, 126 may not run, 127 not found, 128+N.",
    "Policy: ~/.config/cordon/policy.yaml and .cordon.yaml; see docs/policy.md.",
  ].join("\n")
}

function optionLine(spec: OptionSpec): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `
  const value = spec.value === undefined ? "" : ` ${spec.value}`
  return `  ${`${short}--${spec.name}${value}`.padEnd(32)}${spec.help}`
}

function exampleLines(examples: readonly (readonly [string, string])[]): string {
  return examples.map(([words, what]) => `  ${words.padEnd(32)}${coloured(`# ${what}`, "dim")}`).join("\n")
}

type Topic = { text: string; examples: readonly (readonly [string, string])[] }

const topics: Record<CommandName, Topic> = {
  run: {
    text: "Runs a command in the sandbox; `run` itself may be left out. The command sees\nthis project writable, the system and your home read-only, and no secrets.",
    examples: [
      ["cordon run -n -- npm test", "no network"],
      ["cordon --trust untrusted -- ./x.sh", "as little as possible"],
    ],
  },
  explain: {
    text: "Says what the policy makes of a path, a host or a variable, which rule decides,\nwith file and line, and which rules matched and lost. `--json` for programs.",
    examples: [
      ["cordon explain ~/.aws", ""],
      ["cordon explain github.com:443", ""],
      ["cordon explain env GITHUB_TOKEN", ""],
    ],
  },
  check: {
    text: "Reads the policies that are in force here, or the given files, and prints every\nproblem with file:line:column. Exit code 1 when there is one.",
    examples: [
      ["cordon check", ""],
      ["cordon check team.yaml", ""],
    ],
  },
  policy: {
    text: "show    the merged policy, each rule with its source\nschema  JSON Schema, for editors\ninit    write a starter .cordon.yaml (`init user`: your own policy)\ntrust   let this repository's policy open what it asks for, as it stands now\n        (`trust yes`: without asking)",
    examples: [
      ["cordon policy show", ""],
      ["cordon policy init user", ""],
      ["cordon policy trust", ""],
    ],
  },
  doctor: {
    text: "Tries what this machine can enforce, and names the command that fixes what is\nmissing. Exit code 1 when something is. `--fix` shows the commands, asks, and\nruns them with sudo; where there is no terminal to ask on, `--yes` agrees.",
    examples: [
      ["cordon doctor", ""],
      ["cordon doctor --fix", "mend it, after asking"],
    ],
  },
  verify: {
    text: "Starts a sandbox under the present policy and proves from inside that denials\ndeny and allowances allow, one line each. Exit code 1 when one does not hold.",
    examples: [
      ["cordon verify", ""],
      ["cordon verify --strict -n", "for these options"],
    ],
  },
  log: { text: "The event log is not there yet in this version.", examples: [] },
  audit: { text: "The audit is not there yet in this version.", examples: [] },
  approve: { text: "Held connections need the filtered network, which is not there yet.", examples: [] },
  completion: {
    text: "Prints completions for your shell.",
    examples: [
      ['eval "$(cordon completion bash)"', "in ~/.bashrc"],
      ["cordon completion fish | source", ""],
    ],
  },
  help: {
    text: "Prints the help on everything, or on one command.",
    examples: [["cordon help explain", ""]],
  },
}
