/** Help that a person enjoys: grouped, with examples, under 80 columns. */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { ownOptionsOf } from "./command-options.ts"
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
  const own = ownOptionsOf(command.name).map(optionLine).join("\n")
  const title = coloured(`cordon ${command.name} ${command.usage}`.trim(), "bold")
  return [title, text, own, exampleLines(examples)].filter(part => part !== "").join("\n\n")
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
      ["cordon --ro --write out -- make", "writes to out/ and caches"],
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

function optionLine(spec: Omit<OptionSpec, "group">): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `
  const value = spec.value === undefined ? "" : ` ${spec.value}`
  return `  ${`${short}--${spec.name}${value}`.padEnd(32)}${spec.help}`
}

function exampleLines(examples: readonly Example[]): string {
  const width = Math.max(...examples.map(([words]) => words.length)) + 2
  return examples.map(([words, what]) => `  ${words.padEnd(width)}${coloured(`# ${what}`, "dim")}`).join("\n")
}

/** What is typed, and why. */
type Example = readonly [string, string]
type Topic = { text: string; examples: readonly Example[] }

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
      ["cordon explain ~/.aws", "why can it not read that?"],
      ["cordon explain github.com:443", "may it connect there?"],
      ["cordon explain api.github.com GET /user", "may it ask for that?"],
      ["cordon explain env GITHUB_TOKEN", "does it get that?"],
    ],
  },
  check: {
    text: "Reads the policies that are in force here, or the given files, and prints every\nproblem with file:line:column, and what a run would refuse of them. Exit code 1\nwhen there is one.",
    examples: [
      ["cordon check", "all that hold here"],
      ["cordon check team.yaml", "this file alone"],
    ],
  },
  policy: {
    text: "show    the merged policy, each rule with its source\nschema  JSON Schema, for editors\ninit    write a starter .cordon.yaml (`init user`: your own policy)\ntrust   let this repository's policy open what it asks for, as it stands now\n        (`trust yes`: without asking)",
    examples: [
      ["cordon policy show", "what holds here, and why"],
      ["cordon policy init user", "begin your own"],
      ["cordon policy trust", "after reading it"],
    ],
  },
  doctor: {
    text: "Tries what this machine can enforce, and names the command that fixes what is\nmissing. Exit code 1 when something is. `--fix` shows the commands, asks, and\nruns them with sudo; where there is no terminal to ask on, `--yes` agrees.",
    examples: [
      ["cordon doctor", "what can this machine keep?"],
      ["cordon doctor --fix", "mend it, after asking"],
    ],
  },
  verify: {
    text: "Starts a sandbox under the present policy and proves from inside that denials\ndeny and allowances allow, one line each. Exit code 1 when one does not hold.",
    examples: [
      ["cordon verify", "the policy of this directory"],
      ["cordon verify --strict -n", "for these options"],
    ],
  },
  log: {
    text: "Prints what a session did on the network: the newest one, or the one whose id\nbegins with SESSION, or what --log FILE has written. Logs are kept 30 days, in\n~/.local/state/cordon/sessions, where no sandbox can read or write them.",
    examples: [
      ["cordon log", "the newest session"],
      ["cordon log --follow", "and what happens now"],
      ["cordon log --list", "all sessions that have a log"],
      ["cordon log --json 3f2a", "one session, for programs"],
    ],
  },
  audit: { text: "The audit is not there yet in this version.", examples: [] },
  approve: {
    text: "Shows the connections that wait for your word (network.ask: unlisted), and asks\nabout each: once, session, always (writes your policy) or deny. With HOST or ID\nand an answer it does not ask.",
    examples: [
      ["cordon approve", "ask me about what waits now"],
      ["cordon approve --watch", "and about what comes"],
      ["cordon approve example.com --once", "without a question"],
      ["cordon approve 3f2a-1 --always", "and from now on"],
    ],
  },
  allow: {
    text: "Allows a host in the sessions that are running, until they end. It beats no\nrule that denies the host. For good: network.allow of a policy, --allow-host.",
    examples: [
      ["cordon allow example.com", "every port of it"],
      ["cordon allow db.corp:5432", "one port"],
    ],
  },
  deny: {
    text: "Denies a host in the sessions that are running, until they end; connections to\nit that are open are ended. For good: network.deny of a policy, or --deny-host.",
    examples: [
      ["cordon deny example.com", "what is open to it ends"],
      ["cordon deny api.corp --session 3f2a", "in one session"],
    ],
  },
  completion: {
    text: "Prints completions for your shell.",
    examples: [
      ['eval "$(cordon completion bash)"', "in ~/.bashrc"],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is zsh's
      ['cordon completion zsh > "${fpath[1]}/_cordon"', "once"],
      ["cordon completion fish | source", "in config.fish"],
    ],
  },
  help: {
    text: "Prints the help on everything, or on one command.",
    examples: [["cordon help explain", "the same as cordon explain --help"]],
  },
}
