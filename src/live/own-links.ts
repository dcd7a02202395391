/**
 * What means another process to us than to the program, because it names the one that looks it up: `/proc/self`,
 * `/dev/fd` (proc_pid_fd(5)). The kernel follows no such link on our behalf; here is where they lead for the program.
 */
import { isWithin } from "../base/path.ts"
import { pathOfDescriptor } from "../kernel/file-calls.ts"
import { ownNumber, ownThreadNumber } from "./caller.ts"
import type { OwnProcesses } from "./own-processes.ts"

const byItself = /^\/(?:proc\/(?:self|thread-self)\/(fd\/\d+|cwd|root|exe)|dev\/(fd\/\d+))(?:\/+|$)/
const byNumber = /^\/proc\/(\d+)\/(fd\/\d+|cwd|root|exe)(?:\/+|$)/
const directory = /^\/proc\/self(?=\/|$)/
const threadDirectory = /^\/proc\/thread-self(?=\/|$)/
/** links that lead to what a process has, whatever stands in them; the first process is not the program's to look into */
const foreign = /^\/proc\/(?!1\/)\d+(?:\/task\/\d+)?\/(?:(?:fd|ns|map_files)\/[^/]+|cwd|root|exe)$/
/** links below `self`, as the kernel makes them: `/proc/net` → `self/net` */
const belowSelf = /^\/proc\/(?=(?:net|mounts)(?:\/|$))/

const ownProcess = `/proc/${process.pid}`
const procPrefix = Buffer.from("/proc/")
const devPrefix = Buffer.from("/dev/fd/")

/** Whether a descriptor of ours is one of what stands below our own directory in `/proc`. */
export function isOurs(descriptor: number): boolean {
  return isWithin(pathOfDescriptor(descriptor) ?? "", ownProcess)
}

export type OwnLink =
  /** what the thread's own link leads to, and the path from there; "" = that itself */
  | { kind: "link"; link: string; rest: string }
  /** the same path without `self` */
  | { kind: "path"; path: string }

/**
 * Whether the kernel follows the link to an object and not to a path, and the program may follow it.
 * @param path canonical, in the program's view
 * @param processes where others than those of the sandbox are seen
 */
export function isForeignLink(path: string, processes: OwnProcesses | undefined): boolean {
  return foreign.test(path) && !processes?.isOthers(path)
}

/** Whether it is worth looking closer: few paths are. */
export function mayBeOwn(path: Buffer): boolean {
  const first = path[1]
  if (first === procPrefix[1]) return path.subarray(0, 6).equals(procPrefix)
  return first === devPrefix[1] && path.subarray(0, 8).equals(devPrefix)
}

/** @param path absolute, bytes as latin1 */
export function ownLink(path: string, thread: number): OwnLink | undefined {
  const itself = path.match(byItself)
  if (itself !== null)
    return { kind: "link", link: itself[1] ?? itself[2] ?? "", rest: path.slice(itself[0].length) }
  const numbered = path.match(byNumber)
  if (numbered !== null && Number(numbered[1]) === ownNumber(thread))
    return { kind: "link", link: numbered[2] ?? "", rest: path.slice(numbered[0].length) }
  if (belowSelf.test(path))
    return { kind: "path", path: path.replace(belowSelf, `/proc/${ownNumber(thread)}/`) }
  if (threadDirectory.test(path)) {
    const own = `/proc/${ownNumber(thread)}/task/${ownThreadNumber(thread)}`
    return { kind: "path", path: path.replace(threadDirectory, own) }
  }
  if (!directory.test(path)) return undefined
  return { kind: "path", path: path.replace(directory, `/proc/${ownNumber(thread)}`) }
}
