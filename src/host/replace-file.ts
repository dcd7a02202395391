/** Replaces a file of the person's as a whole: a reader sees the old one or the new one, and never half of it. */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs"
import { UserError } from "../base/error.ts"
import { parentOf } from "../base/path.ts"
import { printable } from "../base/printable.ts"

export type Replacement = {
  /** what the file held when the new text was made of it; undefined = there was none */
  before: string | undefined
  after: string
  /** looks at the new file before it takes the place of the old one; throws when it will not do */
  check: (path: string) => Promise<void>
}

/**
 * Where a file really lies: whoever keeps their settings elsewhere has a link here, and it stays one.
 * @throws UserError for a link to nothing
 */
export function realPlace(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return realpathSync(path)
  throw new UserError(`${printable(path)} is a link to nothing`, "remove it, or make the file that it names")
}

/**
 * @param path without links
 * @throws UserError when the file cannot be written, or somebody else has changed it meanwhile
 */
export async function replaceFile(path: string, { before, after, check }: Replacement): Promise<void> {
  const temporary = `${parentOf(path)}/.cordon-${crypto.randomUUID()}.yaml`
  let isMade = false
  try {
    if (before === undefined) mkdirSync(parentOf(path), { recursive: true, mode: 0o700 })
    const descriptor = openSync(temporary, "wx", 0o644)
    isMade = true
    writeWhole(descriptor, after, before === undefined ? undefined : statSync(path).mode & 0o7777)
    await check(temporary)
    if (textOf(path) !== before) throw new UserError(`${printable(path)} was changed meanwhile`, "try again")
    renameSync(temporary, path)
  } catch (cause) {
    if (isMade) rmSync(temporary)
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw new UserError(
      `${printable(path)} cannot be written: ${code}`,
      "make the file and its directory writable",
    )
  }
}

/** Writes all of it, onto the disk, and closes the file. */
function writeWhole(descriptor: number, text: string, mode: number | undefined): void {
  try {
    if (mode !== undefined) fchmodSync(descriptor, mode)
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    return undefined
  }
}
