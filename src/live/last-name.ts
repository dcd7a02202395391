/** Where the last name of a path begins (path_resolution(7)). */
import { replacement, textOf } from "../base/path-bytes.ts"

const slash = 47
const dot = 46

export type LastName = {
  /** index of its first byte */
  start: number
  /** "" for `.`, `..` and nothing at all: the path stands for a directory as a whole */
  text: string
  /** a slash stood behind it */
  slashed: boolean
}

/**
 * Cuts the path in two, in place: NULs stand for the slashes around the last name. What has no last name is cut behind its
 * end alone.
 * @param length of the path, without the NUL behind it
 */
export function cutLastName(path: Buffer, length: number): LastName {
  let end = length
  while (end > 1 && path[end - 1] === slash) end--
  const slashed = path[end] === slash
  path[end] = 0
  const start = path.lastIndexOf(slash, end - 1) + 1
  if (isNone(path, start, end)) return { start, text: "", slashed }
  if (start > 1) path[start - 1] = 0
  const text = path.toString("utf8", start, end)
  return { start, text: text.includes(replacement) ? textOf(path.subarray(start, end)) : text, slashed }
}

/** `.`, `..` or nothing at all */
function isNone(path: Buffer, start: number, end: number): boolean {
  if (end - start > 2) return false
  for (let at = start; at < end; at++) if (path[at] !== dot) return false
  return true
}
