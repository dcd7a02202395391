/** Everything that is fuzzed. */
import { clientHellos } from "./client-hellos.ts"
import { dnsMessages } from "./dns-messages.ts"
import { endedRequests } from "./ended-requests.ts"
import { endedStreams } from "./ended-streams.ts"
import { hostPatterns } from "./host-patterns.ts"
import { hostileNames } from "./hostile-names.ts"
import { httpRequests } from "./http-requests.ts"
import { liveCalls } from "./live-calls.ts"
import { policyTexts } from "./policy-texts.ts"
import { programs } from "./programs.ts"
import { refusedCalls } from "./refused-calls.ts"
import type { Target } from "./target.ts"

export const targets: readonly Target[] = [
  policyTexts,
  programs,
  refusedCalls,
  liveCalls,
  hostileNames,
  hostPatterns,
  dnsMessages,
  clientHellos,
  httpRequests,
  endedRequests,
  endedStreams,
]
