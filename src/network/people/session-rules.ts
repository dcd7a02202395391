/**
 * The rules on hosts of a running session: those of the plan, and those that a person adds while it runs. An addition
 * weakens nothing: a denial of the policy beats every allowance, and a list that the organisation locks stays closed.
 */
import type { FilteredNetwork } from "../../plan/launch-plan.ts"
import { hostText } from "../../policy/host-pattern.ts"
import { type HostJudge, hostJudge } from "../../policy/host-verdict.ts"
import type { HostRule } from "../../policy/layer.ts"

export type SessionRules = {
  /** the judge of this moment: ask anew for each connection */
  judge(): HostJudge
  /** the judge that there would be after `add(rule)` */
  judgeWith(rule: HostRule): HostJudge
  /** takes the place of an earlier addition that says something else about the same pattern */
  add(rule: HostRule): void
  /** what was added and is in force, oldest first */
  added(): readonly HostRule[]
  /** calls back after each change; what is open may now be denied, what waits may be decided @returns ends that */
  onChange(listener: () => void): () => void
}

export type SessionRulesRequest = {
  plan: Pick<FilteredNetwork, "rules" | "ask" | "credentials">
  /** canonical addresses of the host's interfaces, as they are when it is called */
  own: () => readonly string[]
  /** how long a judge knows the interfaces, in milliseconds: they come and go */
  freshMs?: number
}

export function sessionRules({ plan, own, freshMs = 5_000 }: SessionRulesRequest): SessionRules {
  const { ask, credentials } = plan
  const listeners = new Set<() => void>()
  let added: readonly HostRule[] = []
  let present: { judge: HostJudge; until: number } | undefined
  const judgeOf = (additions: readonly HostRule[]) =>
    hostJudge([...plan.rules, ...additions], { ask, own: own(), credentials })
  return {
    judge: () => {
      const now = performance.now()
      if (present === undefined || now > present.until)
        present = { judge: judgeOf(added), until: now + freshMs }
      return present.judge
    },
    judgeWith: rule => judgeOf(withRule(added, rule)),
    add: rule => {
      added = withRule(added, rule)
      present = undefined
      for (const listener of [...listeners]) listener()
    },
    added: () => added,
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function withRule(added: readonly HostRule[], rule: HostRule): HostRule[] {
  const pattern = hostText(rule.value)
  return [...added.filter(({ value }) => hostText(value) !== pattern), rule]
}
