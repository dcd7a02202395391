/** Everything that is fuzzed. */
import { hostileNames } from "./hostile-names.ts"
import { liveCalls } from "./live-calls.ts"
import { policyTexts } from "./policy-texts.ts"
import { programs } from "./programs.ts"
import { refusedCalls } from "./refused-calls.ts"
import type { Target } from "./target.ts"

export const targets: readonly Target[] = [policyTexts, programs, refusedCalls, liveCalls, hostileNames]
