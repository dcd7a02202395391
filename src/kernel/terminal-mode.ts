/** How a terminal reads what is typed (termios(3)). */
import { pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())
/** struct termios of the kernel: four words of flags, then 20 bytes */
const modes = pinned(60)

/**
 * ioctl(2) TCGETS: whether a program reads each key by itself, as those do that draw the whole screen, and shells while
 * they wait for a command. @returns undefined when the descriptor is no terminal
 */
export function readsKeys(descriptor: number): boolean | undefined {
  const [getModes, canonical] = [0x5401, 0o2]
  if (rawCall(number.ioctl, descriptor, getModes, modes.address) < 0) return undefined
  return (modes.bytes.readUInt32LE(12) & canonical) === 0
}
