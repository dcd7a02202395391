/** Every option of the command line, a table of facts: the parser, the help and the completions read it. */

export type OptionGroup = "Files" | "Network" | "Environment" | "Policy" | "Limits" | "Running" | "Cordon"

export type OptionSpec = {
  /** long name, without dashes */
  name: string
  short?: string
  /** another spelling */
  alias?: string
  /** what the value is called in the help; absent = the option takes no value */
  value?: string
  /** the words that the value may be */
  choices?: readonly string[]
  /** may be given more than once, and adds up */
  repeats?: true
  group: OptionGroup
  help: string
}

export const options = [
  {
    name: "cwd",
    short: "C",
    value: "DIR",
    group: "Files",
    help: "project directory (default: the present one)",
  },
  { name: "ro", group: "Files", help: "nothing writable but state and caches" },
  { name: "rw", group: "Files", help: "project writable (default)" },
  {
    name: "deny",
    alias: "block",
    value: "PATH",
    repeats: true,
    group: "Files",
    help: "can't be read, listed or written",
  },
  { name: "read", value: "PATH", repeats: true, group: "Files", help: "can be read" },
  {
    name: "write",
    alias: "allow",
    value: "PATH",
    repeats: true,
    group: "Files",
    help: "can be read and written",
  },
  {
    name: "unprotect",
    value: "PATH",
    repeats: true,
    group: "Files",
    help: "lift a protection, such as .git/hooks",
  },
  { name: "strict", group: "Files", help: "read only system, project and what is allowed" },

  { name: "no-net", short: "n", group: "Network", help: "no network: the same as --net off" },
  {
    name: "net",
    value: "MODE",
    choices: ["off", "filtered", "open"],
    group: "Network",
    help: "off, filtered (default) or open",
  },
  {
    name: "allow-host",
    value: "HOST[:PORT]",
    repeats: true,
    group: "Network",
    help: "a host that may be reached",
  },
  { name: "deny-host", value: "HOST[:PORT]", repeats: true, group: "Network", help: "a host that may not" },
  {
    name: "host-port",
    value: "PORT",
    repeats: true,
    group: "Network",
    help: "inside, 127.0.0.1:PORT is the host's",
  },
  {
    name: "expose",
    value: "PORT",
    repeats: true,
    group: "Network",
    help: "the host reaches that port inside",
  },

  { name: "scrub-env", group: "Environment", help: "remove secrets (default)" },
  {
    name: "env",
    value: "NAME[=VALUE]",
    repeats: true,
    group: "Environment",
    help: "pass or set one variable",
  },

  {
    name: "trust",
    value: "PRESET",
    choices: ["trusted", "standard", "untrusted"],
    group: "Policy",
    help: "how much to allow (default: standard)",
  },
  { name: "profile", value: "NAME|FILE", repeats: true, group: "Policy", help: "add a policy profile" },
  { name: "config", value: "FILE", group: "Policy", help: "use FILE as the user policy" },

  { name: "timeout", value: "DUR", group: "Limits", help: "end it after 90s, 30m, 2h: exit code 124" },
  { name: "memory", value: "SIZE", group: "Limits", help: "at most so much memory: 512MB, 8GB" },
  { name: "cpus", value: "N", group: "Limits", help: "at most N processors: 2, 0.5" },
  { name: "processes", value: "N", group: "Limits", help: "at most N processes and threads" },

  { name: "log", value: "FILE", group: "Running", help: "write what happens there too, as JSON lines" },
  { name: "dry-run", group: "Running", help: "print the plan, run nothing, touch nothing" },
  { name: "json", group: "Running", help: "one JSON document on standard output" },
  {
    name: "backend",
    value: "NAME",
    choices: ["auto", "bubblewrap", "landlock", "seatbelt", "docker", "podman"],
    group: "Running",
    help: "how to confine (default: auto)",
  },
  { name: "fix", group: "Running", help: "doctor: run the commands that it names" },
  { name: "yes", group: "Running", help: "doctor --fix: without asking" },

  { name: "verbose", short: "v", group: "Cordon", help: "say more, what does not hold yet above all" },
  { name: "quiet", short: "q", group: "Cordon", help: "say errors only" },
  { name: "version", short: "V", group: "Cordon", help: "print the version" },
  { name: "help", short: "h", group: "Cordon", help: "print help; `cordon help TOPIC` for more" },
] as const satisfies readonly OptionSpec[]

export type OptionName = (typeof options)[number]["name"]

/** The table with every field in sight. */
export const optionSpecs: readonly (OptionSpec & { name: OptionName })[] = options
