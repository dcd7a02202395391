/** The file of a memory, as it is read. What is odd about it makes it as good as absent, and is nothing that a person has to know of. */
import { close } from "../kernel/file-calls.ts"
import { fileTypes, flags } from "../kernel/file-flags.ts"
import { openAtPath, type Status, statusAt, statusOf } from "../kernel/path-calls.ts"
import { readRest } from "../kernel/path-contents.ts"
import type { Memory } from "./memory.ts"
import { format, type Place } from "./place.ts"

export const bytesMax = 4 << 20

/** @returns undefined when there is none that can be trusted */
export function readMemory(place: Place): Memory | undefined {
  const text = isInPlace(place) ? readOwn(pathOf(place)) : undefined
  const memory = text === undefined ? undefined : parseMemory(text)
  return memory?.key === place.key ? memory : undefined
}

/** The rules stand behind the rest, in a line of their own: they are most of it, and nobody reads them until bubblewrap runs. */
export function memoryText({ launch: { rules, ...launch }, ...memory }: Memory): string {
  return `${JSON.stringify({ ...memory, launch })}\n${rules}\n`
}

/** @returns undefined for what no memory of this format looks like */
export function parseMemory(text: string): Memory | undefined {
  const end = text.indexOf("\n")
  const rules = text.slice(end + 1, -1)
  try {
    const memory = JSON.parse(text.slice(0, Math.max(end, 0))) as Partial<Memory> | null
    const { questions, launch } = memory?.format === format ? memory : {}
    const isWhole = Array.isArray(questions) && launch?.plan !== undefined && text.endsWith("}\n")
    return isWhole ? ({ ...memory, launch: { ...launch, rules } } as Memory) : undefined
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** @returns undefined also for a file that somebody else could have written */
function readOwn(path: string): string | undefined {
  const descriptor = openAtPath(path, flags.readOnly | flags.noFollow | flags.nonBlocking)
  if (descriptor < 0) return undefined
  const status = statusOf(descriptor)
  const bytes =
    typeof status === "number" || !isOursAlone(status) ? undefined : readRest(descriptor, bytesMax)
  close(descriptor)
  return bytes instanceof Buffer ? bytes.toString("utf8") : undefined
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
