/** Which directory the agent gets. */
import { UserError } from "../base/error.ts"
import { absolutePath, isWithin } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { presentDirectory } from "../kernel/present-directory.ts"

/**
 * The canonical project directory.
 * @param words the `-C` option, or undefined for the present directory
 * @throws UserError when it is no directory, or holds more than a project may
 */
export function projectDirectory(words: string | undefined, home: string, facts: PathFacts): string {
  const asked = absolutePath(words ?? ".", presentDirectory())
  const { canonical, kind } = facts(asked)
  const shown = printable(words ?? asked)
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
  return canonical
}

const whyNot = {
  directory: "",
  file: "is a file",
  other: "is not a directory",
  missing: "does not exist",
  unreachable: "cannot be reached",
} as const
