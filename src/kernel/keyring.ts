/** The session keyring (session-keyring(7)), which namespaces do not hide. */
import { joinNewSessionKeyring, SystemError } from "./libc.ts"

/** ENOSYS: a kernel without keyrings; EPERM: a filter around us that keeps the call from the command as well. */
const noKeyrings = new Set([1, 38])

/** Leaves the caller's keyring for a new, empty one. */
export function leaveKeyring(): void {
  try {
    joinNewSessionKeyring()
  } catch (cause) {
    if (!(cause instanceof SystemError) || !noKeyrings.has(cause.errno)) throw cause
  }
}
