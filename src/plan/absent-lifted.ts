/** What somebody lifts the protection of and what is not there: in a directory that stays protected it cannot be made. */
import { parentOf } from "../base/path.ts"
import type { Protection } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import { formatSource } from "../policy/source.ts"
import type { NodeContext } from "./nodes.ts"

/** @returns a warning for each: `explain` says of it that it can be written, and it can, once it is there */
export function absentLifted(
  protections: readonly Protection[],
  { judge, facts }: NodeContext,
): readonly string[] {
  return protections.flatMap(lifting => {
    const { effect, value, source } = lifting
    if (effect !== "unprotect" || !isWritten(lifting)) return []
    if (value.kind !== "place" || value.pattern.kind !== "exact") return []
    const { canonical, kind } = facts(value.pattern.path)
    const isLifted = judge(canonical).access === "write" && judge(parentOf(canonical)).access !== "write"
    if (kind !== "missing" || !isLifted) return []
    return `${formatSource(source)}: ${canonical} does not exist, so it cannot be made in a directory that stays protected; make it first`
  })
}
