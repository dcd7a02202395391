/** Landlock (landlock(7)): what the kernel has of it, and the scope that shuts off abstract unix sockets. */
import { closeSync } from "node:fs"
import { landlockCreateRuleset, landlockRestrictSelf, SystemError, setNoNewPrivileges } from "./libc.ts"

/** ENOSYS: not built in; EOPNOTSUPP: built in and turned off at boot. */
const absent = new Set([38, 95])

/** The ABI version of the running kernel; 0 = no Landlock. */
export function landlockAbi(): number {
  const flagVersion = 1
  try {
    return landlockCreateRuleset(undefined, flagVersion)
  } catch (cause) {
    if (cause instanceof SystemError && absent.has(cause.errno)) return 0
    throw cause
  }
}

/**
 * Keeps this thread, and all that it executes, away from abstract unix sockets made outside (ABI 6). The ruleset
 * handles no file access: one that did would forbid bubblewrap its mounts.
 */
export function scopeAbstractSockets(): void {
  const attributes = new BigUint64Array([0n, 0n, 1n]) // handled_access_fs, handled_access_net, scoped
  const ruleset = landlockCreateRuleset(new Uint8Array(attributes.buffer), 0)
  setNoNewPrivileges()
  landlockRestrictSelf(ruleset)
  closeSync(ruleset)
}
