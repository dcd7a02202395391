/**
 * A table of facts: the system calls that a sandbox refuses, with what they fail with and why. All others are let
 * through. docs/system-calls.md is made of it. The kernel's own checks (no capabilities, namespaces, no_new_privs) stand
 * behind most rows: this is the wall in front.
 */
import type { SystemCall } from "./system-calls.ts"

/** What refused calls fail with (errno(3); the same numbers on x86_64 and aarch64). */
export const errnos = {
  /** the call does nothing, and succeeds */
  "0": 0,
  /** not permitted */
  EPERM: 1,
  /** not in this kernel: libraries then do the same by other calls */
  ENOSYS: 38,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
} as const

export type Errno = keyof typeof errnos

/** A test on an argument's low 32 bits: the kernel takes all of these parameters as 32 bits or less. */
export type Condition = {
  /** which argument, from 0 */
  argument: number
  /** its name, for people */
  name: string
  /** the bits that count */
  mask: number
  /** `has` = any bit of the values is set */
  test: "is" | "is not" | "has"
  /** name → value */
  values: Readonly<Record<string, number>>
}

export type Refusal = {
  calls: readonly SystemCall[]
  /** all of these hold; empty = whatever the arguments are */
  when: readonly Condition[]
  fails: Errno
  /** one sentence */
  why: string
}

const whole = 0xffff_ffff
const sharedRequests = { FICLONE: 0x4004_9409, FICLONERANGE: 0x4020_940d, FIDEDUPERANGE: 0xc018_9436 }
/** What of the requests to sockets is about the socket itself, and not about the network (linux/sockios.h). */
const ofEverySocket = {
  FIOSETOWN: 0x8901,
  SIOCSPGRP: 0x8902,
  FIOGETOWN: 0x8903,
  SIOCGPGRP: 0x8904,
  SIOCATMARK: 0x8905,
}
/** Bits of `type` beyond these are SOCK_NONBLOCK and SOCK_CLOEXEC (socket(2)). */
const socketTypeMask = 0xf
/** S_IFMT (inode(7)). */
const fileTypeMask = 0xf000

/** clone(2). CLONE_NEWTIME is not among them: in clone its bit belongs to the signal that is sent at the end. */
const namespaceFlags = {
  CLONE_NEWNS: 0x2_0000,
  CLONE_NEWCGROUP: 0x200_0000,
  CLONE_NEWUTS: 0x400_0000,
  CLONE_NEWIPC: 0x800_0000,
  CLONE_NEWUSER: 0x1000_0000,
  CLONE_NEWPID: 0x2000_0000,
  CLONE_NEWNET: 0x4000_0000,
}

const unixFamily = { AF_UNIX: 1 }
const internetFamily = { AF_INET: 2, AF_INET6: 10 }
const netlinkFamily = { AF_NETLINK: 16 }
const connectingFlag = { MSG_FASTOPEN: 0x2000_0000 }
const deviceTypes = { S_IFCHR: 0x2000, S_IFBLK: 0x6000 }

/** Refused unless the policy says `nested_userns: allow`. */
export const namespaceRefusals: readonly Refusal[] = [
  {
    calls: ["unshare", "setns"],
    when: [],
    fails: "EPERM",
    why: "in a user namespace of its own a program has every capability, and can undo what mounts hide",
  },
  {
    calls: ["clone"],
    when: [{ argument: 0, name: "flags", mask: whole, test: "has", values: namespaceFlags }],
    fails: "EPERM",
    why: "the way round a refused unshare; threads and processes are made as ever",
  },
  {
    calls: ["clone3"],
    when: [],
    fails: "ENOSYS",
    why: "its flags lie in memory, where no filter can look; the C library falls back to clone",
  },
  {
    calls: ["mount", "umount2", "pivot_root", "chroot"],
    when: [],
    fails: "EPERM",
    why: "would undo what is hidden and read-only, wherever a program came by the capability",
  },
  {
    calls: [
      "fsopen",
      "fsconfig",
      "fsmount",
      "fspick",
      "open_tree",
      "open_tree_attr",
      "move_mount",
      "mount_setattr",
    ],
    when: [],
    fails: "EPERM",
    why: "the newer calls for mounting do the same",
  },
]

/** Refused always. */
export const refusals: readonly Refusal[] = [
  {
    calls: ["ptrace"],
    when: [{ argument: 1, name: "pid", mask: whole, test: "is", values: { "1": 1 } }],
    fails: "EPERM",
    why: "the first process is bubblewrap's, without a filter of its own; debuggers reach every other one inside",
  },
  {
    calls: ["process_vm_readv", "process_vm_writev"],
    when: [],
    fails: "ENOSYS",
    why: "memory of other processes, Cordon's among them; debuggers fall back to ptrace",
  },
  {
    calls: ["process_madvise"],
    when: [],
    fails: "ENOSYS",
    why: "acts on the memory of other processes; allocators fall back to madvise",
  },
  {
    calls: ["pidfd_getfd", "kcmp"],
    when: [],
    fails: "EPERM",
    why: "descriptors of other processes, Cordon's among them",
  },
  {
    calls: ["bpf", "perf_event_open", "userfaultfd"],
    when: [],
    fails: "EPERM",
    why: "much of the kernel's attack surface, side channels, and races made certain",
  },
  {
    calls: ["io_uring_setup", "io_uring_enter", "io_uring_register"],
    when: [],
    fails: "ENOSYS",
    why: "opens, connects and sends where no filter sees it; libraries fall back to epoll",
  },
  {
    calls: ["keyctl", "add_key", "request_key"],
    when: [],
    fails: "ENOSYS",
    why: "keyrings are not fully namespaced: keys of the host's sessions; programs do as on a kernel without",
  },
  {
    calls: ["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot"],
    when: [],
    fails: "EPERM",
    why: "changes the running kernel, or ends it",
  },
  {
    calls: ["swapon", "swapoff", "acct", "quotactl", "quotactl_fd"],
    when: [],
    fails: "EPERM",
    why: "administers the host",
  },
  {
    calls: ["settimeofday", "clock_settime", "adjtimex", "clock_adjtime"],
    when: [],
    fails: "EPERM",
    why: "the clock belongs to the host; whether the last two only read lies in memory, where no filter can look",
  },
  {
    calls: ["open_by_handle_at", "name_to_handle_at"],
    when: [],
    fails: "EPERM",
    why: "opens files by their inode, past every mount",
  },
  {
    calls: ["personality"],
    when: [
      {
        argument: 0,
        name: "persona",
        mask: whole,
        test: "is not",
        values: {
          PER_LINUX: 0,
          PER_LINUX32: 8,
          UNAME26: 0x2_0000,
          "PER_LINUX32 with UNAME26": 0x2_0008,
          ADDR_NO_RANDOMIZE: 0x4_0000,
          "0xffffffff": whole,
        },
      },
    ],
    fails: "EPERM",
    why: "makes memory executable and addresses predictable; debuggers keep the one flag that they need",
  },
  {
    calls: ["mknod"],
    when: [{ argument: 1, name: "mode", mask: fileTypeMask, test: "is", values: deviceTypes }],
    fails: "EPERM",
    why: "a device node leads to the host's hardware; pipes, sockets and files are made as ever",
  },
  {
    calls: ["mknodat"],
    when: [{ argument: 2, name: "mode", mask: fileTypeMask, test: "is", values: deviceTypes }],
    fails: "EPERM",
    why: "the same, below a directory",
  },
  {
    calls: ["ioctl"],
    when: [
      {
        argument: 1,
        name: "request",
        mask: whole,
        test: "is",
        values: { TIOCSTI: 0x5412, TIOCLINUX: 0x541c },
      },
    ],
    fails: "EPERM",
    why: "types into the user's terminal, for the shell to run when the session is over",
  },
  {
    calls: ["socket", "socketpair"],
    when: [
      {
        argument: 0,
        name: "family",
        mask: whole,
        test: "is not",
        values: { ...unixFamily, ...internetFamily, ...netlinkFamily },
      },
    ],
    fails: "EAFNOSUPPORT",
    why: "AF_VSOCK leads to a virtual machine's host; AF_ALG, AF_PACKET and the rest are attack surface",
  },
  {
    calls: ["socket"],
    when: [
      { argument: 0, name: "family", mask: whole, test: "is", values: netlinkFamily },
      { argument: 2, name: "protocol", mask: whole, test: "is not", values: { NETLINK_ROUTE: 0 } },
    ],
    fails: "EPROTONOSUPPORT",
    why: "talks to parts of the kernel that no program here configures; the addresses of interfaces can be asked for",
  },
  {
    calls: ["socket", "socketpair"],
    when: [
      { argument: 0, name: "family", mask: whole, test: "is", values: unixFamily },
      {
        argument: 1,
        name: "type",
        mask: socketTypeMask,
        test: "is not",
        values: { SOCK_STREAM: 1, SOCK_SEQPACKET: 5 },
      },
    ],
    fails: "ESOCKTNOSUPPORT",
    why: "each datagram names its receiver, so one would reach a socket of the host's without a connect to decide on",
  },
  {
    calls: ["socket"],
    when: [
      { argument: 0, name: "family", mask: whole, test: "is", values: internetFamily },
      {
        argument: 1,
        name: "type",
        mask: socketTypeMask,
        test: "is not",
        values: { SOCK_STREAM: 1, SOCK_DGRAM: 2 },
      },
    ],
    fails: "EPERM",
    why: "raw sockets write packets of their own, and type 10 is AF_PACKET by another name",
  },
  {
    calls: ["socket"],
    when: [
      { argument: 0, name: "family", mask: whole, test: "is", values: internetFamily },
      {
        argument: 2,
        name: "protocol",
        mask: whole,
        test: "is not",
        values: {
          "0": 0,
          IPPROTO_ICMP: 1,
          IPPROTO_TCP: 6,
          IPPROTO_UDP: 17,
          IPPROTO_ICMPV6: 58,
        },
      },
    ],
    fails: "EPROTONOSUPPORT",
    why: "SCTP, L2TP and their kind are attack surface, and rules for TCP ports do not cover Multipath TCP",
  },
  {
    calls: ["sendto", "sendmmsg"],
    when: [{ argument: 3, name: "flags", mask: whole, test: "has", values: connectingFlag }],
    fails: "EOPNOTSUPP",
    why: "connects without a connect to decide on, by a socket left open on standard input too; programs connect first",
  },
  {
    calls: ["sendmsg"],
    when: [{ argument: 2, name: "flags", mask: whole, test: "has", values: connectingFlag }],
    fails: "EOPNOTSUPP",
    why: "connects too; its flags are another argument",
  },
  {
    calls: ["iopl", "ioperm", "modify_ldt"],
    when: [],
    fails: "EPERM",
    why: "ports of the hardware, and descriptor tables that programs of 16 bits need",
  },
  {
    calls: ["syslog", "sethostname", "setdomainname", "vhangup"],
    when: [],
    fails: "EPERM",
    why: "the kernel's log and the machine's name are not the sandbox's",
  },
  {
    calls: ["fanotify_init"],
    when: [],
    fails: "EPERM",
    why: "watches, and holds up, what others do with files; inotify works",
  },
  {
    calls: ["move_pages", "migrate_pages"],
    when: [],
    fails: "EPERM",
    why: "moves memory of other processes",
  },
  {
    calls: [
      "lookup_dcookie",
      "nfsservctl",
      "uselib",
      "ustat",
      "sysfs",
      "_sysctl",
      "create_module",
      "get_kernel_syms",
      "query_module",
    ],
    when: [],
    fails: "ENOSYS",
    why: "nothing uses them any more, and newer kernels do not have them",
  },
  {
    calls: ["ioctl"],
    when: [
      {
        argument: 1,
        name: "request",
        mask: 0xff00,
        test: "is",
        values: { "of btrfs": 0x9400, "of bcachefs": 0xbc00, "of f2fs": 0xf500 },
      },
      { argument: 1, name: "request", mask: whole, test: "is not", values: sharedRequests },
    ],
    fails: "EPERM",
    why: "makes subvolumes and copies of them by names that nobody decides on, and without the mounts that hide what is in them",
  },
  {
    calls: ["ioctl"],
    when: [
      { argument: 1, name: "request", mask: whole, test: "is", values: { OCFS2_IOC_REFLINK: 0x4018_6f04 } },
    ],
    fails: "EPERM",
    why: "makes a file by a name that nobody decides on",
  },
  {
    calls: ["setpriority"],
    when: [{ argument: 0, name: "which", mask: whole, test: "is", values: { PRIO_PGRP: 1 } }],
    fails: "EPERM",
    why: "the process group of who started Cordon reaches beyond the sandbox",
  },
  {
    calls: ["ioprio_set"],
    when: [{ argument: 0, name: "which", mask: whole, test: "is", values: { IOPRIO_WHO_PGRP: 2 } }],
    fails: "EPERM",
    why: "priorities of that group on its disks",
  },
]

/** Refused besides where Landlock cannot keep signals within the sandbox (before ABI 6). */
export const signalRefusals: readonly Refusal[] = [
  {
    calls: ["kill"],
    when: [{ argument: 0, name: "pid", mask: whole, test: "is", values: { "0": 0 } }],
    fails: "EPERM",
    why: "the process group of who started Cordon reaches beyond the sandbox",
  },
  {
    calls: ["fcntl"],
    when: [
      { argument: 1, name: "command", mask: whole, test: "is", values: { F_SETFL: 4 } },
      { argument: 2, name: "flags", mask: whole, test: "has", values: { O_ASYNC: 0x2000 } },
    ],
    fails: "EPERM",
    why: "a terminal sends its signal to that group, and F_SETSIG makes any signal of it; select and poll work",
  },
  {
    calls: ["ioctl"],
    when: [{ argument: 1, name: "request", mask: whole, test: "is", values: { FIOASYNC: 0x5452 } }],
    fails: "EPERM",
    why: "sets O_ASYNC too",
  },
]

/** Refused besides where there are no namespaces: what mounts, PID and IPC namespaces keep apart else. */
export const landlockRefusals: readonly Refusal[] = [
  {
    calls: [
      ...(["shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl"] as const),
      ...(["msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink"] as const),
    ],
    when: [],
    fails: "ENOSYS",
    why: "System V and POSIX objects of the host's other programs; pipes, sockets and shared mappings work",
  },
  {
    calls: ["ioctl"],
    when: [
      {
        argument: 1,
        name: "request",
        mask: whole,
        test: "is",
        values: {
          FS_IOC_SETFLAGS: 0x4008_6602,
          FS_IOC32_SETFLAGS: 0x4004_6602,
          FS_IOC_FSSETXATTR: 0x401c_5820,
          FS_IOC_SETVERSION: 0x4008_7602,
          EXT4_IOC_SETVERSION: 0x4008_6604,
          FS_IOC_ENABLE_VERITY: 0x4080_6685,
          FS_IOC_SET_ENCRYPTION_POLICY: 0x800c_6613,
          FAT_IOCTL_SET_ATTRIBUTES: 0x4004_7211,
        },
      },
    ],
    fails: "EPERM",
    why: "changes a file that is open for reading only, where no read-only mount keeps it",
  },
  {
    calls: ["prctl"],
    when: [{ argument: 0, name: "option", mask: whole, test: "is", values: { PR_SET_DUMPABLE: 4 } }],
    fails: "0",
    why: "does nothing: Cordon could not read the paths of calls that it carries out",
  },
]

/** Refused besides when such a sandbox is to have no network. */
export const noNetworkRefusals: readonly Refusal[] = [
  {
    calls: ["socket"],
    when: [
      {
        argument: 0,
        name: "family",
        mask: whole,
        test: "is",
        values: { ...internetFamily, ...netlinkFamily },
      },
    ],
    fails: "EAFNOSUPPORT",
    why: "the network is the host's, its loopback too",
  },
  {
    calls: ["ioctl"],
    when: [
      { argument: 1, name: "request", mask: 0xff00, test: "is", values: { "of sockets": 0x8900 } },
      { argument: 1, name: "request", mask: whole, test: "is not", values: ofEverySocket },
    ],
    fails: "EPERM",
    why: "a unix socket answers it too: which interfaces the host has, and their addresses",
  },
]

export type RefusalOptions = {
  /** programs inside may make user namespaces, and mount in those */
  nestedUserns: boolean
  /** Landlock does not keep signals within the sandbox */
  unscopedSignals?: boolean
  /** the sandbox has no namespaces, and its network is the host's or none */
  withoutNamespaces?: "off" | "open"
}

export function refusalsFor(options: RefusalOptions): readonly Refusal[] {
  const { nestedUserns, unscopedSignals, withoutNamespaces } = options
  const usual = [
    ...(nestedUserns ? [] : namespaceRefusals),
    ...refusals,
    ...(unscopedSignals ? signalRefusals : []),
  ]
  if (withoutNamespaces === undefined) return usual
  if (withoutNamespaces === "open") return [...landlockRefusals, ...usual]
  return [...noNetworkRefusals, ...landlockRefusals, ...usual.filter(row => !isAboutNetwork(row))]
}

/** Whether a refusal is about one kind of a socket that cannot be made at all. */
function isAboutNetwork({ when: [first] }: Refusal): boolean {
  return first?.values === internetFamily || first?.values === netlinkFamily
}
