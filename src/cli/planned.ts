/** From what was prepared to what a launch is carried out with. */
import { findBubblewrap } from "../host/bubblewrap.ts"
import type { Planned } from "../launch.ts"
import type { Prepared } from "../run.ts"

/** @throws HostError when there is no bubblewrap that does */
export function plannedOf({ plan, program }: Prepared): Planned {
  return {
    plan,
    program: program.kind === "found" ? program.program.path : (plan.command[0] ?? ""),
    bubblewrap: plan.bare === undefined ? findBubblewrap() : undefined,
  }
}
