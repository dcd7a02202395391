/** Whether this policy asks people, and how they hear of it. */
import type { RecordEvent } from "../../audit/event.ts"
import type { FilteredNetwork } from "../../plan/launch-plan.ts"
import { announcer } from "./announcement.ts"
import { PersonApprovals } from "./approvals.ts"
import { findNotifier, hasTerminal } from "./attendance.ts"
import type { SessionRules } from "./session-rules.ts"

export type PeopleRequest = {
  plan: Pick<FilteredNetwork, "ask" | "askTimeoutMs">
  rules: SessionRules
  record: RecordEvent
  /** says a line to the person */
  tell: (text: string) => void
  /** `-q` */
  quiet: boolean
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
}

/** @returns undefined when the policy asks about nothing */
export function openApprovals(request: PeopleRequest): PersonApprovals | undefined {
  const { plan, rules, record, environment } = request
  if (plan.ask === "never") return undefined
  const notifier = findNotifier(environment)
  return new PersonApprovals({
    rules,
    timeoutMs: plan.askTimeoutMs,
    record,
    isAttended: () => notifier !== undefined || hasTerminal(),
    announce: announcer({ ...request, notifier }),
  })
}
