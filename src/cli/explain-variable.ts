/** `cordon explain env NAME`: asked of the judge that makes the environment of a launch. */
import { assignmentsInForce, judgeVariable } from "../plan/environment.ts"
import type { Explanation } from "../policy/explanation.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource } from "../policy/source.ts"

type Known = {
  policy: Policy
  /** the environment that Cordon was started with */
  outside: Readonly<Record<string, string | undefined>>
  /** the one that the command would get */
  inside: Readonly<Record<string, string>>
}

export function explainVariable(name: string, { policy, outside, inside }: Known): Explanation {
  const value = outside[name] ?? ""
  const { verdict, rule, why } = judgeVariable(name, value, policy)
  const assignment = assignmentsInForce(policy).findLast(other => other.name === name)
  const deciding = assignment ?? rule ?? policy.settings.environmentMode
  const isSet = assignment !== undefined || (name in inside && inside[name] !== value)
  const ruleText = rule === undefined ? why : `environment.${rule.verdict} ${rule.value}`
  return {
    subject: name,
    kind: "variable",
    verdict: isSet ? "set" : verdict,
    rule: assignment === undefined ? ruleText : "environment.set",
    layer: deciding.layer,
    source: formatSource(deciding.source),
    notes: verdict === "pass" || isSet ? [] : [passing(name, rule?.locked === true)],
    lost: policy.assignments
      .filter(other => other.name === name && other !== assignment)
      .map(other => ({
        rule: "environment.set",
        layer: other.layer,
        source: formatSource(other.source),
      })),
  }
}

function passing(name: string, locked: boolean): string {
  return locked
    ? "the organisation's policy locks it away: no option passes or sets it"
    : `to pass it: --env ${name}`
}
