/**
 * Which calls the live engine hears of: those that make, change or move a file by name, connect(2) and bind(2), and
 * opening for reading where rules deny names that may come into being. The kernel decides on numbers and flags alone
 * (seccomp_unotify(2)); what else a program does costs nothing.
 */
import {
  answer,
  answers,
  assemble,
  ifAnyBit,
  ifEqual,
  jump,
  type Line,
  label,
  loadCallNumber,
  loadHigh,
  loadLow,
} from "../kernel/bpf.ts"
import { flags } from "../kernel/file-flags.ts"
import { type Architecture, callNumber, type SystemCall } from "../kernel/system-calls.ts"

export type LiveFilter = {
  /** opening for reading is asked about too */
  reads: boolean
  /** the sandbox has no namespaces: other processes are in reach, and no mount is read-only */
  landlock?: boolean
}

const always: readonly SystemCall[] = [
  "creat",
  "openat2",
  "rename",
  "renameat",
  "renameat2",
  "link",
  "linkat",
  "symlink",
  "symlinkat",
  "mkdir",
  "mkdirat",
  "mknod",
  "mknodat",
  "unlink",
  "unlinkat",
  "rmdir",
  "truncate",
  "chmod",
  "fchmod",
  "fchmodat",
  "fchmodat2",
  "chown",
  "lchown",
  "fchown",
  "fchownat",
  "utime",
  "utimes",
  "futimesat",
  "setxattr",
  "lsetxattr",
  "fsetxattr",
  "removexattr",
  "lremovexattr",
  "fremovexattr",
  "umask",
  "connect",
  "bind",
]

/** Newer forms of calls above, whose arguments lie in memory in other ways; programs fall back on the older. */
const absent: readonly SystemCall[] = ["setxattrat", "removexattrat", "file_setattr"]

/** Calls on a process, which is the caller itself where the number is 0; and those that name what they are about first. */
const onProcesses: readonly SystemCall[] = [
  "prlimit64",
  "sched_setaffinity",
  "sched_setscheduler",
  "sched_setparam",
  "sched_setattr",
]
const onSeveral: readonly SystemCall[] = ["setpriority", "ioprio_set"]

/** What tells of names without opening anything. */
const watching: readonly SystemCall[] = ["inotify_add_watch"]

const noSuchCall = 38
const writing = flags.writeOnly | flags.readWrite | flags.create | flags.truncate | flags.temporary

/** The program for seccomp(2), to be set with SECCOMP_FILTER_FLAG_NEW_LISTENER. */
export function liveFilter({ reads, landlock = false }: LiveFilter, architecture: Architecture): Uint8Array {
  const when = (name: SystemCall, to: string): Line[] => {
    const number = callNumber(name, architecture)
    return number === undefined ? [] : [ifEqual(number, { yes: to })]
  }
  return assemble([
    loadCallNumber(),
    ...when("openat", "openat"),
    ...when("open", "open"),
    ...when("utimensat", landlock ? "ask" : "utimensat"),
    ...(landlock ? onProcesses.flatMap(name => when(name, "process")) : []),
    ...(landlock ? [...onSeveral, ...watching].flatMap(name => when(name, "ask")) : []),
    ...absent.flatMap(name => when(name, "absent")),
    ...always.flatMap(name => when(name, "ask")),
    jump("go on"),
    label("openat"),
    loadLow(2),
    jump("flags"),
    label("open"),
    loadLow(1),
    label("flags"),
    // A descriptor opened with O_PATH neither reads nor writes.
    ifAnyBit(flags.path, { yes: "go on" }),
    ...(reads ? [jump("ask")] : [ifAnyBit(writing, { yes: "ask", no: "go on" })]),
    label("process"),
    loadLow(0),
    ifEqual(0, { yes: "go on", no: "ask" }),
    label("utimensat"),
    // Without a path it is about a descriptor that the program has.
    loadLow(1),
    ifEqual(0, { no: "ask" }),
    loadHigh(1),
    ifEqual(0, { yes: "go on", no: "ask" }),
    label("ask"),
    answer(answers.notify),
    label("absent"),
    answer(answers.fail(noSuchCall)),
    label("go on"),
    answer(answers.allow),
  ])
}
