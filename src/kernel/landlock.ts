/** Landlock (landlock(7)): what the kernel has of it. */
import { landlockVersion, SystemError } from "./libc.ts"

/** ENOSYS: not built in; EOPNOTSUPP: built in and turned off at boot. */
const absent = new Set([38, 95])

/** The ABI version of the running kernel; 0 = no Landlock. */
export function landlockAbi(): number {
  try {
    return landlockVersion()
  } catch (cause) {
    if (cause instanceof SystemError && absent.has(cause.errno)) return 0
    throw cause
  }
}
