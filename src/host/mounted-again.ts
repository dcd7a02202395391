/** The home by other paths: its file system, or a part of it, can be mounted in several places (proc_pid_mountinfo(5)). */
import { HostError } from "../base/error.ts"
import { ask } from "../base/journal.ts"
import { isWithin } from "../base/path.ts"
import { textOf } from "../base/path-bytes.ts"
import { failure, statusAt } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

type Mount = {
  device: string
  /** the directory of the file system that is mounted */
  root: string
  /** where */
  point: string
}

/** Where else than at its path the directory stands, canonical. @param home canonical */
export function mountedAgain(home: string): readonly string[] {
  return ask("mounted again", home, askMountedAgain)
}

export function askMountedAgain(home: string): readonly string[] {
  const table = readPath("/proc/self/mountinfo")
  // Without it nobody knows by what other paths the home's secrets can be read.
  if (typeof table === "number") throw unreadable(table)
  const places = otherPlaces(home, mountsIn(table.toString("latin1")))
  // Something else may be mounted over it.
  return places.filter(place => isSame(place, home))
}

function unreadable(result: number): HostError {
  const { message } = failure("reading", "/proc/self/mountinfo", result)
  return new HostError(
    `what is mounted where cannot be found out: ${message}`,
    "mount /proc: mount -t proc proc /proc",
  )
}

/** Pure. @param home canonical */
export function otherPlaces(home: string, mounts: readonly Mount[]): string[] {
  const own = mounts
    .filter(({ point }) => isWithin(home, point))
    .reduce<Mount | undefined>(
      (found, mount) => (found === undefined || mount.point.length >= found.point.length ? mount : found),
      undefined,
    )
  if (own === undefined) return []
  const within = below(own.root, home.slice(own.point === "/" ? 0 : own.point.length))
  const places = mounts
    .filter(({ device, root }) => device === own.device && isWithin(within, root))
    .map(({ root, point }) => below(point, restOf(within, root)))
  return [...new Set(places)].filter(place => !isWithin(home, place))
}

/** @returns "" or a path: the home can be all of a file system, as a volume of its own is */
function restOf(within: string, root: string): string {
  if (within === root) return ""
  return root === "/" ? within : within.slice(root.length)
}

/** @param rest "" or a path */
function below(directory: string, rest: string): string {
  if (rest === "") return directory
  return directory === "/" ? rest : directory + rest
}

/** @param table bytes as latin1 */
export function mountsIn(table: string): Mount[] {
  return table.split("\n").flatMap(line => {
    const [, , device = "", root, point] = line.split(" ")
    return root === undefined || point === undefined
      ? []
      : [{ device, root: plain(root), point: plain(point) }]
  })
}

/** Blanks and their kind are written as octal numbers. */
function plain(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
  return textOf(Buffer.from(bytes, "latin1"))
}

function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map(path => statusAt(path, { follow: false }))
  if (typeof first !== "object" || typeof second !== "object") return false
  return first.inode === second.inode && first.device === second.device
}
