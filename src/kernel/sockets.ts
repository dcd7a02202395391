/**
 * The calls on sockets that the live engine makes on a program's own socket (pidfd_getfd(2)). Each returns the kernel's
 * result, or -errno. None waits: who calls `connectTo` sees to that (fcntl(2), O_NONBLOCK).
 */
import { close } from "./file-calls.ts"
import { errno, flags } from "./file-flags.ts"
import { failure } from "./path-calls.ts"
import { linkTarget } from "./path-contents.ts"
import { readProc } from "./proc-file.ts"
import { type Address, type Pinned, pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** sizeof(struct sockaddr_storage): no address of a socket is longer */
export const addressMax = 128

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK of address_families(7), and AF_UNSPEC of connect(2) */
export const families = { unspecified: 0, unix: 1, internet: 2, internet6: 10, netlink: 16 } as const

/** SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET of socket(2) */
export const socketTypes = { stream: 1, datagram: 2, sequencedPackets: 5 } as const

/** Level and name of getsockopt(2). */
export type Option = readonly [level: number, name: number]
export const options = {
  /** SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN, SO_NETNS_COOKIE, SO_SNDTIMEO of socket(7) */
  type: [1, 3],
  error: [1, 4],
  protocol: [1, 38],
  domain: [1, 39],
  namespace: [1, 71],
  sendTimeout: [1, 21],
  /** IPV6_V6ONLY of ipv6(7) */
  onlyIpv6: [41, 26],
  /** TCP_FASTOPEN_CONNECT of linux/tcp.h: connect(2) then returns before anything is sent */
  deferredConnect: [6, 30],
} as const satisfies Record<string, Option>

/** struct timeval is the longest of the values above */
const value = pinned(16)
const size = pinned(4)

/**
 * A copy of a descriptor of another process: pidfd_open(2) with PIDFD_THREAD (Linux 6.9), pidfd_getfd(2). Before that
 * the descriptors of the thread's process, which all but odd threads share (clone(2), CLONE_FILES).
 */
export function takeDescriptor(thread: number, descriptor: number): number {
  const anyThread = flags.exclusive
  const pidfd = rawCall(number.pidfd_open, thread, anyThread)
  const opened = pidfd === -errno.invalid ? rawCall(number.pidfd_open, processOf(thread), 0) : pidfd
  if (opened < 0) return opened
  const taken = rawCall(number.pidfd_getfd, opened, descriptor, 0)
  close(opened)
  return taken
}

/** The process that a thread belongs to (proc_pid_status(5)), in our PID namespace; 0 when it has ended. */
export function processOf(thread: number): number {
  return Number(/^Tgid:\t(\d+)$/m.exec(readProc(`${thread}/status`) ?? "")?.[1] ?? 0)
}

/** socket(2), closed by the next exec. */
export function makeSocket(family: number, type: number): number {
  return rawCall(number.socket, family, type | flags.closeOnExec, 0)
}

/** getsockopt(2) of an int. */
export function readOption(socket: number, option: Option): number {
  const result = readValue(socket, option, 4)
  return result < 0 ? result : value.bytes.readInt32LE(0)
}

/** SO_SNDTIMEO in milliseconds, 0 = for ever. */
export function sendTimeout(socket: number): number {
  if (readValue(socket, options.sendTimeout, 16) < 0) return 0
  return Number(value.bytes.readBigInt64LE(0)) * 1000 + Number(value.bytes.readBigInt64LE(8)) / 1000
}

/**
 * Which network namespace the socket was made in; undefined where that cannot be told: an older kernel, and a namespace
 * that we have no power over, such as the host's.
 */
export function namespaceOf(socket: number): bigint | undefined {
  return cookieOf(socket) ?? linkedNamespace(socket)
}

/** The namespace of our own network, unless a process is in the same one (proc_pid_ns(5)). */
export function outerNamespace(process: number): bigint | undefined {
  const own = linkAt("/proc/self/ns/net")
  if (linkAt(`/proc/${process}/ns/net`) === own) return undefined
  const socket = makeSocket(families.unix, socketTypes.stream)
  const namespace = cookieOf(socket)
  if (socket >= 0) close(socket)
  return namespace ?? inodeIn(own)
}

/** SO_NETNS_COOKIE (Linux 5.14) */
function cookieOf(socket: number): bigint | undefined {
  return readValue(socket, options.namespace, 8) < 0 ? undefined : value.bytes.readBigUInt64LE(0)
}

/** SIOCGSKNS of linux/sockios.h (Linux 4.10): a descriptor of the socket's namespace, for who has power over that. */
const namespaceRequest = 0x894c

/** The same by the namespace's inode, which needs power over it: that of the sandbox's was made for us. */
export function linkedNamespace(socket: number): bigint | undefined {
  const descriptor = rawCall(number.ioctl, socket, namespaceRequest)
  if (descriptor < 0) return undefined
  const namespace = inodeIn(linkAt(`/proc/self/fd/${descriptor}`))
  close(descriptor)
  return namespace
}

function linkAt(path: string): string {
  const target = linkTarget(path)
  if (typeof target === "number") throw failure("reading", path, target)
  return target
}

/** `net:[4026531840]` (namespaces(7)) */
function inodeIn(link: string): bigint | undefined {
  const digits = /^net:\[(\d+)\]$/.exec(link)?.[1]
  return digits === undefined ? undefined : BigInt(digits)
}

/** setsockopt(2) of an int. */
export function writeOption(socket: number, [level, name]: Option, wanted: number): number {
  value.bytes.writeInt32LE(wanted, 0)
  return rawCall(number.setsockopt, socket, level, name, value.address, 4)
}

/** connect(2) */
export function connectTo(socket: number, address: Address, length: number): number {
  return rawCall(number.connect, socket, address, length)
}

/** bind(2) */
export function bindTo(socket: number, address: Address, length: number): number {
  return rawCall(number.bind, socket, address, length)
}

/** getsockname(2). @returns the length of the address, or -errno */
export function ownAddress(socket: number, into: Pinned): number {
  size.bytes.writeUInt32LE(into.bytes.length, 0)
  const result = rawCall(number.getsockname, socket, into.address, size.address)
  return result < 0 ? result : size.bytes.readUInt32LE(0)
}

const polled = pinned(24)

/** ppoll(2) without waiting: a connection that was begun has come to something. */
export function isWritable(socket: number): boolean {
  const { bytes, address } = polled
  bytes.fill(0)
  bytes.writeInt32LE(socket, 0)
  bytes.writeInt32LE(4, 4) // POLLOUT
  return rawCall(number.ppoll, address, 1, address + 8) > 0
}

/** fcntl(2) F_GETFL */
export function statusFlags(descriptor: number): number {
  return rawCall(number.fcntl, descriptor, 3)
}

function readValue(socket: number, [level, name]: Option, length: number): number {
  size.bytes.writeUInt32LE(length, 0)
  return rawCall(number.getsockopt, socket, level, name, value.address, size.address)
}
