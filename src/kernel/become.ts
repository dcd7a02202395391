/** Cordon replaces itself: nothing of ours runs while the command does. */
import { closeSync, writeSync } from "node:fs"
import type { Invocation } from "../backends/invocation.ts"
import { HostError } from "../base/error.ts"
import { bytesOf } from "../base/path-bytes.ts"
import { closeOnExec, createMemoryFile, duplicateTo, execve, keepOpen, rewind, SystemError } from "./libc.ts"

const lastDescriptor = 0xffff_ffff

/**
 * Becomes the program of the invocation, with 0, 1, 2 and the invocation's descriptors open and no others: one
 * that the caller left open on a secret would be readable inside.
 * @throws HostError when the kernel refuses
 */
export function become({ program, words, descriptors, environment }: Invocation): never {
  const numbers = descriptors.map(({ number }) => number)
  const first = Math.min(...numbers, lastDescriptor)
  for (const { number, content } of descriptors) {
    const file = createMemoryFile("cordon")
    if (content !== "") writeSync(file, bytesOf(content))
    rewind(file)
    // Closed at once: with enough of them open, the next one would get the number of its own copy.
    if (file === number) keepOpen(file)
    else {
      duplicateTo(file, number)
      closeSync(file)
    }
  }
  closeOnExec(3, first - 1)
  if (numbers.length > 0) closeOnExec(Math.max(...numbers) + 1, lastDescriptor)
  try {
    return execve(program, [program, ...words], environment)
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    throw new HostError(`${program} cannot be started: ${cause.message}`, "see `cordon doctor`")
  }
}
