/** Which variables the command sees. Names decide first, then values: a key is a key under any name. */

import { isGlob } from "../policy/glob.ts"
import type { Assignment, EnvironmentMode, VariableRule } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import { NameIndex } from "../policy/name-index.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource, rankOf } from "../policy/source.ts"

export type VariableVerdict = {
  verdict: "pass" | "remove"
  rule: VariableRule | undefined
  /** why without a rule: the mode, or what the value looks like */
  why: string
}

type Judged = Pick<Policy, "variables" | "settings">

/** Values that are secrets whatever they are called. */
const secretValues: readonly { test: RegExp; what: string }[] = [
  { test: /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i, what: "a URL with a password" },
  { test: /-----BEGIN [A-Z ]*PRIVATE KEY/, what: "a private key" },
  {
    test: /^(gh[pos]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|npm_|pypi-|hf_)[A-Za-z0-9_-]{8,}/,
    what: "a token",
  },
]

/** The verdict on one variable of the environment that Cordon was started with. */
export function judgeVariable(name: string, value: string, policy: Judged): VariableVerdict {
  return variableJudge(policy, [name])(name, value)
}

/** The policy's rules as a question that can be asked for each of the names. */
function variableJudge(
  { variables, settings }: Judged,
  names: readonly string[],
): (name: string, value: string) => VariableVerdict {
  const mode = settings.environmentMode.value
  const matching = variableMatcher(mode === "inherit" ? variables.filter(isOthers) : variables, names)
  return (name, value) => {
    const rule = decidingRule(matching(name))
    if (rule !== undefined && (rule.verdict === "remove" || isExact(rule) || mode === "clean"))
      return {
        verdict: rule.verdict,
        rule,
        why: rule.verdict === "remove" ? "a rule removes it" : "a rule passes it",
      }
    const secret = mode === "inherit" ? undefined : secretValues.find(({ test }) => test.test(value))
    if (secret !== undefined)
      return { verdict: "remove", rule: undefined, why: `its value looks like ${secret.what}` }
    if (rule !== undefined) return { verdict: "pass", rule, why: "a rule passes it" }
    return mode === "clean"
      ? { verdict: "remove", rule: undefined, why: "environment.mode is clean" }
      : { verdict: "pass", rule: undefined, why: `environment.mode is ${mode}` }
  }
}

/**
 * The name that fits most closely decides (exact, then the pattern with more letters of its own, so that
 * `*_PUBLIC_KEY` beats `*_KEY`), then the higher layer, then remove; what is locked away stays away.
 */
function decidingRule(rules: VariableRule[]): VariableRule | undefined {
  const sorted = rules.sort(byPrecedence)
  return sorted.find(rule => rule.locked && rule.verdict === "remove") ?? sorted[0]
}

/** `inherit` means everything: only what somebody other than Cordon's own lists removes is removed. */
function isOthers(rule: VariableRule): boolean {
  return rankOf(rule.layer) > rankOf("agent")
}

function byPrecedence(a: VariableRule, b: VariableRule): number {
  return (
    precisionOf(b) - precisionOf(a) ||
    rankOf(b.layer) - rankOf(a.layer) ||
    Number(a.verdict === "pass") - Number(b.verdict === "pass")
  )
}

function precisionOf(rule: VariableRule): number {
  return isExact(rule) ? Number.MAX_SAFE_INTEGER : rule.value.replace(/[*?]/g, "").length
}

function isExact(rule: VariableRule): boolean {
  return !isGlob(rule.value)
}

/** Variable names compare without case: `Api_Key` is as secret as `API_KEY`. */
function variableMatcher(
  rules: readonly VariableRule[],
  names: readonly string[],
): (name: string) => VariableRule[] {
  const asked = new Set<string>()
  for (const name of names) asked.add(name.toUpperCase())
  const index = new NameIndex<VariableRule>()
  for (const rule of rules) {
    const pattern = rule.value.toUpperCase()
    // Most rules name variables that nobody has set.
    if (asked.has(pattern) || isGlob(pattern)) index.addPattern(pattern, rule)
  }
  return name => index.find(name.toUpperCase())
}

export type EnvironmentRequest = {
  policy: Pick<Policy, "variables" | "settings" | "assignments">
  /** the environment that Cordon was started with */
  inherited: Readonly<Record<string, string | undefined>>
  /** what Cordon sets; above the inherited, below the policy's own assignments */
  own: Readonly<Record<string, string>>
  /** pointers to services of the host, which lead nowhere inside; taken away in `clean` and `scrub` */
  pointers: readonly string[]
}

export function planEnvironment({
  policy,
  inherited,
  own,
  pointers,
}: EnvironmentRequest): Record<string, string> {
  const environment: Record<string, string> = {}
  const mode = policy.settings.environmentMode.value
  const judge = variableJudge(policy, Object.keys(inherited))
  const leadsNowhere = pointerTest(mode, pointers)
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined) continue
    const { verdict, rule } = judge(name, value)
    if (verdict === "pass" && !leadsNowhere(name, rule)) environment[name] = value
  }
  Object.assign(environment, own)
  for (const { name, value } of assignmentsInForce(policy)) environment[name] = value
  return environment
}

/**
 * Whether a variable that passes is left out all the same: it points at a service of the host, and no rule names it.
 * @returns the question, about a name and the rule that passes it
 */
export function pointerTest(
  mode: EnvironmentMode,
  pointers: readonly string[],
): (name: string, rule: VariableRule | undefined) => boolean {
  const index = new NameIndex<true>()
  for (const pattern of pointers) index.addPattern(pattern.toUpperCase(), true)
  return (name, rule) => {
    const vague = rule === undefined || (mode === "clean" && !isExact(rule))
    return mode !== "inherit" && vague && index.has(name.toUpperCase())
  }
}

/** What is set, the deciding value of a name last; of what the organisation locks away it alone sets anything. */
export function assignmentsInForce({ assignments, variables }: Assigned): Assignment[] {
  const sorted = [...assignments].sort((a, b) => rankOf(a.layer) - rankOf(b.layer))
  const isAway = lockedAway(
    variables,
    assignments.map(({ name }) => name),
  )
  return [...sorted.filter(({ name }) => !isAway(name)), ...sorted.filter(({ locked }) => locked)]
}

type Assigned = Pick<Policy, "assignments" | "variables">

/** Whether a locked rule removes a variable; asked about the names. */
function lockedAway(variables: readonly VariableRule[], names: readonly string[]): (name: string) => boolean {
  const locked = variables.filter(rule => rule.locked && rule.verdict === "remove")
  const matching = variableMatcher(locked, names)
  return name => matching(name).length > 0
}

/** What people wrote about variables and what does nothing. */
export function environmentWarnings({ assignments, variables }: Assigned): string[] {
  const passed = variables.filter(rule => rule.verdict === "pass" && isWritten(rule) && isExact(rule))
  const said = [
    ...assignments.map(rule => ({ ...rule, text: `set ${rule.name}` })),
    ...passed.map(rule => ({ ...rule, name: rule.value, text: `pass ${rule.value}` })),
  ].filter(rule => isWritten(rule) && !rule.locked)
  const isAway = lockedAway(
    variables,
    said.map(({ name }) => name),
  )
  return said
    .filter(({ name }) => isAway(name))
    .map(
      ({ source, text }) =>
        `${formatSource(source)}: environment.${text} has no effect: the organisation's policy removes the variable`,
    )
}
