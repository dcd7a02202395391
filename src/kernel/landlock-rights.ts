/** A table of facts: the rights of landlock(7), by the ABI that brought them (linux/landlock.h). */

/** LANDLOCK_SCOPE_*: what stays within the domain (ABI 6) */
export const scopes = { abstractSockets: 1n << 0n, signal: 1n << 1n } as const
const scopesSince = 6

/** Whether a domain keeps signals within. @param landlock the kernel's, where there is one */
export function scopesSignals(landlock: { abi: number } | undefined): boolean {
  return landlock !== undefined && landlock.abi >= scopesSince
}

const reading = { execute: 1n << 0n, readFile: 1n << 2n, readDirectory: 1n << 3n } as const

/** What reading and executing takes: all of it is there since ABI 1. */
export const readRights = {
  files: reading.execute | reading.readFile,
  directories: reading.execute | reading.readFile | reading.readDirectory,
} as const

const files = { writeFile: 1n << 1n, truncate: 1n << 14n } as const
const directories = {
  removeDirectory: 1n << 4n,
  removeFile: 1n << 5n,
  makeCharacterDevice: 1n << 6n,
  makeDirectory: 1n << 7n,
  makeRegular: 1n << 8n,
  makeSocket: 1n << 9n,
  makeFifo: 1n << 10n,
  makeBlockDevice: 1n << 11n,
  makeSymlink: 1n << 12n,
  /** renaming and linking from one directory into another */
  refer: 1n << 13n,
} as const

/** What a ruleset handles, and gives to a directory; a file can be given the first two only. */
export function writeRights(abi: number): { directories: bigint; files: bigint } {
  const since = new Map<bigint, number>([
    [files.truncate, 3],
    [directories.refer, 2],
  ])
  const known = (rights: readonly bigint[]) =>
    rights.filter(right => abi >= (since.get(right) ?? 1)).reduce((sum, right) => sum | right, 0n)
  const ofFiles = known(Object.values(files))
  return { files: ofFiles, directories: ofFiles | known(Object.values(directories)) }
}
