/**
 * The configuration of a repository that was begun in this session (git-config(1)). Git replaces it as a whole, by
 * renaming `config.lock`. What is installed is a copy of ours, so that nobody holds a descriptor to write to it later,
 * and only with keys that name things; a key that makes git run something is refused, and so is all that is not plain.
 */
import { close, openAt, openName, rename, unlink } from "../kernel/file-calls.ts"
import { contentOf, writeContent } from "../kernel/file-contents.ts"
import { errno, fileTypes, flags } from "../kernel/file-flags.ts"
import { identify } from "../kernel/file-identity.ts"
import { pinnedString } from "../kernel/raw-call.ts"
import type { Permissions } from "./permissions.ts"
import type { Place } from "./place.ts"

const sizeMax = 65_536
const harmless = [
  /^core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks)$/,
  /^core\.(autocrlf|eol|safecrlf)$/,
  /^extensions\.(objectformat|refstorage|partialclone)$/,
  /^remote\..*\.(url|fetch|tagopt|promisor|partialclonefilter)$/,
  /^branch\..*\.(remote|merge|rebase)$/,
  /^user\.(name|email)$/,
  /^init\.defaultbranch$/,
  /^pull\.(rebase|ff)$/,
]
const sectionLine = /^\[([A-Za-z0-9.-]+)(?: "((?:[^"\\]|\\["\\])*)")?\]$/
const keyLine = /^([A-Za-z][A-Za-z0-9-]*) *= *([^\\"#;]*|"[^\\"]*")$/

/** Whether every line is plain and every key harmless. */
export function isHarmlessConfig(text: string): boolean {
  let section = ""
  for (const line of text.split("\n").map(raw => raw.replace(/[ \t\r]+$/, "").replace(/^[ \t]+/, ""))) {
    if (line === "") continue
    const opened = line.match(sectionLine)
    if (opened !== null) {
      section =
        opened[2] === undefined ? (opened[1] ?? "").toLowerCase() : `${opened[1]?.toLowerCase()}.${opened[2]}`
      continue
    }
    const [, key = "", value = ""] = line.match(keyLine) ?? []
    if (!harmless.some(pattern => pattern.test(`${section}.${key.toLowerCase()}`))) return false
    if (!isHarmlessValue(value)) return false
  }
  return true
}

/**
 * `ext::` and `fd::` are remotes that run a command, and `NAME::` one that runs `git-remote-NAME` (gitremote-helpers(7));
 * "-" would be an option of another program. Git skips blanks before a value where it reads it, in quotes too.
 */
function isHarmlessValue(value: string): boolean {
  const bare = value.replace(/^[\s"]+/, "")
  return /^--(no-)?tags"?$/.test(bare) || !/^-|^[^/]*::|[^\t -~\x80-\xff]/.test(bare)
}

/** A protected name, so that no other sandbox in the project can have it open when it becomes the configuration. */
const fresh = pinnedString("config.worktree")

/**
 * libgit2 makes an empty file before it writes and renames `config.lock`: cargo and others make repositories by it. It is
 * open for reading alone, so that what is written to it all the same fails and is not lost.
 * @returns a descriptor of the caller's to close, or -errno
 */
export function beginConfig(place: Place, mode: number, permissions: Permissions): number {
  const refused = permissions.open(place) || permissions.room(place.directory)
  if (refused < 0) return refused
  const made = openName(place.directory, place.name, flags.readOnly | flags.create | flags.exclusive, mode)
  return made === -errno.exists ? -errno.access : made
}

/** Carries out the renaming of `from` to the configuration `to`. @returns 0 or -errno */
export function installConfig(from: Place, to: Place, permissions: Permissions): number {
  const refused = permissions.read(from) || permissions.remove(from)
  if (refused < 0) return refused
  const source = openAt(from.directory, from.name, flags.readOnly | flags.noFollow | flags.nonBlocking)
  if (source < 0) return source
  const { mode = 0 } = identify(source) ?? {}
  // Between the look at the name and its opening somebody outside can have put something else there.
  const bytes = (mode & fileTypes.mask) === fileTypes.regular ? contentOf(source, sizeMax) : undefined
  close(source)
  if (bytes === undefined || !isHarmlessConfig(bytes.toString("latin1"))) return -errno.access
  const copied = writeFresh(to, bytes, mode & 0o777)
  if (copied < 0) return copied
  const installed = rename(
    { directory: to.directory, name: fresh.address },
    { directory: to.directory, name: to.name },
    0,
  )
  if (installed < 0) unlink(to.directory, fresh.address, 0)
  return installed < 0 ? installed : unlink(from.directory, from.name, 0)
}

function writeFresh({ directory }: Place, bytes: Buffer, mode: number): number {
  const made = openAt(
    directory,
    fresh.address,
    flags.writeOnly | flags.create | flags.exclusive | flags.noFollow,
    mode,
  )
  if (made < 0) return made
  const written = writeContent(made, bytes)
  close(made)
  if (written < 0) unlink(directory, fresh.address, 0)
  return written
}
