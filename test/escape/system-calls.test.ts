/**
 * A program goes to the kernel itself. Each refused call is made on the host too, by the same account, with arguments
 * for which the kernel has another answer than the filter: so the test fails when the filter is gone.
 */
import { beforeAll, describe, expect, test } from "bun:test"
import { type CallToMake, callsScript, exists } from "../support/calls.ts"
import { bun, World } from "../support/world.ts"

const EPERM = 1
const ENOSYS = 38
const EPROTONOSUPPORT = 93
const ESOCKTNOSUPPORT = 94
const EOPNOTSUPP = 95
const EAFNOSUPPORT = 97

type Row = CallToMake & { errno: number }

const make = (call: CallToMake["call"], ...words: CallToMake["arguments"]): CallToMake => ({
  call,
  arguments: words,
})
const refuse = (errno: number, call: CallToMake["call"], ...words: CallToMake["arguments"]): Row => ({
  ...make(call, ...words),
  errno,
})

const newUser = 0x1000_0000
const newMounts = 0x2_0000
/** CLONE_FS, which the kernel does not let new namespaces have: nobody makes a child here. */
const sharedDirectory = 0x200
const allFlags = -1
const stream = 1
const datagram = 2
const raw = 3

/** Harmless on the host, root or not: flags that do not exist, descriptors that are not open, pages of zeros. */
const refused: Record<string, Row> = {
  "unshare of nothing": refuse(EPERM, "unshare", 0),
  "setns with no descriptor": refuse(EPERM, "setns", -1, 0),
  "clone with a user namespace": refuse(EPERM, "clone", newUser | sharedDirectory),
  "clone with a user and a mount namespace": refuse(EPERM, "clone", newUser | newMounts | sharedDirectory),
  clone3: refuse(ENOSYS, "clone3", 0, 0),
  mount: refuse(EPERM, "mount", 0, 0, 0, 0, 0),
  umount2: refuse(EPERM, "umount2", 0, allFlags),
  chroot: refuse(EPERM, "chroot", 0),
  fsconfig: refuse(EPERM, "fsconfig", -1, 0),
  open_tree: refuse(EPERM, "open_tree", -1, 0, allFlags),
  mount_setattr: refuse(EPERM, "mount_setattr", -1, 0, allFlags),
  process_vm_readv: refuse(ENOSYS, "process_vm_readv", "self", 0, 0, 0, 0, 0),
  process_vm_writev: refuse(ENOSYS, "process_vm_writev", "self", 0, 0, 0, 0, 0),
  process_madvise: refuse(ENOSYS, "process_madvise", -1, 0, 0, 0, 0),
  pidfd_getfd: refuse(EPERM, "pidfd_getfd", -1, 0, 0),
  kcmp: refuse(EPERM, "kcmp", "self", "self", 0, 0, 0),
  bpf: refuse(EPERM, "bpf", 0, "page", 100_000),
  perf_event_open: refuse(EPERM, "perf_event_open", "page", 0, -1, -1, allFlags),
  userfaultfd: refuse(EPERM, "userfaultfd", allFlags),
  io_uring_setup: refuse(ENOSYS, "io_uring_setup", 1, 0),
  io_uring_enter: refuse(ENOSYS, "io_uring_enter", -1, 0, 0, 0, 0, 0),
  io_uring_register: refuse(ENOSYS, "io_uring_register", -1, 0, 0, 0),
  keyctl: refuse(ENOSYS, "keyctl", 0, -3, 0),
  add_key: refuse(ENOSYS, "add_key", 0, 0, 0, 0, 0),
  request_key: refuse(ENOSYS, "request_key", 0, 0, 0, 0),
  clock_settime: refuse(EPERM, "clock_settime", -100, 0),
  adjtimex: refuse(EPERM, "adjtimex", 0),
  clock_adjtime: refuse(EPERM, "clock_adjtime", 0, 0),
  open_by_handle_at: refuse(EPERM, "open_by_handle_at", -1, 0, 0),
  name_to_handle_at: refuse(EPERM, "name_to_handle_at", -1, 0, 0, 0, allFlags),
  "personality with executable memory": refuse(EPERM, "personality", 0x40_0000),
  fanotify_init: refuse(EPERM, "fanotify_init", 0x200, 0),
  move_pages: refuse(EPERM, "move_pages", 0, 0, 0, 0, 0, 0),
  iopl: refuse(EPERM, "iopl", 0),
  ioperm: refuse(EPERM, "ioperm", 0, 1, 0),
  modify_ldt: refuse(EPERM, "modify_ldt", 0, 0, 0),
  ustat: refuse(ENOSYS, "ustat", 0, 0),
  sysfs: refuse(ENOSYS, "sysfs", 3),
  "TIOCSTI on no terminal": refuse(EPERM, "ioctl", -1, 0x5412, "page"),
  "TIOCLINUX on no terminal": refuse(EPERM, "ioctl", -1, 0x541c, "page"),
  "TIOCSTI with more in the upper half": refuse(EPERM, "ioctl", -1, 0x7_0000_5412, "page"),
  AF_VSOCK: refuse(EAFNOSUPPORT, "socket", 40, stream, 0),
  "AF_VSOCK with more in the upper half": refuse(EAFNOSUPPORT, "socket", 0x7_0000_0028, stream, 0),
  AF_ALG: refuse(EAFNOSUPPORT, "socket", 38, 5, 0),
  AF_PACKET: refuse(EAFNOSUPPORT, "socket", 17, raw, 0x300),
  AF_KEY: refuse(EAFNOSUPPORT, "socket", 15, raw, 2),
  AF_BLUETOOTH: refuse(EAFNOSUPPORT, "socket", 31, raw, 1),
  AF_XDP: refuse(EAFNOSUPPORT, "socket", 44, raw, 0),
  "a pair of AF_TIPC sockets": refuse(EAFNOSUPPORT, "socketpair", 30, stream, 0, "page"),
  "netlink, kernel events": refuse(EPROTONOSUPPORT, "socket", 16, raw, 15),
  "netlink, sockets of all": refuse(EPROTONOSUPPORT, "socket", 16, raw, 4),
  "a raw socket": refuse(EPERM, "socket", 2, raw, 253),
  "a raw socket by an obsolete type": refuse(EPERM, "socket", 2, 10, 0x300),
  "Multipath TCP": refuse(EPROTONOSUPPORT, "socket", 2, stream, 262),
  "UDP-Lite": refuse(EPROTONOSUPPORT, "socket", 2, datagram, 136),
  "a connection by sendto": refuse(EOPNOTSUPP, "sendto", -1, 0, 0, 0x2000_0000, 0, 0),
  "a connection by sendmsg": refuse(EOPNOTSUPP, "sendmsg", -1, 0, 0x2000_0000),
  "a connection by sendmmsg": refuse(EOPNOTSUPP, "sendmmsg", -1, 0, 0, 0x2000_0000),
  "a unix datagram socket": refuse(ESOCKTNOSUPPORT, "socket", 1, datagram, 0),
  "a unix datagram socket by its other type": refuse(ESOCKTNOSUPPORT, "socket", 1, raw, 0),
  "a pair of unix datagram sockets": refuse(ESOCKTNOSUPPORT, "socketpair", 1, datagram, 0, "page"),
  "a pair of unix datagram sockets by their other type": refuse(
    ESOCKTNOSUPPORT,
    "socketpair",
    1,
    raw,
    0,
    "page",
  ),
}

const allowed: Record<string, CallToMake> = {
  memfd_create: make("memfd_create", "page", 1),
  pidfd_open: make("pidfd_open", "self", 0),
  membarrier: make("membarrier", 0, 0),
  "the version of Landlock": make("landlock_create_ruleset", 0, 0, 1),
  "what seccomp can": make("seccomp", 3, 0, "page"),
  "personality, the question": make("personality", 0xffff_ffff),
  "personality of Linux": make("personality", 0),
  "a unix stream socket": make("socket", 1, stream, 0),
  "a pair of unix stream sockets": make("socketpair", 1, stream, 0, "page"),
  "a pair of unix packet sockets": make("socketpair", 1, 5, 0, "page"),
  TCP: make("socket", 2, stream, 6),
  "TCP over IPv6": make("socket", 10, stream, 0),
  UDP: make("socket", 2, datagram, 17),
  "addresses of interfaces": make("socket", 16, raw, 0),
  "limits of its own": make("prlimit64", 0, 7, 0, "page"),
  close_range: make("close_range", 900, 901, 0),
}

const present = Object.fromEntries(Object.entries(refused).filter(([, { call }]) => exists(call)))
const outside = errnosOf(
  Bun.spawnSync([bun, "-e", callsScript({ ...present, ...allowed })]).stdout.toString(),
)
let inside: Record<string, number> = {}

function errnosOf(output: string): Record<string, number> {
  return JSON.parse(output) as Record<string, number>
}

beforeAll(async () => {
  using world = new World()
  const { stdout, stderr } = await world.script(callsScript({ ...present, ...allowed }))
  if (stdout === "") throw new Error(`the calls were not made: ${stderr}`)
  inside = errnosOf(stdout)
})

describe("refused", () => {
  for (const [name, { errno }] of Object.entries(present)) {
    const same = outside[name] === errno
    test(`${name}${same ? " (on this host by the kernel too)" : ""}`, () => {
      expect(inside[name]).toBe(errno)
    })
  }

  test("most of them are not refused outside: the filter is what refuses", () => {
    const names = Object.keys(present)
    const others = names.filter(name => outside[name] !== present[name]?.errno)
    expect(others.length).toBeGreaterThan(names.length * 0.6)
  })
})

describe("let through", () => {
  test.each(Object.keys(allowed))("%s", name => {
    expect(outside[name]).toBe(0)
    expect(inside[name]).toBe(0)
  })
})

describe("with `nested_userns: allow`", () => {
  test("what namespaces need is let through, and nothing else", async () => {
    using world = new World({ home: { ".config/cordon/policy.yaml": "nested_userns: allow\n" } })
    const { stdout } = await world.script(callsScript(present))
    const errnos = errnosOf(stdout)
    const namespaces = [
      ...["unshare of nothing", "setns with no descriptor", "clone with a user namespace"],
      ...["clone with a user and a mount namespace", "clone3", "mount", "umount2", "chroot", "fsconfig"],
      ...["open_tree", "mount_setattr"],
    ]
    for (const name of namespaces) expect([name, errnos[name]]).not.toEqual([name, present[name]?.errno])
    for (const name of Object.keys(present).filter(name => !namespaces.includes(name)))
      expect([name, errnos[name]]).toEqual([name, present[name]?.errno])
  })
})
