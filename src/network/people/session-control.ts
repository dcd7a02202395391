/** What can be asked of a running session from outside, and what it does then. */
import type { RecordEvent } from "../../audit/event.ts"
import { UserError } from "../../base/error.ts"
import { type HostPattern, hostPattern, hostText } from "../../policy/host-pattern.ts"
import type { HostRule } from "../../policy/layer.ts"
import { sourceOf } from "../../policy/source.ts"
import type { PersonApprovals } from "./approvals.ts"
import type { Controlled } from "./control.ts"
import type { ControlReply, ControlRequest, SessionStatus } from "./control-messages.ts"
import type { SessionRules } from "./session-rules.ts"

export type SessionControlRequest = {
  session: string
  project: string
  command: readonly string[]
  /** absolute path of the user policy */
  policyFile: string
  rules: SessionRules
  /** undefined when the policy asks about nothing */
  approvals: PersonApprovals | undefined
  record: RecordEvent
}

const rulesMax = 1000
const textMax = 1000
const wordsMax = 20

export function sessionControl(request: SessionControlRequest): Controlled {
  const { session, rules, approvals } = request
  return {
    session,
    reply: asked => replyTo(asked, request),
    watch: listener => {
      const ends = [rules.onChange(listener), approvals?.watch(listener)]
      return () => {
        for (const end of ends) end?.()
      }
    },
  }
}

function replyTo(asked: ControlRequest, request: SessionControlRequest): ControlReply {
  switch (asked.kind) {
    case "status":
    case "watch":
      return { kind: "status", status: statusOf(request) }
    case "answer":
      if (request.approvals === undefined)
        throw new UserError("nothing waits in this session", "see what waits: cordon approve")
      request.approvals.answer(asked.question, asked.answer, asked.pattern)
      return { kind: "done" }
    case "rule":
      addRule(asked, request)
      return { kind: "done" }
  }
}

function statusOf({
  session,
  project,
  command,
  policyFile,
  rules,
  approvals,
}: SessionControlRequest): SessionStatus {
  const questions = approvals?.pending() ?? []
  return {
    session,
    project,
    command: command.slice(0, wordsMax).map(word => word.slice(0, textMax)),
    policyFile,
    questions: questions.map(({ program, patterns, ...question }) => ({
      ...question,
      program: program.slice(-textMax),
      patterns: [...patterns],
    })),
    rules: rules.added().map(({ verdict, value }) => ({ verdict, pattern: hostText(value) })),
  }
}

type RuleRequest = Extract<ControlRequest, { kind: "rule" }>

function addRule(
  { verdict, pattern: text, by }: RuleRequest,
  { rules, record }: SessionControlRequest,
): void {
  const value = parsed(text)
  const rule: HostRule = { value, verdict, source: sourceOf(by), layer: "command line", locked: false }
  if (rules.added().length >= rulesMax)
    throw new UserError(
      `this session has ${rulesMax} added rules already`,
      "start it again with the rules in your policy",
    )
  refuseUnended(value, rules)
  if (verdict === "allow") refuseUseless(rule, rules)
  rules.add(rule)
  record({ kind: "rule", verdict, pattern: hostText(value), by })
}

function parsed(text: string): HostPattern {
  try {
    return hostPattern(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new UserError(cause.message, "write a host, such as github.com, *.npmjs.org or 10.0.0.1:5432")
  }
}

/** A name that the pattern means; what is said about it is said about all of them. */
function exampleOf({ kind, host }: HostPattern): string | undefined {
  if (kind === "any") return undefined
  return kind === "below" ? `any.${host}` : host.replace(/\/(32|128)$/, "")
}

/** The requests of a host are seen only where its TLS is ended, which the programs inside have to trust from the start. */
function refuseUnended(pattern: HostPattern, rules: SessionRules): void {
  const host = exampleOf(pattern)
  if (pattern.request === undefined || host === undefined || rules.judge().isEnded(host, pattern.port ?? 443))
    return
  throw new UserError(
    `"${hostText(pattern)}": methods and paths of this host cannot be told apart in a session that is running`,
    "put the rule in your policy and start the session again, or allow the host as a whole",
  )
}

function refuseUseless(rule: HostRule, rules: SessionRules): void {
  const host = exampleOf(rule.value)
  if (host === undefined || host.includes("/") || rule.value.request !== undefined) return
  const { verdict, why } = rules.judgeWith(rule).judgeName(host, rule.value.port ?? 443)
  if (verdict !== "allow")
    throw new UserError(
      `${hostText(rule.value)} stays denied: ${why}`,
      "an allowance beats no denial; change the rule that denies, or name the host itself",
    )
}
