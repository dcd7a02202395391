/** The filters of a plan, made when the binary was built. */
import { scopesSignals } from "../kernel/landlock-rights.ts"
import type { Architecture } from "../kernel/system-calls.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import { filterTexts } from "./filters-macro.ts" with { type: "macro" }

const texts = filterTexts()

/** What refuses calls (docs/system-calls.md). */
export function refusingFilter(
  plan: Pick<LaunchPlan, "nestedUserns" | "network" | "bare" | "landlock">,
  architecture: Architecture,
): Uint8Array {
  const { scoped, unscoped, off, open } = texts[architecture].refusing
  const { alone, nested } = scopesSignals(plan.landlock) ? scoped : unscoped
  const usual = plan.nestedUserns ? nested : alone
  const withoutNamespaces = plan.network.mode === "open" ? open : off
  return Uint8Array.fromBase64(plan.bare === undefined ? usual : withoutNamespaces)
}

/** What asks the live engine; undefined where there is none. */
export function notifyingFilter(
  { live, bare }: Pick<LaunchPlan, "live" | "bare">,
  architecture: Architecture,
): Uint8Array | undefined {
  const { reads, writes, landlock } = texts[architecture].notifying
  const usual = live?.reads === true ? reads : writes
  return live === undefined ? undefined : Uint8Array.fromBase64(bare === undefined ? usual : landlock)
}
