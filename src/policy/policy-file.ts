/**
 * Reading policy files: first read, then classify the error, because a check beforehand lies about directories that may
 * not be searched.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs"
import { ask } from "../base/journal.ts"

/** What reading a file gave; a caller has to say what each means. */
export type Loaded = { kind: "ok"; text: string } | { kind: "missing" } | { kind: "unreadable"; why: string }

/** More is a mistake or an attack. */
const bytesMax = 1 << 20

/** Reads a regular file of bounded size; a FIFO or a device in its place does not hang the launch. */
export function readPolicyFile(path: string): Loaded {
  return ask("policy file", path, askPolicyFile)
}

/** Whether the path itself is a symbolic link. */
export function isLink(path: string): boolean {
  return ask("link", path, askLink)
}

/** Where a path really leads. @throws Error of node:fs when it leads nowhere */
export function realPath(path: string): string {
  return ask("real path", path, askRealPath)
}

export function askPolicyFile(path: string): Loaded {
  try {
    // Unlike an exists(), this tells a missing file from one in a directory that may not be searched; and most
    // launches find no policy file, where an exception costs 0.1 ms each.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return { kind: "missing" }
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return readRegular(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return code === "ENOENT"
      ? { kind: "missing" }
      : { kind: "unreadable", why: message.split(",")[0] ?? code }
  }
}

export function askLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

export function askRealPath(path: string): string {
  return realpathSync(path)
}

function readRegular(descriptor: number): Loaded {
  const stat = fstatSync(descriptor)
  if (!stat.isFile()) return { kind: "unreadable", why: "it is not a regular file" }
  if (stat.size > bytesMax) return { kind: "unreadable", why: "it is larger than 1 MiB" }
  const bytes = Buffer.alloc(bytesMax + 1)
  let length = 0
  for (let got = -1; got !== 0; length += got)
    got = readSync(descriptor, bytes, length, bytes.length - length, null)
  try {
    return { kind: "ok", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length)) }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return { kind: "unreadable", why: "it is not UTF-8 text" }
  }
}
