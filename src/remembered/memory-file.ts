/** The file of a memory. What is odd about it makes it as good as absent, and is nothing that a person has to know of. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs"
import type { Memory } from "./memory.ts"
import { format, type Place } from "./place.ts"

/** Each is about 100 KB. */
const filesMax = 32
const bytesMax = 4 << 20

/** @returns undefined when there is none that can be trusted */
export function readMemory(place: Place): Memory | undefined {
  const path = pathOf(place)
  try {
    // Most commands are no launch, and an exception costs 0.1 ms.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined || !isInPlace(place)) return undefined
    const memory = JSON.parse(readOwn(path)) as Partial<Memory> | null
    const { key, questions, launch } = memory?.format === format ? memory : {}
    const isWhole = key === place.key && Array.isArray(questions) && launch?.plan !== undefined
    return isWhole ? (memory as Memory) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError || isRefusal(cause)) return undefined
    throw cause
  }
}

/** @throws Error of node:fs; with the code EPERM for a file that somebody else could have written */
function readOwn(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat, 0o077) || stat.size > bytesMax)
      throw Object.assign(new Error("not ours alone"), { code: "EPERM" })
    return readFileSync(descriptor, "utf8")
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Made before the launch is planned: a plan knows whether the directory is there.
 * @returns false when nothing can be kept in it
 */
export function makeDirectory(place: Place): boolean {
  const { directory, home } = place
  try {
    // Of sudo(8) the home may be another person's, in which root would leave what they cannot write.
    if (!isOurs(statSync(home), 0)) return false
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

/**
 * Whether the directory is what it is called. Behind a link may be what an earlier run has made: the rule that keeps
 * sandboxes from the directory is about its name.
 */
function isInPlace({ directory, home }: Place): boolean {
  const names = directory.slice(home.length + 1).split("/")
  return names.every((_, index) => {
    const path = `${home}/${names.slice(0, index + 1).join("/")}`
    const stat = lstatSync(path, { throwIfNoEntry: false })
    // Others of the group may write where people keep things: then a memory is still its owner's alone.
    return stat?.isDirectory() === true && isOurs(stat, path === directory ? 0o022 : 0o002)
  })
}

/** @param others permissions that nobody else may have */
function isOurs({ uid, mode }: Stats, others: number): boolean {
  return uid === process.geteuid?.() && (mode & others) === 0
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

function pathOf({ directory, key }: Place): string {
  return `${directory}/${key}.json`
}
