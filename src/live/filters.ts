/** The filters of a plan, made when the binary was built. */
import type { Architecture } from "../kernel/system-calls.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import { filterTexts } from "./filters-macro.ts" with { type: "macro" }

const texts = filterTexts()

/** What refuses calls (docs/system-calls.md). */
export function refusingFilter({ nestedUserns }: LaunchPlan, architecture: Architecture): Uint8Array {
  const { alone, nested } = texts[architecture].refusing
  return Buffer.from(nestedUserns ? nested : alone, "base64")
}

/** What asks the live engine; undefined where there is none. */
export function notifyingFilter({ live }: LaunchPlan, architecture: Architecture): Uint8Array | undefined {
  const { reads, writes } = texts[architecture].notifying
  return live === undefined ? undefined : Buffer.from(live.reads ? reads : writes, "base64")
}
