/** What the running kernel does and does not do, found out by asking it. */
import { ask } from "../base/journal.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

export type HostKernel = {
  /** Landlock can keep abstract unix sockets out of reach (ABI 6) */
  abstractSocketScope: boolean
  /** Landlock's ABI version; 0 = none */
  landlockAbi: number
  /** somebody outside can decide on calls (seccomp_unotify(2)) */
  notification: boolean
}

/** First ABI with LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (landlock(7)). */
const scopeAbi = 6

export function hostKernel(landlockAbi: number, notification: boolean): HostKernel {
  return {
    abstractSocketScope: landlockAbi >= scopeAbi,
    landlockAbi,
    notification,
  }
}

/** The value of a kernel switch, or undefined when this kernel does not have it. */
export function readSwitch(path: string): string | undefined {
  const bytes = readPath(path)
  if (typeof bytes !== "number") return bytes.toString("utf8").trim()
  // EINVAL: the file of a security module that is built in and switched off.
  if (failedWith(bytes, errno.noEntry, errno.access, errno.notPermitted, errno.invalid)) return undefined
  throw failure("reading", path, bytes)
}

/** uname(2): what the machine calls itself. */
export function readHostname(): string {
  return ask("switch", "/proc/sys/kernel/hostname", readSwitch) ?? "localhost"
}
