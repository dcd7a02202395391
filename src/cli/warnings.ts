/** What a person should know before a launch: rules that were left out, and protections that are missing. */
import { printable } from "../base/printable.ts"
import { formatSource } from "../policy/source.ts"
import type { Prepared } from "../run.ts"
import { warn } from "./output.ts"

export function sayWarnings(prepared: Prepared): void {
  for (const text of warningsOf(prepared)) warn(text)
}

/** Each as a line. */
export function warningsOf({ inForce, plan }: Prepared): string[] {
  return [
    ...inForce.leftOut.map(
      ({ text, source, always }) =>
        `${printable(formatSource(source))}: ${printable(text)} ${always ? "is not a project's to say; left out" : "would open more than your own policy; left out until you run `cordon policy trust`"}`,
    ),
    ...plan.warnings.map(printable),
    ...plan.degraded.map(text => `not protected: ${text}`),
  ]
}
