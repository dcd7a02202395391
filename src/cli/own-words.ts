/** The words of the command line, as the caller gave them. */
import { replacement, textOf } from "../base/path-bytes.ts"
import { failure } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

/**
 * The runtime decodes argv as UTF-8 and puts U+FFFD for what is none: then the words are read again as bytes, or a
 * command would get other words than the caller's (proc(5), /proc/PID/cmdline).
 */
export function ownWords(words: readonly string[]): readonly string[] {
  if (!words.some(word => word.includes(replacement))) return words
  const path = "/proc/self/cmdline"
  const bytes = readPath(path)
  if (typeof bytes === "number") throw failure("reading", path, bytes)
  const raw = textOf(bytes).split("\0").slice(0, -1)
  return words.length === 0 ? words : raw.slice(-words.length)
}
