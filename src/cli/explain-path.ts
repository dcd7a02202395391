/** `cordon explain PATH`: asked of the judge that builds the sandbox. */
import { parentOf } from "../base/path.ts"
import { shellQuoted } from "../base/printable.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { type Node, nodeAt, ruleText } from "../plan/nodes.ts"
import type { Explanation } from "../policy/explanation.ts"
import { accesses, type PathRule, type Protection } from "../policy/layer.ts"
import { writtenPath } from "../policy/path-pattern.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource, rankOf, type Sourced } from "../policy/source.ts"
import type { PathJudge } from "../policy/verdict.ts"

type Known = { policy: Policy; judge: PathJudge; facts: PathFacts }

/** @param spelled an absolute path, as it was asked for */
export function explainPath(spelled: string, { policy, judge, facts }: Known): Explanation {
  const { canonical } = facts(spelled)
  const node = nodeAt(canonical, { judge: judge.judge, facts })
  const { rule, protection } = judge.judge(canonical)
  const deciding = protection ?? rule
  const notes = canonical === spelled ? [] : [`leads to ${canonical}`]
  const opening =
    protection === undefined
      ? openingOf(node, { policy, judge, facts })
      : wayToLift(protection, canonical, { judge, facts })
  if (opening !== undefined) notes.push(opening)
  const matches = judge.matchesOf(canonical)
  const lifts =
    protection === undefined && matches.some(other => "effect" in other && other.effect === "protect")
  const lifting = matches.find(other => lifts && "effect" in other && other.effect === "unprotect")
  if (lifting !== undefined)
    notes.push(`protected no more: ${ruleText(lifting)} (${formatSource(lifting.source)})`)
  return {
    subject: spelled,
    kind: "path",
    verdict: node.access,
    rule: ruleText(deciding),
    layer: deciding.layer,
    source: formatSource(deciding.source),
    notes,
    lost: [
      ...matches.filter(other => other !== deciding && other !== lifting).map(lostRule),
      ...lostSockets([spelled, canonical], policy),
    ],
  }
}

function wayToLift(protection: Protection, path: string, known: Pick<Known, "judge" | "facts">): string {
  if (protection.locked) return lockedBy(protection)
  return `to lift it: ${firstMade(path, known)}--unprotect ${pasted(path)}`
}

/** As a shell has to be given it for the option to mean this path and no other: it may hold blanks, and `[id]`. */
function pasted(path: string): string {
  return shellQuoted(writtenPath(path))
}

/** In a directory that is not writable nothing can be made, whatever a rule says of its name. */
function firstMade(path: string, { judge, facts }: Pick<Known, "judge" | "facts">): string {
  const makable = facts(path).kind !== "missing" || judge.judge(parentOf(path)).access === "write"
  return makable ? "" : "make it first, then "
}

function openingOf(
  { path, access, verdict: { rule } }: Node,
  { policy, judge, facts }: Known,
): string | undefined {
  if (access !== "deny" && access !== "read") return undefined
  const wanted = access === "deny" ? "read" : "write"
  // Closest first, and the first that is locked decides among the locked ones.
  const cap = judge.matchesOf(path).find(other => "access" in other && other.locked) as PathRule | undefined
  const isCapped = cap !== undefined && accesses.indexOf(cap.access) < accesses.indexOf(wanted)
  const lock = isCapped ? cap : lockedSetting({ path, wanted, rule }, policy.settings)
  if (lock !== undefined) return lockedBy(lock)
  const contrary = judge.matchesOf(path).find(other => isContrary(other, path, wanted))
  return contrary === undefined
    ? `to ${wanted} it: ${wanted === "write" ? firstMade(path, { judge, facts }) : ""}--${wanted} ${pasted(path)}`
    : `to ${wanted} it: leave out ${formatSource(contrary.source)}`
}

/** Of two options for one path the stricter holds. */
function isContrary(rule: PathRule | Protection, path: string, wanted: "read" | "write"): boolean {
  if (rule.layer !== "command line" || !("access" in rule) || rule.value.kind !== "exact") return false
  return rule.value.path === path && accesses.indexOf(rule.access) < accesses.indexOf(wanted)
}

type Wish = { path: string; wanted: "read" | "write"; rule: PathRule }

/** Settings are no rules that match: they cap what rules for the whole of a place say, or all writing. */
function lockedSetting(
  { path, wanted, rule: { value, source } }: Wish,
  { strict, home, readonly }: Policy["settings"],
): Sourced<unknown> | undefined {
  if (wanted === "write" && readonly.locked && readonly.value) return readonly
  const isGround = value.kind === "exact" && value.path === path
  if (isGround && path === "/" && strict.locked && strict.value) return strict
  return isGround && home.locked && source === home.source ? home : undefined
}

function lockedBy({ layer, source }: Pick<Sourced<unknown>, "layer" | "source">): string {
  const who = rankOf(layer) > rankOf("agent") ? "the organisation's policy" : "Cordon itself"
  return `${who} locks that (${formatSource(source)}): no option opens it`
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
