/**
 * Devices are the host's, `/dev/null` too: the sandbox has the same node mounted, and root owns it inside. Mode, owner and
 * attributes that were changed there would be those of every program of the machine.
 */
import { fileTypes } from "../kernel/file-flags.ts"
import { typeOf } from "../kernel/file-identity.ts"
import { kindOf } from "../kernel/file-system.ts"

const blockDevice = 0o060000
const devices: ReadonlySet<number> = new Set([fileTypes.characterDevice, blockDevice])

/** linux/magic.h, DEVPTS_SUPER_MAGIC: terminals belong to who uses them, and tmux(1) and mesg(1) set their modes. */
const pseudoterminals = 0x1cd1

export function isHostDevice(descriptor: number): boolean {
  return isDevice(typeOf(descriptor)) && kindOf(descriptor) !== pseudoterminals
}

/** @param type the S_IFMT part of a mode */
export function isDevice(type: number): boolean {
  return devices.has(type)
}
