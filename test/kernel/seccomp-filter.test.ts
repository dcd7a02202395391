/** The filter is run call by call, for both architectures: what must fail fails, what must work is let through. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { answers } from "../../src/kernel/bpf.ts"
import { namespaceRefusals, refusals } from "../../src/kernel/refused-calls.ts"
import { seccompFilter } from "../../src/kernel/seccomp-filter.ts"
import { type Architecture, callNumber, callNumbers, type SystemCall } from "../../src/kernel/system-calls.ts"
import { runFilter, type Verdict } from "./bpf-interpreter.ts"

const audit: Record<Architecture, number> = { x86_64: 0xc000_003e, aarch64: 0xc000_00b7 }
const architectures: Architecture[] = ["x86_64", "aarch64"]
const filters = {
  x86_64: {
    usual: seccompFilter("x86_64", { nestedUserns: false }),
    nested: seccompFilter("x86_64", { nestedUserns: true }),
  },
  aarch64: {
    usual: seccompFilter("aarch64", { nestedUserns: false }),
    nested: seccompFilter("aarch64", { nestedUserns: true }),
  },
}

type Question = { architecture: Architecture; nested?: boolean; arguments?: readonly bigint[] }

function ask(number: number, { architecture, nested = false, arguments: words = [] }: Question): Verdict {
  const program = filters[architecture][nested ? "nested" : "usual"]
  return runFilter(program, { number, architecture: audit[architecture], arguments: words })
}

const errno = {
  EPERM: 1,
  ENOSYS: 38,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
}
type Word = keyof typeof errno | "allowed"

function wordOf({ value }: Verdict): Word | number {
  if (value === answers.allow) return "allowed"
  const [name] = Object.entries(errno).find(([, number]) => value === (0x5_0000 | number)) ?? []
  return (name as Word | undefined) ?? value
}

/** Calls that fail whatever their arguments are, written down by hand. */
const always: Partial<Record<Word, string>> = {
  EPERM: `pidfd_getfd kcmp bpf perf_event_open userfaultfd init_module finit_module delete_module
    kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd settimeofday clock_settime adjtimex
    clock_adjtime open_by_handle_at name_to_handle_at iopl ioperm modify_ldt syslog sethostname setdomainname
    vhangup fanotify_init move_pages migrate_pages`,
  ENOSYS: `process_vm_readv process_vm_writev process_madvise io_uring_setup io_uring_enter io_uring_register keyctl
    add_key request_key lookup_dcookie nfsservctl uselib ustat sysfs _sysctl create_module get_kernel_syms
    query_module`,
}
const namespaces: Partial<Record<Word, string>> = {
  EPERM: `mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount mount_setattr
    open_tree_attr unshare setns`,
  ENOSYS: "clone3",
}

const words = (text = "") => text.trim().split(/\s+/) as SystemCall[]
const rows = (table: Partial<Record<Word, string>>) =>
  Object.entries(table).flatMap(([answer, calls]) =>
    words(calls).map(call => [call, answer as Word] as const),
  )

/** What programs live on; every one of them whatever its arguments are. */
const mustWork =
  words(`read write readv writev pread64 pwrite64 open openat openat2 close close_range stat lstat fstat
  newfstatat statx mmap munmap mprotect mremap madvise brk futex epoll_wait epoll_pwait epoll_ctl poll ppoll
  rt_sigaction rt_sigprocmask rt_sigreturn fork vfork execve execveat exit exit_group wait4 kill tgkill
  getpid getppid gettid getuid clock_gettime nanosleep sched_yield sched_setaffinity getrandom memfd_create rseq membarrier
  pidfd_open pidfd_send_signal landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp prctl arch_prctl
  umask prlimit64 setrlimit getrlimit set_tid_address set_robust_list connect bind listen accept4 recvfrom recvmsg recvmmsg getsockname setsockopt getsockopt shutdown eventfd2 timerfd_create signalfd4
  inotify_init1 inotify_add_watch getdents64 readlink readlinkat access faccessat faccessat2 getcwd chdir fchdir
  rename renameat renameat2 link linkat symlink symlinkat mkdir mkdirat unlink unlinkat rmdir truncate ftruncate chmod
  fchmod fchmodat fchmodat2 chown fchown fchownat utimensat setxattr fsetxattr fcntl dup dup3 pipe2 flock fsync uname
  sysinfo setsid setpgid capset mbind set_mempolicy restart_syscall`)

const all = BigInt("0xffffffffffffffff")
/** Registers as they may be: the upper halves of 32-bit parameters hold anything. */
const garbage = (...low: number[]) => low.map(word => BigInt(word) | 0xdead_beef_0000_0000n)
const plain = (...low: number[]) => low.map(word => BigInt(word))

describe.each(architectures)("on %s", architecture => {
  const numbers = callNumbers(architecture)
  const has = (call: SystemCall) => numbers[call] !== undefined
  const outcome = (call: SystemCall, question: Omit<Question, "architecture"> = {}) => {
    const number = numbers[call]
    if (number === undefined) throw new Error(`${architecture} has no ${call}`)
    return wordOf(ask(number, { architecture, ...question }))
  }

  test.each([...rows(always), ...rows(namespaces)].filter(([call]) => has(call)))(
    "%s: %s",
    (call, answer) => {
      expect(outcome(call)).toBe(answer)
      expect(outcome(call, { arguments: [all, all, all, all, all, all] })).toBe(answer)
    },
  )

  test.each(rows(always).filter(([call]) => has(call)))(
    "%s: %s with nested user namespaces too",
    (call, answer) => {
      expect(outcome(call, { nested: true })).toBe(answer)
    },
  )

  test.each(rows(namespaces).filter(([call]) => has(call)))(
    "%s is let through with nested user namespaces",
    call => {
      expect(outcome(call, { nested: true })).toBe("allowed")
    },
  )

  test.each(mustWork.filter(has))("%s is let through, whatever its arguments", call => {
    for (const nested of [false, true]) {
      expect(outcome(call, { nested })).toBe("allowed")
      expect(outcome(call, { nested, arguments: [all, all, all, all, all, all] })).toBe("allowed")
    }
  })

  type Case = [call: SystemCall, low: number[], answer: Word]
  const sigchld = 17
  const thread = 0x3d_0f00
  const cases: Case[] = [
    ["clone", [sigchld], "allowed"],
    ["clone", [thread], "allowed"],
    ["clone", [0x4111], "allowed"], // CLONE_VM | CLONE_VFORK | SIGCHLD: posix_spawn
    ...[0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000].map(
      (flag): Case => ["clone", [flag | sigchld], "EPERM"],
    ),
    ["ptrace", [0, 0], "allowed"], // PTRACE_TRACEME
    ["ptrace", [0x4206, 2], "allowed"], // PTRACE_SEIZE
    ["ptrace", [0x4206, 1], "EPERM"],
    ["ptrace", [16, 1], "EPERM"], // PTRACE_ATTACH
    ["setpriority", [0, 0, 5], "allowed"], // PRIO_PROCESS
    ["setpriority", [1, 0, 5], "EPERM"], // PRIO_PGRP
    ["ioprio_set", [1, 0, 0], "allowed"], // IOPRIO_WHO_PROCESS
    ["ioprio_set", [2, 0, 0], "EPERM"], // IOPRIO_WHO_PGRP
    ["kill", [0, 15], "allowed"], // Landlock decides
    ["ioctl", [3, 0x5000_940e], "EPERM"], // BTRFS_IOC_SUBVOL_CREATE
    ["ioctl", [3, 0x5000_9417], "EPERM"], // BTRFS_IOC_SNAP_CREATE_V2
    ["ioctl", [3, 0x4004_9409], "allowed"], // FICLONE
    ["ioctl", [3, 0x4018_6f04], "EPERM"], // OCFS2_IOC_REFLINK
    ["ioctl", [0, 0x5401], "allowed"], // TCGETS
    ["ioctl", [0, 0x5413], "allowed"], // TIOCGWINSZ
    ["ioctl", [0, 0x5410], "allowed"], // TIOCSPGRP: job control
    ["ioctl", [0, 0x5412], "EPERM"], // TIOCSTI
    ["ioctl", [0, 0x541c], "EPERM"], // TIOCLINUX
    ["ioctl", [0x5412, 0], "allowed"],
    ...[0, 8, 0x2_0000, 0x2_0008, 0x4_0000, 0xffff_ffff].map(
      (persona): Case => ["personality", [persona], "allowed"],
    ),
    ...[0x40_0000, 0x44_0000, 0x10_0000, 1, 0x8000_0000].map(
      (persona): Case => ["personality", [persona], "EPERM"],
    ),
    ["mknodat", [0, 0, 0o020666], "EPERM"],
    ["mknodat", [0, 0, 0o060666], "EPERM"],
    ["mknodat", [0, 0, 0o010666], "allowed"],
    ["mknodat", [0, 0, 0o140666], "allowed"],
    ["mknodat", [0, 0, 0o100666], "allowed"],
    ["mknodat", [0, 0o020666, 0o644], "allowed"],
    ...(architecture === "x86_64"
      ? ([
          ["mknod", [0, 0o020666], "EPERM"],
          ["mknod", [0, 0o060666], "EPERM"],
          ["mknod", [0, 0o010666], "allowed"],
          ["mknod", [0, 0o644, 0o020666], "allowed"],
        ] satisfies Case[])
      : []),
  ]
  const stream = 1
  const datagram = 2
  const raw = 3
  const packet = 5
  const flags = 0o2004000 // SOCK_CLOEXEC | SOCK_NONBLOCK
  const sockets: Case[] = [
    ...[2, 10].flatMap((family): Case[] => [
      ["socket", [family, stream, 0], "allowed"],
      ["socket", [family, stream | flags, 6], "allowed"],
      ["socket", [family, datagram, 0], "allowed"],
      ["socket", [family, datagram | flags, 17], "allowed"],
      ["socket", [family, datagram, 1], "allowed"], // ping
      ["socket", [family, datagram, 58], "allowed"],
      ["socket", [family, raw, 255], "EPERM"],
      ["socket", [family, raw | flags, 1], "EPERM"],
      ["socket", [family, 10, 0x300], "EPERM"], // SOCK_PACKET, which becomes AF_PACKET
      ["socket", [family, packet, 132], "EPERM"], // SCTP
      ["socket", [family, stream, 132], "EPROTONOSUPPORT"],
      ["socket", [family, stream, 262], "EPROTONOSUPPORT"], // Multipath TCP
      ["socket", [family, datagram, 115], "EPROTONOSUPPORT"], // L2TP
      ["socket", [family, datagram, 136], "EPROTONOSUPPORT"],
    ]),
    ["socket", [1, stream, 0], "allowed"],
    ["socket", [1, packet | flags, 0], "allowed"],
    ["socket", [1, datagram, 0], "ESOCKTNOSUPPORT"],
    ["socket", [1, datagram | flags, 0], "ESOCKTNOSUPPORT"],
    ["socket", [1, raw, 0], "ESOCKTNOSUPPORT"], // the kernel makes a datagram socket of it
    // MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE | MSG_ZEROCOPY; MSG_FASTOPEN
    ...["sendto", "sendmmsg"].flatMap((call): Case[] => [
      [call as SystemCall, [0, 0, 0x2000_0000, 0x400_c040], "allowed"],
      [call as SystemCall, [0, 0, 0, 0x2000_0000], "EOPNOTSUPP"],
      [call as SystemCall, [0, 0, 0, 0x2000_4040], "EOPNOTSUPP"],
    ]),
    ["sendmsg", [0, 0, 0x400_c040], "allowed"],
    ["sendmsg", [0, 0, 0x2000_0000], "EOPNOTSUPP"],
    ["sendmsg", [0, 0, 0x2000_4040], "EOPNOTSUPP"],
    ["socketpair", [1, stream | flags, 0], "allowed"],
    ["socketpair", [1, packet, 0], "allowed"],
    ["socketpair", [1, datagram, 0], "ESOCKTNOSUPPORT"],
    ["socketpair", [1, raw | flags, 0], "ESOCKTNOSUPPORT"],
    ["socket", [16, raw, 0], "allowed"], // NETLINK_ROUTE: getifaddrs
    ["socket", [16, datagram | flags, 0], "allowed"],
    ...[2, 4, 9, 12, 15, 16].map((protocol): Case => ["socket", [16, raw, protocol], "EPROTONOSUPPORT"]),
    ...[0, 3, 4, 9, 15, 17, 21, 29, 30, 31, 38, 40, 42, 43, 44, 45, 255, 0xffff_ffff].flatMap(
      (family): Case[] => [
        ["socket", [family, stream, 0], "EAFNOSUPPORT"],
        ["socket", [family, raw, 3], "EAFNOSUPPORT"],
        ["socketpair", [family, stream, 0], "EAFNOSUPPORT"],
      ],
    ),
  ]

  test.each([...cases, ...sockets].map(row => [...row]))("%s(%p): %s", (call, low, answer) => {
    expect(outcome(call as SystemCall, { arguments: plain(...(low as number[])) })).toBe(answer as Word)
    expect(outcome(call as SystemCall, { arguments: garbage(...(low as number[])) })).toBe(answer as Word)
  })

  test("clone with flags for namespaces is let through with nested user namespaces", () => {
    expect(outcome("clone", { nested: true, arguments: plain(0x1000_0000) })).toBe("allowed")
  })

  test("every row of the table refuses something here, or its calls do not exist here", () => {
    const covered = new Set(
      [...rows(always), ...rows(namespaces), ...cases, ...sockets].map(([call]) => call),
    )
    const listed = [...namespaceRefusals, ...refusals].flatMap(({ calls }) => calls).filter(has)
    expect(listed.filter(call => !covered.has(call) && call !== "mknod")).toEqual([])
  })

  test.each(architectures.filter(other => other !== architecture))("a call of %s ends the process", other => {
    const foreign = { number: numbers.read, architecture: audit[other] }
    expect(runFilter(filters[architecture].usual, foreign).value).toBe(answers.killProcess)
    for (const convention of [0x4000_0003, 0x4000_0028, 0])
      expect(runFilter(filters[architecture].nested, { number: 1, architecture: convention }).value).toBe(
        answers.killProcess,
      )
  })

  test.each(words("read write openat close futex newfstatat mmap munmap epoll_pwait"))(
    "%s is decided within 12 instructions, and without a look at its arguments",
    call => {
      const { steps, looked } = ask(numbers[call] ?? -1, { architecture })
      expect(steps).toBeLessThanOrEqual(12)
      expect(looked).toBe(false)
    },
  )

  test("any call is decided within 40 instructions, and only those that have to be by their arguments", () => {
    const looked = new Set<number>()
    for (let number = 0; number < 600; number++) {
      const verdict = ask(number, { architecture, arguments: plain(1, 1, 0) })
      expect(verdict.steps).toBeLessThanOrEqual(40)
      if (verdict.looked) looked.add(number)
    }
    const byArguments = words(
      "clone ioctl ioprio_set mknod mknodat personality ptrace sendmmsg sendmsg sendto setpriority socket socketpair",
    ).map(call => numbers[call])
    expect([...looked].sort()).toEqual(byArguments.filter(number => number !== undefined).sort())
  })

  test("for any call and any arguments there is an answer, and it is one of those in the table", () => {
    const word = fc.bigInt({ min: 0n, max: all })
    fc.assert(
      fc.property(fc.nat({ max: 1000 }), fc.array(word, { minLength: 6, maxLength: 6 }), (number, list) => {
        expect(wordOf(ask(number, { architecture, arguments: list }))).toBeString()
      }),
      { numRuns: 2000 },
    )
  })
})

describe("x32", () => {
  const first = 0x4000_0000
  test.each([0, 1, 59, 101, 512, 547, 0x3fff_ffff, 0xbfff_ffff])("call %d on is refused", number => {
    expect(wordOf(ask((first + number) >>> 0, { architecture: "x86_64" }))).toBe("ENOSYS")
    expect(wordOf(ask((first + number) >>> 0, { architecture: "x86_64", nested: true }))).toBe("ENOSYS")
  })

  test("the number before it is let through", () => {
    expect(wordOf(ask(first - 1, { architecture: "x86_64" }))).toBe("allowed")
  })
})

test("calls that are not known yet are let through", () => {
  for (const architecture of architectures)
    for (const number of [471, 500, 900]) expect(wordOf(ask(number, { architecture }))).toBe("allowed")
})

describe("the table", () => {
  const table = [...namespaceRefusals, ...refusals]

  test("says of each refusal why, in a phrase that ends without a full stop", () => {
    for (const { why, calls } of table) {
      expect(calls.length).toBeGreaterThan(0)
      expect(why).toMatch(/^[^A-Z.].*[^.]$|^(AF|SCTP)\w*.*[^.]$/)
    }
  })

  test("refuses no call twice without a condition", () => {
    const whole = table.filter(({ when }) => when.length === 0).flatMap(({ calls }) => calls)
    expect(new Set(whole).size).toBe(whole.length)
    const some = table.filter(({ when }) => when.length > 0).flatMap(({ calls }) => calls)
    expect(some.filter(call => whole.includes(call))).toEqual([])
  })

  test("has conditions on arguments that exist, with values within their mask", () => {
    for (const { argument, mask, values } of table.flatMap(({ when }) => when)) {
      expect(argument).toBeWithin(0, 6)
      expect(Object.keys(values).length).toBeGreaterThan(0)
      for (const value of Object.values(values)) expect((value & mask) >>> 0).toBe(value)
    }
  })

  test("names calls that at least one architecture has", () => {
    const absent = table
      .flatMap(({ calls }) => calls)
      .filter(call => architectures.every(architecture => callNumber(call, architecture) === undefined))
    expect(absent).toEqual([])
  })
})

describe.each(architectures)("where Landlock keeps no signals within, on %s", architecture => {
  const program = seccompFilter(architecture, { nestedUserns: false, unscopedSignals: true })
  const answerOf = (call: "kill" | "fcntl" | "ioctl", ...words: bigint[]) =>
    wordOf(
      runFilter(program, {
        number: callNumbers(architecture)[call],
        architecture: audit[architecture],
        arguments: words,
      }),
    )
  const kill = (process: bigint) => answerOf("kill", process, 15n)

  test("none goes to the process group, which is that of who started Cordon", () => {
    expect(kill(0n)).toBe("EPERM")
    expect(kill(0xdead_0000_0000n)).toBe("EPERM")
  })

  test("none by way of the terminal, which has whoever is told of input be that group", () => {
    const [setFlags, setSignal, asynchronous, nonBlocking] = [4n, 10n, 0x2000n, 0x800n]
    expect(answerOf("fcntl", 0n, setFlags, asynchronous | nonBlocking)).toBe("EPERM")
    expect(answerOf("ioctl", 0n, 0x5452n)).toBe("EPERM")
    expect(answerOf("fcntl", 0n, setFlags, nonBlocking)).toBe("allowed")
    expect(answerOf("fcntl", 0n, setSignal, asynchronous)).toBe("allowed")
  })

  test("those to one process and to groups made inside do", () => {
    expect(kill(7n)).toBe("allowed")
    expect(kill(0xffff_ffff_ffff_fff9n)).toBe("allowed")
  })
})

/** What mounts, PID, IPC and network namespaces would keep apart. */
describe.each(architectures)("without namespaces on %s", architecture => {
  const numbers = callNumbers(architecture)
  const programs = {
    off: seccompFilter(architecture, { nestedUserns: false, withoutNamespaces: "off" }),
    open: seccompFilter(architecture, { nestedUserns: false, withoutNamespaces: "open" }),
    usual: filters[architecture].usual,
  }
  const answerOf = (network: keyof typeof programs, call: SystemCall, ...low: number[]) => {
    const number = numbers[call]
    if (number === undefined) throw new Error(`${architecture} has no ${call}`)
    const verdict = runFilter(programs[network], {
      number,
      architecture: audit[architecture],
      arguments: garbage(...low),
    })
    return verdict.value === answers.doNothing ? "nothing" : wordOf(verdict)
  }

  const shared = words(
    "shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open mq_unlink",
  )
  test.each(shared)("%s is no call of this kernel", call => {
    expect([answerOf("off", call), answerOf("open", call)]).toEqual(["ENOSYS", "ENOSYS"])
    expect(answerOf("usual", call)).toBe("allowed")
  })

  test("no internet socket is made while the network is off; others are, and with the network open all", () => {
    for (const family of [2, 10, 16]) {
      expect(answerOf("off", "socket", family, 1, 0)).toBe("EAFNOSUPPORT")
      expect(answerOf("open", "socket", family, 1, 0)).toBe("allowed")
    }
    expect(answerOf("off", "socket", 1, 1, 0)).toBe("allowed")
    expect(answerOf("off", "socketpair", 1, 1, 0)).toBe("allowed")
    expect(answerOf("open", "socket", 2, 3, 0)).toBe("EPERM")
    expect(answerOf("open", "socket", 2, 1, 262)).toBe("EPROTONOSUPPORT")
    expect(answerOf("off", "socket", 40, 1, 0)).toBe("EAFNOSUPPORT")
  })

  test("files that are open for reading are not changed by ioctl; what else it does works", () => {
    const changing = [0x4008_6602, 0x401c_5820, 0x4080_6685, 0x4004_7211]
    for (const request of changing) {
      expect(answerOf("off", "ioctl", 3, request)).toBe("EPERM")
      expect(answerOf("usual", "ioctl", 3, request)).toBe("allowed")
    }
    // FIONREAD, TCGETS, TIOCGPTPEER, FS_IOC_GETFLAGS, FICLONE, FICLONERANGE, FIDEDUPERANGE
    for (const request of [0x541b, 0x5401, 0x5441, 0x8008_6601, 0x4004_9409, 0x4020_940d, 0xc018_9436])
      expect(answerOf("off", "ioctl", 3, request)).toBe("allowed")
    expect(answerOf("off", "ioctl", 0, 0x5412)).toBe("EPERM")
  })

  test("a program that hides its memory only believes that it did", () => {
    expect(answerOf("off", "prctl", 4, 0)).toBe("nothing")
    expect(answerOf("off", "prctl", 38, 1)).toBe("allowed")
    expect(answerOf("usual", "prctl", 4, 0)).toBe("allowed")
  })

  test("and what is refused with namespaces is refused here", () => {
    for (const [call, answer] of [...rows(always), ...rows(namespaces)])
      if (numbers[call] !== undefined) expect(answerOf("open", call)).toBe(answer)
    for (const call of mustWork.filter(name => numbers[name] !== undefined))
      expect([call, answerOf("open", call)]).toEqual([call, "allowed"])
  })
})
