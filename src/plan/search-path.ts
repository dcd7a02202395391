/** PATH as the command gets it. */
import { isWithin } from "../base/path.ts"
import type { Mount } from "./launch-plan.ts"

/**
 * Without the directories that the policy hides as a whole. In one of them a name that is not there is "Permission denied"
 * to execvp(3), and a program that looks whether another one is installed takes that for an answer.
 */
export function visibleSearchPath(searchPath: string, mounts: readonly Mount[]): string {
  const entries = searchPath.split(":")
  const grounds = mounts.filter(({ kind }) => kind !== "sealed")
  const seen = entries.filter(entry => !entry.startsWith("/") || !isHidden(entry, grounds))
  // An empty PATH is the present directory.
  return seen.length === 0 ? searchPath : seen.join(":")
}

/** Something of it that is shown can be named. */
function isHidden(directory: string, mounts: readonly Mount[]): boolean {
  const ground = mounts.findLast(({ path }) => isWithin(directory, path))
  return (
    ground?.kind === "hidden-directory" &&
    !mounts.some(mount => mount !== ground && isWithin(mount.path, directory))
  )
}
