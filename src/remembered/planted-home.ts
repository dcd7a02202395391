/** Whether the home lies where an earlier run could write: then what is remembered there may be what that run made up. */
import { statusAt, typeAt } from "../kernel/path-calls.ts"

/**
 * For a home in a project, as tests have them (`HOME=$PWD/home`): below the directory that is to be the project, for which
 * planning refuses it, or in any repository.
 * @param words of the command line
 */
export function liesInProject(home: string, words: readonly string[]): boolean {
  const projects = [".", ...namedDirectories(words)].map(identityAt)
  let below = identityAt(home)
  // By `..`, because names of the home may be links.
  for (let path = `${home}/..`; ; path += "/..") {
    const here = identityAt(path)
    if (here === undefined) return true
    if (here === below) return false
    if (projects.includes(here) || typeAt(`${path}/.git`) >= 0) return true
    below = here
  }
}

/** What `-C` may name, however it is written; among words before the command's too much does no harm. */
function namedDirectories(words: readonly string[]): string[] {
  const isAny = words.some(word => word.startsWith("--c") || (/^-[^-]/.test(word) && word.includes("C")))
  if (!isAny) return []
  return words.flatMap(word => [word, word.replace(/^(-[^-]*?C|--[a-z]*=)/, "")])
}

/** @returns undefined for what cannot be reached */
function identityAt(path: string): string | undefined {
  const status = statusAt(path, { follow: true })
  return typeof status === "number" ? undefined : `${status.device}/${status.inode}`
}
