/** Landlock (landlock(7)): what the kernel has of it. */
import { HostError } from "../base/error.ts"
import { close } from "./file-calls.ts"
import { checked, landlockVersion, SystemError } from "./libc.ts"
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

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

let isScoped = false

/**
 * Keeps this thread, and all threads and processes that it starts from now on, from abstract unix sockets of others
 * (LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, ABI 6). For who connects on behalf of the sandbox that is: entered before the
 * sandbox is started, so that its programs' own sockets are within. It restricts nothing else.
 * @throws HostError when the kernel refuses
 */
export function scopeAbstractSockets(): void {
  if (isScoped) return
  const { prctl, landlock_create_ruleset, landlock_restrict_self } = callNumbers(presentArchitecture())
  const noNewPrivileges = 38
  // struct landlock_ruleset_attr: rights on files, on ports, scopes
  const { bytes, address } = pinned(24)
  bytes.writeBigUInt64LE(1n, 16)
  try {
    checked("prctl", rawCall(prctl, noNewPrivileges, 1))
    const rules = checked("landlock_create_ruleset", rawCall(landlock_create_ruleset, address, 24, 0))
    checked("landlock_restrict_self", rawCall(landlock_restrict_self, rules, 0))
    isScoped = true
    close(rules)
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    throw new HostError(
      `the host's abstract unix sockets cannot be kept out of reach: ${cause.message}`,
      "use --net off, or see `cordon doctor`",
    )
  }
}
