/** The commands of Cordon, a table of facts: the dispatcher, the help and the completions read it. */

export type CommandSpec = {
  name: string
  /** what follows the name */
  usage: string
  help: string
}

export const commands = [
  { name: "run", usage: "[options] [--] COMMAND …", help: "run a command in the sandbox" },
  {
    name: "explain",
    usage: "PATH | HOST[:PORT] | env NAME",
    help: "what the policy says, and which rule decides",
  },
  { name: "check", usage: "[FILE…]", help: "is the policy valid?" },
  { name: "policy", usage: "show | schema | init | trust", help: "see, start or trust a policy" },
  { name: "doctor", usage: "", help: "what this machine can enforce" },
  { name: "verify", usage: "", help: "prove from inside that the policy holds" },
  { name: "log", usage: "[SESSION]", help: "what happened in a session (not yet)" },
  { name: "audit", usage: "FILE", help: "denials in a log, grouped (not yet)" },
  { name: "approve", usage: "", help: "decide on held connections (not yet)" },
  { name: "completion", usage: "bash | zsh | fish", help: "completions for your shell" },
  { name: "help", usage: "[TOPIC]", help: "this help, or help on a command" },
] as const satisfies readonly CommandSpec[]

export type CommandName = (typeof commands)[number]["name"]
