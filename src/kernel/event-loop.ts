/**
 * The event loop of the runtime as a descriptor: an epoll(7) descriptor is readable itself when one of those that it
 * watches is ready, such as the eventfd(2) that a signal handler writes to.
 */
import { readdirSync, readlinkSync } from "node:fs"

/**
 * For a thread that waits in system calls and has to let the loop run when there is something for it. Timers are not
 * among what makes it readable.
 * @returns undefined when it cannot be told from others, which the caller left open
 */
export function eventLoopDescriptor(): number | undefined {
  const found = readdirSync("/proc/self/fd").filter(name => targetOf(name) === "anon_inode:[eventpoll]")
  return found.length === 1 ? Number(found[0]) : undefined
}

function targetOf(name: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${name}`)
  } catch (cause) {
    // The one that lists them is closed by now.
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    return ""
  }
}
