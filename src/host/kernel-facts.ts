/** What the running kernel does and does not do, found out by asking it. */
import { readFileSync } from "node:fs"

export type HostKernel = {
  /** a program may push characters into a terminal's input (TIOCSTI; kernel documentation, dev.tty.legacy_tiocsti) */
  typingIntoTerminals: boolean
  /** Landlock can keep abstract unix sockets out of reach (ABI 6) */
  abstractSocketScope: boolean
  /** Landlock's ABI version; 0 = none */
  landlockAbi: number
}

/** First ABI with LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (landlock(7)). */
const scopeAbi = 6

export function hostKernel(landlockAbi: number): HostKernel {
  return {
    // The switch came with Linux 6.2; a kernel without it always allows typing.
    typingIntoTerminals: readSwitch("/proc/sys/dev/tty/legacy_tiocsti") !== "0",
    abstractSocketScope: landlockAbi >= scopeAbi,
    landlockAbi,
  }
}

/** The value of a kernel switch, or undefined when this kernel does not have it. */
export function readSwitch(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "EACCES" || code === "EPERM") return undefined
    throw cause
  }
}
