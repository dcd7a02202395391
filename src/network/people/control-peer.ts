/** Who is at the other end of a control socket: a session obeys its own person, and nothing from inside a sandbox. */
import { readlinkSync } from "node:fs"
import { peerCredentials } from "../../kernel/peer-credentials.ts"

/**
 * The same user, in the same user namespace: a program in a sandbox has the user's id and a namespace of the sandbox's own.
 * (It cannot reach the socket either: abstract names belong to a network namespace, and where that is shared Landlock
 * keeps it away.) @param rootToo whether root is welcome as well
 */
export function isOwnPeer(socket: number, rootToo: boolean): boolean {
  const { uid, process: peer } = peerCredentials(socket)
  const own = process.geteuid?.()
  // Of root's processes an ordinary user learns no namespace; and no sandbox of theirs has a root that is root here.
  if (rootToo && uid === 0 && own !== 0) return true
  const namespace = userNamespace(String(peer))
  return uid === own && namespace !== undefined && namespace === userNamespace("self")
}

/** user_namespaces(7); undefined when it cannot be known, as of a process that has ended. */
function userNamespace(process: string): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/user`)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (!["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code ?? "")) throw cause
    return undefined
  }
}
