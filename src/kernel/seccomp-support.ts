/** What of seccomp(2) the running kernel has, asked without installing anything. */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19) */
export const listenerFlags = (1 << 3) | (1 << 5)

/** SECCOMP_GET_ACTION_AVAIL of SECCOMP_RET_USER_NOTIF. @returns 0 or -errno */
export function askForNotification(): number {
  const getActionAvailable = 2
  const action = pinned(4)
  action.bytes.writeUInt32LE(0x7fc0_0000, 0)
  return rawCall(callNumbers(presentArchitecture()).seccomp, getActionAvailable, 0, action.address)
}

/**
 * SECCOMP_SET_MODE_FILTER with no program: the kernel looks at the flags first, so EFAULT says that it knows them and
 * EINVAL that it does not. @returns 0 or -errno
 */
export function askForFilter(flags: number): number {
  const setModeFilter = 1
  const badAddress = -14
  const result = rawCall(callNumbers(presentArchitecture()).seccomp, setModeFilter, flags, 0)
  return result === badAddress ? 0 : result
}

/** Whether somebody outside can decide on calls. */
export function hasNotification(): boolean {
  return askForNotification() === 0 && askForFilter(listenerFlags) === 0
}
