/**
 * Reading policy files: first read, then classify the error, because a check beforehand lies about directories that may
 * not be searched.
 */
import { UserError } from "../base/error.ts"
import { ask } from "../base/journal.ts"
import { nameOf, parentOf } from "../base/path.ts"
import { printable, shellQuoted } from "../base/printable.ts"
import { close } from "../kernel/file-calls.ts"
import { errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { openAtPath, statusAt, statusOf, typeAt } from "../kernel/path-calls.ts"
import { readRest } from "../kernel/path-contents.ts"

/**
 * What reading a file gave; a caller has to say what each means.
 * @property isUnseen nobody knows whether there is such a file: its directory may not be searched
 */
export type Loaded =
  | { kind: "ok"; text: string }
  | { kind: "missing" }
  | { kind: "unreadable"; why: string; isUnseen?: true }

/** More is a mistake or an attack. */
const bytesMax = 1 << 20

/** Reads a regular file of bounded size; a FIFO or a device in its place does not hang the launch. */
export function readPolicyFile(path: string): Loaded {
  return ask("policy file", path, askPolicyFile)
}

/**
 * Most programs take both endings of YAML: whoever wrote the other one means its denials to hold.
 * @param path of a policy that is not there
 * @throws UserError when it is there as `.yml`, which nothing reads
 */
export function refuseOtherEnding(path: string): void {
  const other = path.replace(/\.yaml$/, ".yml")
  if (readPolicyFile(other).kind !== "missing")
    throw new UserError(
      `${printable(other)} is not read: a policy in its place is called ${nameOf(path)}`,
      `move it away, or rename it: mv ${printable(shellQuoted(other))} ${printable(shellQuoted(path))}`,
    )
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
  const descriptor = openAtPath(path, flags.readOnly | flags.nonBlocking)
  // Unlike an exists(), this tells a missing file from one in a directory that may not be searched.
  if (descriptor === -errno.noEntry) return missingAt(path)
  if (descriptor < 0) return refusedAt(path)
  try {
    return readRegular(descriptor)
  } finally {
    close(descriptor)
  }
}

/** Who links a policy into its place wants one: the launch stops when a home is not mounted or a repository is gone. */
function missingAt(path: string): Loaded {
  const lost = lostLink(path)
  if (lost === undefined) return { kind: "missing" }
  return { kind: "unreadable", why: `${lost === path ? "it" : lost} is a symbolic link that leads nowhere` }
}

/** The link that leads nowhere, which may be a directory above. @param path that is not found */
function lostLink(path: string): string | undefined {
  const type = typeAt(path)
  if (type === -errno.noEntry && path !== "/") return lostLink(parentOf(path))
  const leadsNowhere = type === fileTypes.link && statusAt(path, { follow: true }) === -errno.noEntry
  return leadsNowhere ? path : undefined
}

function refusedAt(path: string): Loaded {
  if (typeAt(path) !== -errno.access) return { kind: "unreadable", why: whyNot(path) }
  return { kind: "unreadable", why: "a directory above it may not be searched", isUnseen: true }
}

/** In the words of node:fs, which no launch that goes well has to load. */
function whyNot(path: string): string {
  const { closeSync, constants, openSync } = process.getBuiltinModule("node:fs")
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return "it could not be read a moment ago"
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return message.split(",")[0] ?? code
  }
}

export function askLink(path: string): boolean {
  return typeAt(path) === fileTypes.link
}

export function askRealPath(path: string): string {
  return process.getBuiltinModule("node:fs").realpathSync(path)
}

function readRegular(descriptor: number): Loaded {
  const status = statusOf(descriptor)
  if (typeof status === "number" || (status.mode & fileTypes.mask) !== fileTypes.regular)
    return { kind: "unreadable", why: "it is not a regular file" }
  if (status.size > bytesMax) return { kind: "unreadable", why: "it is larger than 1 MiB" }
  const bytes = readRest(descriptor, bytesMax + 1)
  if (typeof bytes === "number") return { kind: "unreadable", why: `reading it failed with errno ${-bytes}` }
  try {
    return { kind: "ok", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    return { kind: "unreadable", why: "it is not UTF-8 text" }
  }
}
