/** What a person said to a question. */
import type { AskAnswer } from "../../audit/event.ts"
import { UserError } from "../../base/error.ts"
import { fitsTarget, readyPattern, targetOf } from "../../policy/host-match.ts"
import { type HostPattern, hostPattern, hostText } from "../../policy/host-pattern.ts"
import type { HostRule } from "../../policy/layer.ts"
import { sourceOf } from "../../policy/source.ts"
import { patternsFor, type Question } from "./question.ts"

export const personAnswers = ["once", "session", "always", "deny"] as const
export type PersonAnswer = (typeof personAnswers)[number]

export function isYes(answer: AskAnswer): boolean {
  return answer === "once" || answer === "session" || answer === "always"
}

/**
 * The pattern that a person wrote beside an answer.
 * @throws UserError when it is none, or does not mean what was asked
 */
export function patternOfAnswer(text: string, question: Pick<Question, "host" | "port">): HostPattern {
  const hint = `answer with one of: ${patternsFor(question).join(", ")}`
  const pattern = parsed(text, hint)
  if (pattern.request !== undefined)
    throw new UserError(`"${text}": the answer is about the host; leave method and path out`, hint)
  if (!fitsTarget(readyPattern(pattern), targetOf(question.host), question.port))
    throw new UserError(`"${text}" does not mean ${question.host}, port ${question.port}`, hint)
  return pattern
}

function parsed(text: string, hint: string): HostPattern {
  try {
    return hostPattern(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new UserError(cause.message, hint)
  }
}

/** What holds for the rest of the session. @returns undefined for an answer that is for one time */
export function ruleOfAnswer(value: HostPattern, answer: PersonAnswer): HostRule | undefined {
  if (answer === "once") return undefined
  const verdict = answer === "deny" ? "deny" : "allow"
  return {
    value,
    verdict,
    source: sourceOf(`cordon approve --${answer}`),
    layer: "command line",
    locked: false,
  }
}

/** The same pattern as it is written to a policy. @throws UserError as `patternOfAnswer` */
export function patternForPolicy(text: string, question: Pick<Question, "host" | "port">): string {
  return hostText(patternOfAnswer(text, question))
}
