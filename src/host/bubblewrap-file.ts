/** What can be told of a bubblewrap without starting it, which would take as long as a launch. */
import { ask } from "../base/journal.ts"
import { errno } from "../kernel/file-flags.ts"
import { failedWith, failure, statusAt } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

export type BubblewrapFile = {
  version: string
  /** it can switch nested user namespaces off */
  isRecent: boolean
  /** it starts with the rights of its owner (execve(2)) */
  setuid: boolean
}

/** @returns undefined when there is none at the path, or none that may be read */
export function readBubblewrap(path: string): BubblewrapFile | undefined {
  const asked = ask("bubblewrap", path, askBubblewrap)
  const binary = asked && read(path)?.toString("latin1")
  if (binary === undefined) return undefined
  return {
    version: /bubblewrap (\d+\.\d+(?:\.\d+)?)/.exec(binary)?.[1] ?? "of an unknown version",
    isRecent: binary.includes("--disable-userns"),
    setuid: asked?.setuid === true,
  }
}

/** What it holds as a hash, which takes half as long as looking for what is told of it. */
export function askBubblewrap(path: string): { setuid: boolean; content: string } | undefined {
  const binary = read(path)
  return binary && { setuid: isSetuid(path), content: Bun.SHA256.hash(binary, "hex") }
}

function isSetuid(path: string): boolean {
  const setUserId = 0o4000
  const status = statusAt(path, { follow: true })
  if (typeof status === "number") throw failure("looking at", path, status)
  return (status.mode & setUserId) !== 0
}

function read(path: string): Buffer | undefined {
  const bytes = readPath(path)
  if (typeof bytes !== "number") return bytes
  if (failedWith(bytes, errno.noEntry, errno.access, errno.notDirectory)) return undefined
  throw failure("reading", path, bytes)
}
