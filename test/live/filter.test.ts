/** Which calls the live engine hears of, run in the machine that the kernel's documentation describes. */
import { describe, expect, test } from "bun:test"
import { answers } from "../../src/kernel/bpf.ts"
import { callNumber, type SystemCall, systemCalls } from "../../src/kernel/system-calls.ts"
import { type LiveFilter, liveFilter } from "../../src/live/filter.ts"
import { runFilter } from "../kernel/bpf-interpreter.ts"

const architectures = ["x86_64", "aarch64"] as const
type Where = (typeof architectures)[number]

function answerTo(
  where: Where,
  call: SystemCall,
  words: readonly bigint[],
  options: Partial<LiveFilter> = {},
) {
  const program = liveFilter({ reads: false, ...options }, where)
  const number = callNumber(call, where)
  if (number === undefined) return undefined
  const architecture = where === "x86_64" ? 0xc000_003e : 0xc000_00b7
  const { value } = runFilter(program, {
    number,
    architecture,
    arguments: [...words, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6),
  })
  return { [answers.notify]: "asks", [answers.allow]: "goes on", [answers.fail(38)]: "is absent" }[value]
}

const names: readonly SystemCall[] = [
  "openat2",
  "renameat2",
  "linkat",
  "symlinkat",
  "mkdirat",
  "mknodat",
  "unlinkat",
  "truncate",
  "fchmodat",
  "fchmodat2",
  "fchmod",
  "fchownat",
  "setxattr",
  "fsetxattr",
  "removexattr",
  "umask",
  "connect",
  "bind",
]
const newer: readonly SystemCall[] = ["setxattrat", "removexattrat", "file_setattr"]

describe.each(architectures)("%s", where => {
  test.each(names)("%s is asked about", call => expect(answerTo(where, call, [])).toBe("asks"))
  test.each(newer)("%s is absent", call => expect(answerTo(where, call, [])).toBe("is absent"))

  test("what else there is goes on", () => {
    const old: readonly SystemCall[] = [
      "creat",
      "rename",
      "renameat",
      "link",
      "symlink",
      "mkdir",
      "mknod",
      "unlink",
      "rmdir",
      "chmod",
      "chown",
      "lchown",
      "fchown",
      "utime",
      "utimes",
      "futimesat",
      "lsetxattr",
      "lremovexattr",
      "fremovexattr",
    ]
    const asked = (Object.keys(systemCalls) as SystemCall[]).filter(
      call => answerTo(where, call, [0n, 1n]) === "asks",
    )
    const known = [...names, ...old, "utimensat", "open"]
    expect(asked.filter(call => !known.includes(call))).toEqual([])
  })

  const opens: readonly SystemCall[] = where === "x86_64" ? ["openat", "open"] : ["openat"]
  test.each(opens)("%s by its flags", call => {
    const words = (flags: bigint) => (call === "open" ? [0n, flags] : [0n, 0n, flags])
    const path = 0o10000000n
    for (const flags of [1n, 2n, 3n, 0o100n, 0o1000n, 0o20200002n, 0x1_0000_0001n])
      expect(answerTo(where, call, words(flags))).toBe("asks")
    for (const flags of [0n, 0o2000000n, path, path | 0o101n, 0xffff_ffff_0000_0000n])
      expect(answerTo(where, call, words(flags))).toBe("goes on")
    expect(answerTo(where, call, words(0n), { reads: true })).toBe("asks")
    expect(answerTo(where, call, words(path), { reads: true })).toBe("goes on")
  })

  test("without namespaces: calls on other processes, and on files that are open", () => {
    const landlock = { reads: true, landlock: true }
    const onOne: readonly SystemCall[] = [
      "prlimit64",
      "sched_setaffinity",
      "sched_setscheduler",
      "sched_setparam",
      "sched_setattr",
    ]
    for (const call of onOne) {
      expect(answerTo(where, call, [1n], landlock)).toBe("asks")
      expect(answerTo(where, call, [0xffff_ffffn], landlock)).toBe("asks")
      expect(answerTo(where, call, [0n], landlock)).toBe("goes on")
      expect(answerTo(where, call, [0xdead_0000_0000n], landlock)).toBe("goes on")
      expect(answerTo(where, call, [1n])).toBe("goes on")
    }
    for (const call of ["setpriority", "ioprio_set"] as const) {
      expect(answerTo(where, call, [0n, 0n], landlock)).toBe("asks")
      expect(answerTo(where, call, [0n, 1n])).toBe("goes on")
    }
    expect(answerTo(where, "inotify_add_watch", [3n, 1n], landlock)).toBe("asks")
    expect(answerTo(where, "inotify_add_watch", [3n, 1n], { reads: true })).toBe("goes on")
    expect(answerTo(where, "utimensat", [3n, 0n], landlock)).toBe("asks")
    expect(answerTo(where, "openat", [0n, 0n, 0n], landlock)).toBe("asks")
    expect(answerTo(where, "read", [0n], landlock)).toBe("goes on")
  })

  test("utimensat without a path is about a descriptor", () => {
    expect(answerTo(where, "utimensat", [3n, 0n])).toBe("goes on")
    expect(answerTo(where, "utimensat", [3n, 1n])).toBe("asks")
    expect(answerTo(where, "utimensat", [3n, 1n << 32n])).toBe("asks")
  })
})
