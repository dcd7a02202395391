/** `cordon explain PATH`: asked of the judge that builds the sandbox. */
import type { PathFacts } from "../host/path-facts.ts"
import { nodeAt, ruleText } from "../plan/nodes.ts"
import type { Explanation } from "../policy/explanation.ts"
import type { PathRule, Protection } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource } from "../policy/source.ts"
import type { PathJudge } from "../policy/verdict.ts"

type Known = { policy: Policy; judge: PathJudge; facts: PathFacts }

/** @param spelled an absolute path, as it was asked for */
export function explainPath(spelled: string, { policy, judge, facts }: Known): Explanation {
  const { canonical } = facts(spelled)
  const node = nodeAt(canonical, { judge: judge.judge, facts })
  const { rule, protection } = judge.judge(canonical)
  const deciding = protection ?? rule
  const notes = canonical === spelled ? [] : [`leads to ${canonical}`]
  const opening = openingOf(node.access, canonical, protection)
  if (opening !== undefined) notes.push(opening)
  return {
    subject: spelled,
    kind: "path",
    verdict: node.access,
    rule: ruleText(deciding),
    layer: deciding.layer,
    source: formatSource(deciding.source),
    notes,
    lost: [
      ...judge
        .matchesOf(canonical)
        .filter(other => other !== deciding)
        .map(lostRule),
      ...lostSockets([spelled, canonical], policy),
    ],
  }
}

function openingOf(access: string, path: string, protection: Protection | undefined): string | undefined {
  if (protection !== undefined) return protection.locked ? undefined : `to lift it: --unprotect ${path}`
  if (access === "deny") return `to read it: --read ${path}`
  return access === "read" ? `to write it: --write ${path}` : undefined
}

function lostRule(rule: PathRule | Protection) {
  return { rule: ruleText(rule), layer: rule.layer, source: formatSource(rule.source) }
}

/** Who names a socket beside the organisation's list wants to know why nothing connects to it. */
function lostSockets(paths: readonly string[], { closed }: Policy): Explanation["lost"] {
  return closed
    .flatMap(({ list, leftOut }) => (list === "sockets" ? leftOut : []))
    .filter(({ value }) => paths.includes(String(value)))
    .map(({ value, layer, source }) => ({
      rule: `network.unix_sockets ${value}`,
      layer,
      source: formatSource(source),
    }))
}
