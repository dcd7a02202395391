/** The file of a memory, as it is read. What is odd about it makes it as good as absent, and is nothing that a person has to know of. */
import { close } from "../kernel/file-calls.ts"
import { fileTypes, flags } from "../kernel/file-flags.ts"
import { openAtPath, type Status, statusAt, statusOf } from "../kernel/path-calls.ts"
import { readRest } from "../kernel/path-contents.ts"
import type { KeptLaunch, KeptStart, Memory } from "./memory.ts"
import { format, type Place } from "./place.ts"

export const bytesMax = 4 << 20

/** A memory of which only what starts bubblewrap was looked at yet. */
export type StoredMemory = {
  start: KeptStart
  /** undefined for what no launch looks like */
  launch: () => KeptLaunch | undefined
  /** JSON */
  rules: () => string
}

/** @returns undefined when there is none that can be trusted */
export function readMemory(place: Place): StoredMemory | undefined {
  const bytes = isInPlace(place) ? readOwn(pathOf(place)) : undefined
  const memory = bytes && storedMemory(bytes)
  return memory?.start.key === place.key ? memory : undefined
}

/** A line for each part. */
export function memoryText({ start, launch, rules }: Memory): string {
  return `${JSON.stringify(start)}\n${JSON.stringify(launch)}\n${rules}\n`
}

const [lineFeed, brace] = ["\n".charCodeAt(0), "}".charCodeAt(0)]

/** @returns undefined for what no memory of this format looks like */
export function storedMemory(bytes: Buffer): StoredMemory | undefined {
  const end = bytes.length - 1
  const startEnd = bytes.indexOf(lineFeed)
  const launchEnd = bytes.indexOf(lineFeed, startEnd + 1)
  const isWhole =
    launchEnd > startEnd && launchEnd < end && bytes[end] === lineFeed && bytes[end - 1] === brace
  const start = isWhole ? parsed<KeptStart>(bytes, 0, startEnd) : undefined
  if (start?.format !== format || !Array.isArray(start.questions) || start.invocation?.words === undefined)
    return undefined
  let launch: KeptLaunch | undefined
  return {
    start,
    launch: () => {
      launch ??= parsed<KeptLaunch>(bytes, startEnd + 1, launchEnd)
      return launch?.plan === undefined ? undefined : launch
    },
    rules: () => bytes.toString("utf8", launchEnd + 1, end),
  }
}

function parsed<T>(bytes: Buffer, from: number, to: number): T | undefined {
  try {
    return (JSON.parse(bytes.toString("utf8", from, to)) as T | null) ?? undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** @returns undefined also for a file that somebody else could have written */
function readOwn(path: string): Buffer | undefined {
  const descriptor = openAtPath(path, flags.readOnly | flags.noFollow | flags.nonBlocking)
  if (descriptor < 0) return undefined
  const status = statusOf(descriptor)
  const bytes =
    typeof status === "number" || !isOursAlone(status) ? undefined : readRest(descriptor, bytesMax)
  close(descriptor)
  return bytes instanceof Buffer ? bytes : undefined
}

function isOursAlone(status: Status): boolean {
  const { mode, links, size } = status
  return (
    (mode & fileTypes.mask) === fileTypes.regular && links === 1 && isOurs(status, 0o077) && size <= bytesMax
  )
}

/**
 * Whether the directory is what it is called. Behind a link may be what an earlier run has made: the rule that keeps
 * sandboxes from the directory is about its name.
 */
export function isInPlace({ directory, home }: Place): boolean {
  const names = directory.slice(home.length + 1).split("/")
  return names.every((_, index) => {
    const path = `${home}/${names.slice(0, index + 1).join("/")}`
    const status = statusAt(path, { follow: false })
    // Others of the group may write where people keep things: then a memory is still its owner's alone.
    return (
      typeof status !== "number" &&
      (status.mode & fileTypes.mask) === fileTypes.directory &&
      isOurs(status, path === directory ? 0o022 : 0o002)
    )
  })
}

/** @param others permissions that nobody else may have */
export function isOurs({ owner, mode }: Pick<Status, "owner" | "mode">, others: number): boolean {
  return owner === process.geteuid?.() && (mode & others) === 0
}

export function pathOf({ directory, key }: Place): string {
  return `${directory}/${key}.json`
}
