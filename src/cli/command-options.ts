/** Options that one command has for itself, a table of facts; they stand after its name. All others are in options.ts. */
import type { OptionSpec } from "./options.ts"
import type { CommandName } from "./words.ts"

export type OwnOptionSpec = Omit<OptionSpec, "group">

const session = { name: "session", value: "SESSION", help: "in this session only" } as const

export const ownOptions = {
  log: [
    { name: "follow", short: "f", help: "go on with what happens" },
    { name: "list", short: "l", help: "the sessions that have a log" },
  ],
  approve: [
    { name: "once", help: "allow the connections that wait now" },
    { name: "session", help: "allow the host until the session ends" },
    { name: "always", help: "and write it to your policy" },
    { name: "deny", help: "deny the host until the session ends" },
    { name: "pattern", value: "HOST[:PORT]", help: "what is allowed or denied: *.example.com" },
    { name: "watch", short: "w", help: "wait for questions, and ask" },
  ],
  allow: [session],
  deny: [session],
} as const satisfies Partial<Record<CommandName, readonly OwnOptionSpec[]>>

/** What these commands know besides; options of a launch mean nothing to them. */
export const commonOptions = ["json", "verbose", "quiet", "help"] as const

export type CommandWithOptions = keyof typeof ownOptions
export type OwnOptionName = (typeof ownOptions)[CommandWithOptions][number]["name"]

/** The table with every field in sight; empty for most commands. */
export function ownOptionsOf(command: CommandName): readonly (OwnOptionSpec & { name: OwnOptionName })[] {
  return hasOwnOptions(command) ? ownOptions[command] : []
}

/** The commands that know it for themselves. @param written with its dashes, which belongs to no launch */
export function ownersOf(written: string): readonly CommandWithOptions[] {
  const owners = Object.keys(ownOptions) as CommandWithOptions[]
  return owners.filter(command =>
    ownOptionsOf(command).some(({ name, short }) => `--${name}` === written || `-${short}` === written),
  )
}

function hasOwnOptions(command: CommandName): command is CommandWithOptions {
  return command in ownOptions
}
