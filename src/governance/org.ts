/**
 * Org policy: one file that only the machine's owner can write. Its plain values are defaults that people may
 * change; its locked values hold whatever any other layer says (docs/policy.md, "Which rule wins", 5).
 */

import { loadPolicy, type PolicyReading } from "../policy/load.ts"
import type { PathVariables } from "../policy/path-pattern.ts"
import { refuseOtherEnding } from "../policy/policy-file.ts"
import { orgPolicyPath } from "./org-policy-path.ts"

/** @param path of the org policy; another one than `orgPolicyPath` in tests only */
export async function loadOrgPolicy(
  variables: PathVariables,
  path = orgPolicyPath,
): Promise<PolicyReading | undefined> {
  const context = { name: "org", variables, mayLock: true, confineTo: undefined } as const
  const reading = await loadPolicy(path, path, context)
  if (reading === undefined) refuseOtherEnding(path)
  return reading
}
