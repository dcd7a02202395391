/** `cordon explain env NAME`: asked of the judge that makes the environment of a launch. */
import { assignmentsInForce, judgeVariable, pointerTest } from "../plan/environment.ts"
import { credentialText } from "../policy/credential.ts"
import type { Explanation } from "../policy/explanation.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource, type Sourced, sourceOf } from "../policy/source.ts"

type Known = {
  policy: Policy
  /** the environment that Cordon was started with */
  outside: Readonly<Record<string, string | undefined>>
  /** the one that the command would get, before secrets become placeholders */
  inside: Readonly<Record<string, string>>
  /** names of variables that point at services of the host */
  pointers: readonly string[]
}

type Decision = Pick<Explanation, "verdict" | "rule" | "layer" | "source" | "notes">

export function explainVariable(name: string, known: Known): Explanation {
  const { assignments } = known.policy
  const assignment = assignmentsInForce(known.policy).findLast(other => other.name === name)
  const set = (said: Sourced<string>) => decided("set", "environment.set", said)
  const decision = ofCredential(name, known.policy) ?? (assignment ? set(assignment) : judged(name, known))
  return {
    subject: name,
    kind: "variable",
    ...decision,
    lost: assignments
      .filter(other => other.name === name && other !== assignment)
      .map(other => ({
        rule: "environment.set",
        layer: other.layer,
        source: formatSource(other.source),
      })),
  }
}

function decided(
  verdict: string,
  rule: string,
  { layer, source }: Pick<Sourced<unknown>, "layer" | "source">,
  ...notes: string[]
): Decision {
  return { verdict, rule, layer, source: formatSource(source), notes }
}

/** Without a border nothing puts the secret in the placeholder's place, and there is none. */
function ofCredential(name: string, { credentials, settings }: Policy): Decision | undefined {
  const own = credentials.find(({ value }) => value.name === name)
  if (own !== undefined && settings.networkMode.value === "filtered")
    return decided(
      "set",
      `credentials: ${credentialText(own.value)}`,
      own,
      "inside it is a placeholder: the secret is put in its place on the way to these hosts",
    )
  const origin = credentials.find(({ value: { from } }) => from.kind === "variable" && from.name === name)
  if (origin === undefined) return undefined
  const text = `credentials: ${credentialText(origin.value)}`
  return decided("remove", text, origin, "it holds the secret itself: no option passes it")
}

/** What Cordon does by itself, whatever the policy says. */
const sandboxs = { layer: "base", source: sourceOf("built-in: a variable of the sandbox's own") } as const

function judged(name: string, { policy, outside, inside, pointers }: Known): Decision {
  const value = outside[name] ?? ""
  const { verdict, rule, why } = judgeVariable(name, value, policy)
  const mode = policy.settings.environmentMode
  const passing = `to pass it: --env ${name}`
  const passed = rule === undefined ? why : `environment.pass ${rule.value}`
  if (name === "PATH" && verdict === "pass" && inside[name] !== value)
    return decided(verdict, passed, rule ?? mode, "without the directories that the policy hides")
  if (name in inside && inside[name] !== value) return decided("set", "Cordon sets it", sandboxs)
  if (verdict === "remove") {
    const locked = "the organisation's policy locks it away: no option passes or sets it"
    const text = rule === undefined ? why : `environment.remove ${rule.value}`
    return decided(verdict, text, rule ?? mode, rule?.locked === true ? locked : passing)
  }
  if (pointerTest(mode.value, pointers)(name, rule))
    return decided("remove", "it points at a service of the host", mode, passing)
  if (name in outside && !(name in inside)) return decided("remove", "Cordon leaves it out", sandboxs)
  return decided(verdict, passed, rule ?? mode)
}
