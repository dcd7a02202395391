/** Why a directory cannot be the home of this account. One that does not exist yet can. */
import { parentOf } from "../base/path.ts"
import { statusAt } from "../kernel/path-calls.ts"
import { readEntry } from "./entry.ts"
import type { PathFacts } from "./path-facts.ts"

/** @returns what is wrong with it, as the end of a sentence; undefined when it can be the home */
export function homeProblem(home: string, uid: number, facts: PathFacts): string | undefined {
  const { kind, canonical } = facts(home)
  switch (kind) {
    case "file":
      return "which is a file"
    case "other":
      return "which is not a directory"
    case "unreachable":
      return "which cannot be reached"
    case "missing":
      return belowFile(home, facts)
    case "directory":
      // Any name will do: what may not be searched does not tell whether it is there.
      return readEntry(`${canonical}/.config`).kind === "unreachable" ? whyClosed(canonical, uid) : undefined
  }
}

/** Nothing can come into being below what is no directory. */
function belowFile(path: string, facts: PathFacts): string | undefined {
  const above = parentOf(path)
  const { kind } = facts(above)
  if (kind === "missing") return belowFile(above, facts)
  return kind === "directory" ? undefined : `but ${above} above it is not a directory`
}

function whyClosed(home: string, uid: number): string {
  const status = statusAt(home, { follow: true })
  const isOthers = typeof status !== "number" && status.owner !== uid
  return isOthers ? "which belongs to another account and may not be searched" : "which may not be searched"
}
