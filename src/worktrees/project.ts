/** Which directory the agent gets. */
import { UserError } from "../base/error.ts"
import { absolutePath, isWithin } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { isPersons } from "../host/persons-link.ts"
import { presentDirectory } from "../kernel/present-directory.ts"

/** What a person named. */
export type Asked = {
  /** the `-C` option, or undefined for the present directory */
  directory: string | undefined
  /** PWD: the present directory as the shell has it, with the links that led to it */
  logical: string | undefined
}

/**
 * The canonical project directory.
 * @throws UserError when it is no directory, holds more than a project may, or is one only by a link that an agent could
 * have put there
 */
export function projectDirectory(asked: Asked, home: string, facts: PathFacts): string {
  const here = presentPath(asked.logical, facts)
  const path = absolutePath(asked.directory ?? ".", here)
  const { canonical, kind } = facts(path)
  const shown = printable(asked.directory ?? path)
  if (kind !== "directory")
    throw new UserError(
      `the project directory ${shown} ${whyNot[kind]}`,
      "name an existing directory with -C DIR",
    )
  if (canonical !== home && isWithin(home, canonical))
    throw new UserError(
      `${shown} cannot be the project: it holds your home directory, and all of it would be writable`,
      "go to the project's own directory, or name it with -C DIR",
    )
  // Of the home others say more.
  if (canonical !== home) refusePlanted(path, home, facts)
  return canonical
}

/** The present directory by the way that was taken to it (`pwd -L`), where the shell's word is true. */
function presentPath(logical: string | undefined, facts: PathFacts): string {
  const here = presentDirectory()
  const path = logical?.startsWith("/") ? absolutePath(logical, "/") : here
  return facts(path).canonical === here ? path : here
}

/**
 * An earlier run could have replaced a directory of its project by a link, and who goes there again would open what it
 * leads to.
 */
function refusePlanted(path: string, home: string, facts: PathFacts): void {
  const { canonical, links } = facts(path)
  const planted = links.find(link => !isPersons(link.path, { home, project: canonical }))
  if (planted === undefined) return
  const shown = printable(canonical)
  throw new UserError(
    `${printable(planted.path)} is a link on the way to ${shown}, and an earlier run could have put it there`,
    `cd ${shown} if that is the project`,
  )
}

const whyNot = {
  directory: "",
  file: "is a file",
  other: "is not a directory",
  missing: "does not exist",
  unreachable: "cannot be reached",
} as const
