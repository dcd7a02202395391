/** What a launch wants to know of the file that a command runs. */
import { ask } from "../base/journal.ts"
import { close } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { failure, mayExecute, openAtPath } from "../kernel/path-calls.ts"
import { readRest } from "../kernel/path-contents.ts"

/** Whether this process may execute the file. */
export function isExecutable(path: string): boolean {
  return ask("executable", path, askExecutable)
}

/** The first line of the file as far as execve(2) reads it, when it is a `#!` line; "" for any other file. */
export function interpreterLine(path: string): string {
  return ask("interpreter line", path, askInterpreterLine)
}

export function askExecutable(path: string): boolean {
  const result = mayExecute(path)
  if (result < 0 && result !== -errno.access) throw failure("executing", path, result)
  return result === 0
}

/** The kernel reads no more of it (execve(2)). */
const lineMax = 256

export function askInterpreterLine(path: string): string {
  const bytes = readStart(path)
  if (typeof bytes === "number") {
    // A program that may be executed and not read is a binary to the kernel as well.
    if (bytes !== -errno.access) throw failure("reading", path, bytes)
    return ""
  }
  const text = bytes.toString("latin1")
  return text.startsWith("#!") ? (/^#![ \t]*([^\n]+)/.exec(text)?.[1] ?? "") : ""
}

function readStart(path: string): Buffer | number {
  const descriptor = openAtPath(path, flags.readOnly | flags.nonBlocking)
  if (descriptor < 0) return descriptor
  const bytes = readRest(descriptor, lineMax)
  close(descriptor)
  return bytes
}
