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
  { name: "log", usage: "[--follow] [SESSION | FILE]", help: "what happened in a session" },
  { name: "audit", usage: "FILE", help: "denials in a log, grouped (not yet)" },
  { name: "approve", usage: "[HOST[:PORT] | ID]", help: "decide on connections that wait" },
  { name: "allow", usage: "HOST[:PORT]", help: "allow a host in running sessions" },
  { name: "deny", usage: "HOST[:PORT]", help: "deny a host in running sessions" },
  { name: "completion", usage: "bash | zsh | fish", help: "completions for your shell" },
  { name: "help", usage: "[TOPIC]", help: "this help, or help on a command" },
] as const satisfies readonly CommandSpec[]

/** What follows `cordon policy`. */
export const policyVerbs = ["show", "schema", "init", "trust"] as const

/** Shells that there are completions for. */
export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

export type CommandName = (typeof commands)[number]["name"]
