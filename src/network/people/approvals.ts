/**
 * Connections that wait for a person: one question for each host and port, however many connections wait for it. What
 * is not answered in time is refused, and so is what nobody could answer.
 */
import type { AskAnswer, RecordEvent } from "../../audit/event.ts"
import { UserError } from "../../base/error.ts"
import { hostText } from "../../policy/host-pattern.ts"
import type { HostRule } from "../../policy/layer.ts"
import { isYes, type PersonAnswer, patternOfAnswer, ruleOfAnswer } from "./answer.ts"
import { type OpenQuestion, patternsFor, type Question } from "./question.ts"
import type { SessionRules } from "./session-rules.ts"

/** `nobody`: the question reached no one. */
export type Approval = "allow" | "deny" | "nobody"

/** What the border asks. */
export type Approvals = {
  /** @param withdrawn the program has hung up: the question is taken back */
  ask(question: Question, withdrawn?: AbortSignal): Promise<Approval>
}

export type ApprovalsRequest = {
  rules: SessionRules
  timeoutMs: number
  record: RecordEvent
  /** whether somebody is there whom a question reaches */
  isAttended: () => boolean
  /** tells people of a question, once for each host and port */
  announce: (question: Question) => void
}

type Waiting = {
  question: Question
  id: number
  until: Date
  timer: ReturnType<typeof setTimeout>
  answers: Set<(verdict: "allow" | "deny") => void>
}

/** A program that asks for a thousand names is not asking a person. */
const questionsMax = 256
/** Hosts that were announced, or that nobody could be asked about. */
const rememberedMax = 1000

export class PersonApprovals implements Approvals {
  readonly #request: ApprovalsRequest
  readonly #waiting = new Map<string, Waiting>()
  readonly #announced = new Set<string>()
  readonly #unattended = new Set<string>()
  readonly #listeners = new Set<() => void>()
  #watchers = 0
  #lastId = 0

  constructor(request: ApprovalsRequest) {
    this.#request = request
    request.rules.onChange(() => this.#decideAnew())
  }

  ask(question: Question, withdrawn?: AbortSignal): Promise<Approval> {
    const { verdict } = this.#request.rules.judge().judgeName(question.host, question.port)
    if (verdict !== "ask" || withdrawn?.aborted)
      return Promise.resolve(verdict === "allow" ? "allow" : "deny")
    const key = keyOf(question)
    const waiting = this.#waiting.get(key) ?? this.#open(key, question)
    if (waiting === undefined) return Promise.resolve("nobody")
    return new Promise(resolve => {
      const { answers } = waiting
      answers.add(resolve)
      withdrawn?.addEventListener("abort", () => {
        resolve("deny")
        if (!answers.delete(resolve)) return
        if (answers.size === 0) this.#remove(waiting)
        this.#changed()
      })
      this.#changed()
    })
  }

  /** Questions that wait, oldest first. */
  pending(): OpenQuestion[] {
    return [...this.#waiting.values()].map(({ question, id, until, answers }) => ({
      ...question,
      id,
      connections: answers.size,
      until: until.toISOString(),
      patterns: patternsFor(question),
    }))
  }

  /**
   * A person's answer: `once` is for what waits now, `session` and `always` allow and `deny` denies the pattern as long
   * as the session lasts. Who says `always` has written it to the policy before.
   * @throws UserError when the question is gone, or the pattern does not fit or would not help
   */
  answer(id: number, answer: PersonAnswer, text: string): void {
    const waiting = [...this.#waiting.values()].find(each => each.id === id)
    if (waiting === undefined)
      throw new UserError("this question does not wait any more", "see what waits: cordon approve")
    const pattern = patternOfAnswer(text, waiting.question)
    const rule = ruleOfAnswer(pattern, answer)
    if (rule !== undefined && answer !== "deny") this.#refuseUseless(rule, waiting.question)
    this.#settle(waiting, answer, hostText(pattern))
    if (rule !== undefined) this.#request.rules.add(rule)
  }

  /** Somebody looks at the questions as they come. @returns ends that */
  watch(listener: () => void): () => void {
    this.#watchers++
    this.#listeners.add(listener)
    return () => {
      if (this.#listeners.delete(listener)) this.#watchers--
    }
  }

  /** Refuses all that waits. */
  close(): void {
    for (const waiting of [...this.#waiting.values()]) this.#settle(waiting, "timeout", "")
  }

  /** @returns undefined when there is nobody to ask, or too much has been asked */
  #open(key: string, question: Question): Waiting | undefined {
    const { timeoutMs, isAttended, announce, record } = this.#request
    if (this.#waiting.size >= questionsMax) return undefined
    if (this.#watchers === 0 && !isAttended()) {
      if (remember(key, this.#unattended))
        record({ kind: "ask", ...askOf(question), answer: "nobody", pattern: "" })
      return undefined
    }
    const timer = setTimeout(() => this.#settle(waiting, "timeout", ""), timeoutMs)
    const until = new Date(Date.now() + timeoutMs)
    const waiting: Waiting = { question, id: ++this.#lastId, until, timer, answers: new Set() }
    this.#waiting.set(key, waiting)
    if (remember(key, this.#announced)) announce(question)
    return waiting
  }

  #settle(waiting: Waiting, answer: AskAnswer, pattern: string): void {
    this.#remove(waiting)
    this.#request.record({ kind: "ask", ...askOf(waiting.question), answer, pattern })
    const verdict = isYes(answer) ? "allow" : "deny"
    for (const give of waiting.answers) give(verdict)
    waiting.answers.clear()
    this.#changed()
  }

  #remove(waiting: Waiting): void {
    clearTimeout(waiting.timer)
    this.#waiting.delete(keyOf(waiting.question))
  }

  /** What waits may be decided by a rule that was added. */
  #decideAnew(): void {
    const judge = this.#request.rules.judge()
    for (const waiting of [...this.#waiting.values()]) {
      const { verdict, rule } = judge.judgeName(waiting.question.host, waiting.question.port)
      const pattern = rule === undefined ? "" : hostText(rule.value)
      if (verdict !== "ask") this.#settle(waiting, verdict === "allow" ? "session" : "deny", pattern)
    }
  }

  #refuseUseless(rule: HostRule, { host, port }: Question): void {
    const { verdict, why } = this.#request.rules.judgeWith(rule).judgeName(host, port)
    if (verdict !== "allow")
      throw new UserError(`${host}:${port} would stay denied: ${why}`, "answer `once`, or change that rule")
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

function keyOf({ host, port }: Question): string {
  return `${host} ${port}`
}

function askOf({ host, port, program }: Question) {
  return { host, port, program }
}

/** @returns whether it is new */
function remember(key: string, set: Set<string>): boolean {
  if (set.has(key) || set.size >= rememberedMax) return false
  set.add(key)
  return true
}
