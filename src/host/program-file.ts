/** What a launch wants to know of the file that a command runs. */
import { accessSync, closeSync, constants, openSync, readSync } from "node:fs"
import { ask } from "../base/journal.ts"

/** Whether this process may execute the file. */
export function isExecutable(path: string): boolean {
  return ask("executable", path, askExecutable)
}

/** The first line of the file as far as execve(2) reads it, when it is a `#!` line; "" for any other file. */
export function interpreterLine(path: string): string {
  return ask("interpreter line", path, askInterpreterLine)
}

export function askExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EACCES") throw cause
    return false
  }
}

export function askInterpreterLine(path: string): string {
  const bytes = Buffer.alloc(256)
  let length: number
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    length = readSync(descriptor, bytes, 0, bytes.length, 0)
    closeSync(descriptor)
  } catch (cause) {
    // A program that may be executed and not read is a binary to the kernel as well.
    if ((cause as NodeJS.ErrnoException).code !== "EACCES") throw cause
    return ""
  }
  return /^#![ \t]*([^\n]+)/.exec(bytes.toString("latin1", 0, length))?.[1] ?? ""
}
