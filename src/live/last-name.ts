/** Where the last name of a path begins (path_resolution(7)). */
import { textOf } from "../base/path-bytes.ts"

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
export function cutLastName(path: Uint8Array, length: number): LastName {
  let end = length
  while (end > 1 && path[end - 1] === slash) end--
  const slashed = path[end] === slash
  path[end] = 0
  const before = path.lastIndexOf(slash, end - 1)
  const name = path.subarray(before + 1, end)
  const isNone = name.length <= 2 && name.every(byte => byte === dot)
  if (!isNone && before > 0) path[before] = 0
  return { start: before + 1, text: isNone ? "" : textOf(name), slashed }
}
