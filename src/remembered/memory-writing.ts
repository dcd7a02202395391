/** The file of a memory, as it is written. What cannot be written is not remembered. */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { statusAt } from "../kernel/path-calls.ts"
import { bytesMax, isInPlace, isOurs, pathOf } from "./memory-file.ts"
import type { Place } from "./place.ts"

/** Each is about 100 KB. */
const filesMax = 32

/**
 * Made before the launch is planned: a plan knows whether the directory is there.
 * @returns false when nothing can be kept in it
 */
export function makeDirectory(place: Place): boolean {
  const { directory, home } = place
  try {
    // Of sudo(8) the home may be another person's, in which root would leave what they cannot write.
    const status = statusAt(home, { follow: true })
    if (typeof status === "number" || !isOurs(status, 0)) return false
    // A home that keeps no state there is left as it is.
    if (statSync(`${home}/.local/state`, { throwIfNoEntry: false }) === undefined) return false
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return isInPlace(place)
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    return false
  }
}

/**
 * Replaced as a whole, so that a reader never sees half of it. What cannot be written is not remembered.
 * @param text of a memory, as JSON
 */
export function writeMemory(place: Place, text: string): void {
  if (Buffer.byteLength(text) > bytesMax) return
  const { directory } = place
  const path = pathOf(place)
  const temporary = `${directory}/.${process.pid}-${crypto.randomUUID()}`
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" })
    renameSync(temporary, path)
    removeOldest(directory)
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    rmSync(temporary, { force: true })
  }
}

function removeOldest(directory: string): void {
  const names = readdirSync(directory)
  if (names.length <= filesMax) return
  const files = names.flatMap(name => {
    const path = `${directory}/${name}`
    const stat = lstatSync(path, { throwIfNoEntry: false })
    return stat === undefined ? [] : [{ path, time: stat.mtimeMs }]
  })
  files.sort((a, b) => b.time - a.time)
  for (const { path } of files.slice(filesMax)) rmSync(path, { force: true, recursive: true })
}

/** What the file system says; anything else is a mistake of ours. */
function isRefusal(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code !== undefined
}
