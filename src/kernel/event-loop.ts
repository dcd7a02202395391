/**
 * The event loop of the runtime as a descriptor: an epoll(7) descriptor is readable itself when one of those that it
 * watches is ready, such as the eventfd(2) that a signal handler writes to.
 */
import { failure } from "./path-calls.ts"
import { entriesAt, linkTarget } from "./path-contents.ts"

/**
 * For a thread that waits in system calls and has to let the loop run when there is something for it. Timers are not
 * among what makes it readable.
 * @returns undefined when it cannot be told from others, which the caller left open
 */
export function eventLoopDescriptor(): number | undefined {
  const path = "/proc/self/fd"
  const entries = entriesAt(path)
  if (typeof entries === "number") throw failure("listing", path, entries)
  // The one that lists them is closed by now, and has no target.
  const found = entries.filter(({ name }) => linkTarget(`${path}/${name}`) === "anon_inode:[eventpoll]")
  return found.length === 1 ? Number(found[0]?.name) : undefined
}
