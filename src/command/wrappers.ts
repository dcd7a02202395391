/**
 * Programs that only change how another one is started: the agent is looked for behind them. Everything else is
 * opaque, on purpose also sudo, doas, su, xargs, ssh, docker, script, flock and unshare: they start their command
 * as somebody else, somewhere else, or from words that are not on the command line.
 */
import type { OptionTable } from "./options.ts"

/** How to get past one wrapper. */
export type Wrapper = OptionTable & {
  readonly names: readonly string[]
  /** options with which no command is started */
  readonly quits?: readonly string[]
  /** what stands between the options and the command */
  readonly before?: "assignments" | RegExp
}

const helpAndVersion = ["help", "version"]

export const wrappers: readonly Wrapper[] = [
  {
    names: ["env"],
    valued: "uCaS",
    flags: "i0v",
    longValued: ["unset", "chdir", "argv0", "split-string"],
    longFlags: [
      "ignore-environment",
      "null",
      "debug",
      "block-signal",
      "default-signal",
      "ignore-signal",
      "list-signal-handling",
      ...helpAndVersion,
    ],
    quits: helpAndVersion,
    before: "assignments",
    // their value is split into words that take its place
    last: ["S", "split-string"],
  },
  {
    names: ["nice"],
    valued: "n",
    longValued: ["adjustment"],
    longFlags: helpAndVersion,
    quits: helpAndVersion,
    numbers: true,
  },
  {
    names: ["timeout"],
    valued: "ks",
    flags: "vfp",
    longValued: ["kill-after", "signal"],
    longFlags: ["foreground", "preserve-status", "verbose", ...helpAndVersion],
    quits: helpAndVersion,
    before: /^(\d+\.?\d*|\.\d+|inf(inity)?)[smhd]?$/i,
  },
  {
    names: ["stdbuf"],
    valued: "ioe",
    longValued: ["input", "output", "error"],
    longFlags: helpAndVersion,
    quits: helpAndVersion,
  },
  {
    names: ["ionice"],
    valued: "cn",
    flags: "tpPuhV",
    longValued: ["class", "classdata"],
    longFlags: ["ignore", "pid", "pgid", "uid", ...helpAndVersion],
    quits: ["p", "P", "u", "pid", "pgid", "uid", "h", "V", ...helpAndVersion],
  },
  {
    names: ["taskset"],
    flags: "acphV",
    longFlags: ["all-tasks", "cpu-list", "pid", ...helpAndVersion],
    quits: ["p", "pid", "h", "V", ...helpAndVersion],
    // a mask, or with -c a list
    before: /^((0x)?[\da-f]+|\d+(-\d+(:\d+)?)?(,\d+(-\d+(:\d+)?)?)*)$/i,
  },
  {
    names: ["chrt"],
    valued: "TPD",
    flags: "abfiordRvpmhV",
    longValued: ["sched-runtime", "sched-period", "sched-deadline"],
    longFlags: [
      "all-tasks",
      "batch",
      "fifo",
      "idle",
      "other",
      "rr",
      "deadline",
      "reset-on-fork",
      "verbose",
      "pid",
      "max",
      ...helpAndVersion,
    ],
    quits: ["p", "pid", "m", "max", "h", "V", ...helpAndVersion],
    before: /^\d+$/,
  },
  { names: ["command"], flags: "pvV", quits: ["v", "V"] },
  { names: ["exec"], valued: "a", flags: "cl" },
  {
    names: ["time"],
    valued: "fo",
    flags: "pavqV",
    longValued: ["format", "output"],
    longFlags: ["portability", "append", "verbose", "quiet", ...helpAndVersion],
    quits: ["V", ...helpAndVersion],
  },
  { names: ["nohup"], longFlags: helpAndVersion, quits: helpAndVersion },
  {
    names: ["setsid"],
    flags: "cfwhV",
    longFlags: ["ctty", "fork", "wait", ...helpAndVersion],
    quits: ["h", "V", ...helpAndVersion],
  },
  { names: ["unbuffer"], flags: "p" },
  {
    names: ["winpty"],
    flags: "h",
    longFlags: ["mouse", "showkey", ...helpAndVersion],
    quits: ["h", ...helpAndVersion],
  },
  { names: ["caffeinate"], valued: "tw", flags: "dimsu" },
  {
    names: ["xvfb-run"],
    valued: "efnpsw",
    flags: "alh",
    longValued: ["error-file", "auth-file", "server-num", "xauth-protocol", "server-args", "wait"],
    longFlags: ["auto-servernum", "auto-display", "listen-tcp", "help"],
    quits: ["h", "help"],
  },
  {
    names: ["strace"],
    valued: "abeEIoOpPsSuUX",
    longValued: ["attach", "columns", "env", "expr", "output", "string-limit", "trace", "trace-path", "user"],
    quits: ["h", "V", ...helpAndVersion],
    lenient: true,
  },
  {
    names: ["ltrace"],
    valued: "aADeFlnopsuwx",
    longValued: ["align", "config", "debug", "indent", "library", "output", "where"],
    quits: ["h", "V", ...helpAndVersion],
    lenient: true,
  },
]

/** Shells: behind `-c` stands a string of commands. */
export const shells: readonly string[] = ["sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "fish"]

/** Long options of shells that take a value. */
export const shellLongValued: readonly string[] = ["--rcfile", "--init-file"]
