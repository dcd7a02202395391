/** What a person should know before a launch: rules that were left out, and protections that are missing. */
import { printable } from "../base/printable.ts"
import { formatSource } from "../policy/source.ts"
import type { Prepared } from "../run.ts"
import { warn } from "./output.ts"

export function sayWarnings({ inForce, plan }: Prepared): void {
  for (const { text, source, always } of inForce.leftOut)
    warn(
      `${printable(formatSource(source))}: ${printable(text)} ${always ? "is not a project's to say; left out" : "would open more than your own policy; left out until you run `cordon policy trust`"}`,
    )
  for (const text of plan.warnings) warn(printable(text))
  for (const text of plan.degraded) warn(`not protected: ${text}`)
}
