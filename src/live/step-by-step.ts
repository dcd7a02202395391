/**
 * A path resolved one name after the other, where the kernel cannot do it on our behalf: because it goes through a link
 * that means another process to us than to the program (`/dev/stdin` → `/proc/self/fd/0`), or through one that leads to
 * what has no path (`/proc/8/fd/3`). Slow and rare. What it comes to is judged by where it stands, as everything is.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { close, openAgain, openAt, pathOfDescriptor, readLinkAt } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { type Address, pinned, pinnedString } from "../kernel/raw-call.ts"
import { openOwn, ownNumber, ownThreadNumber } from "./caller.ts"
import { isForeignLink } from "./own-links.ts"
import type { OwnProcesses } from "./own-processes.ts"

/**
 * What links of other processes are followed for. What is only looked at is opened by the kernel with the program's own
 * rights; what we open is not, and the first process of the sandbox has nothing that the program could open.
 */
export type Foreign = "looked at" | "opened"

export type Steps = {
  thread: number
  openInRoot: (path: Address, openFlags: number) => number
  foreign: Foreign | false
  processes: OwnProcesses | undefined
}

const linksMax = 40
const text = pinned(4096)
const link = pinned(4096)
const nothing = pinnedString("").address
const magic = /^\/proc\/(\d+)(?:\/task\/\d+)?\/((?:fd|ns|map_files)\/[^/]+|cwd|root|exe)$/

/** @param path absolute, bytes as latin1 @returns a descriptor or -errno */
export function openStepByStep(path: string, openFlags: number, steps: Steps): number {
  let names = path.split("/")
  let walked = ""
  for (let links = 0; links <= linksMax; ) {
    const name = names.shift()
    if (name === undefined) return openText(walked || "/", openFlags, steps)
    if (name === "" || name === ".") continue
    const isLast = names.every(after => after === "")
    if (name === "..") walked = walked.slice(0, Math.max(walked.lastIndexOf("/"), 0))
    else if (isLast && (openFlags & flags.noFollow) !== 0)
      return openText(`${walked}/${name}`, openFlags, steps)
    else {
      const next = nextStep(`${walked}/${name}`, steps)
      if (typeof next === "number") {
        if (next < 0 || isLast) return next < 0 ? next : finished(next, openFlags)
        const led = pathOf(next)
        if (led === undefined) return -errno.noEntry
        walked = led === "/" ? "" : led
      } else if (next === "") walked = `${walked}/${name}`
      else {
        links++
        names = [...next.split("/"), ...names]
        if (next.startsWith("/")) walked = ""
      }
    }
  }
  return -errno.tooManyLinks
}

/** @returns the target of a link, "" where none stands, the descriptor of what has no path, or -errno */
function nextStep(path: string, steps: Steps): string | number {
  const own = `/proc/${ownNumber(steps.thread)}`
  if (path === "/proc/self") return own
  if (path === "/proc/thread-self") return `${own}/task/${ownThreadNumber(steps.thread)}`
  const [, process, what = ""] = path.match(magic) ?? []
  if (process !== undefined && own === `/proc/${process}`) return openOwn(steps.thread, what)
  const opened = openText(path, flags.path | flags.noFollow, steps)
  if (opened < 0) return opened
  const length = readLinkAt(opened, nothing, link)
  close(opened)
  if (length <= 0) return ""
  if (process === undefined) return link.bytes.toString("latin1", 0, length)
  if (steps.foreign === false || (steps.foreign === "opened" && !isForeignLink(path, steps.processes)))
    return -errno.access
  const parent = openText(path.slice(0, path.lastIndexOf("/")), flags.path, steps)
  if (parent < 0) return parent
  const led = openAt(parent, pointer(path.slice(path.lastIndexOf("/") + 1)), flags.path)
  close(parent)
  return led
}

/** The file that a link without a path led to, opened as was asked for. */
function finished(descriptor: number, openFlags: number): number {
  if ((openFlags & flags.directory) === 0) return descriptor
  const opened = openAgain(descriptor, openFlags)
  close(descriptor)
  return opened
}

function pathOf(descriptor: number): string | undefined {
  const path = pathOfDescriptor(descriptor)
  close(descriptor)
  return path?.startsWith("/") ? bytesOf(path).toString("latin1") : undefined
}

function openText(path: string, openFlags: number, { openInRoot }: Steps): number {
  return path.length < text.bytes.length ? openInRoot(pointer(path), openFlags) : -errno.nameTooLong
}

function pointer(path: string): Address {
  text.bytes[text.bytes.write(path, "latin1")] = 0
  return text.address
}
