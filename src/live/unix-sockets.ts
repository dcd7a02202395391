/** Which unix sockets with a path a program may connect to: those of the sandbox, and those that the policy names. */
import { close, openResolving } from "../kernel/file-calls.ts"
import { at, errno, fileTypes, flags, resolve } from "../kernel/file-flags.ts"
import { type FileIdentity, identify } from "../kernel/file-identity.ts"
import { pinned, pinnedString } from "../kernel/raw-call.ts"
import { connectTo, families, makeSocket, socketTypes } from "../kernel/sockets.ts"
import type { NamedSocket } from "../plan/launch-plan.ts"
import { unixAddressMax, writeUnixPath } from "./unix-name.ts"

/** A program that binds sockets without end does not fill our memory; those it bound first are gone most likely. */
const boundMax = 10_000

export class UnixSockets {
  /** path, as policy or kernel spell it → the canonical one, for system calls */
  readonly #named = new Map<string, number>()
  readonly #bound = new Set<string>()

  constructor(named: readonly NamedSocket[]) {
    for (const { path, canonical } of named) {
      const { address } = pinnedString(canonical)
      for (const spelled of [path, canonical]) this.#named.set(spelled, address)
    }
  }

  /**
   * The socket that the policy names by this path, as the host has it now: what the sandbox shows there may be older,
   * another one, or nothing.
   * @returns a descriptor, or -errno: ENOENT when nobody named or made it
   */
  openNamed(path: string): number {
    const canonical = this.#named.get(path)
    if (canonical === undefined) return -errno.noEntry
    // A link on the way was put there since: it could lead to what nobody named.
    return openResolving(at.currentDirectory, canonical, flags.path, resolve.noSymlinks)
  }

  /** A program bound a socket here. @param object pinned */
  wasBound(object: number): void {
    const file = identify(object)
    if (file === undefined) return
    const [oldest] = this.#bound
    if (this.#bound.size >= boundMax && oldest !== undefined) this.#bound.delete(oldest)
    this.#bound.add(keyOf(file))
  }

  /** Connecting to the pinned object. @returns 0 or -errno */
  judge(object: number): number {
    const file = identify(object)
    if (file === undefined) return -errno.access
    // The kernel knows no socket by what is none.
    if ((file.mode & fileTypes.mask) !== fileTypes.socket || this.#bound.has(keyOf(file))) return 0
    // Of a server that has ended programs expect to be told so: then they start another one.
    return isAbandoned(object) ? -errno.refused : -errno.access
  }
}

function keyOf({ device, inode, born }: FileIdentity): string {
  return `${device}:${inode}:${born}`
}

const link = pinned(unixAddressMax)

/** The address of a pinned socket, whatever it is called. It lies in memory of ours that the next call uses again. */
export function addressOfPinned(object: number): { bytes: Buffer; size: number } {
  return { bytes: link.bytes, size: writeUnixPath(link.bytes, Buffer.from(`/proc/self/fd/${object}`)) }
}

/**
 * Whether nobody has the socket any more. Asked by a connect(2) of the wrong type, of which the other end hears nothing:
 * ECONNREFUSED when there is none, EPROTOTYPE when there is.
 */
function isAbandoned(object: number): boolean {
  const probe = makeSocket(families.unix, socketTypes.datagram)
  if (probe < 0) return false
  const { size } = addressOfPinned(object)
  const result = connectTo(probe, link.address, size)
  close(probe)
  return result === -errno.refused
}
