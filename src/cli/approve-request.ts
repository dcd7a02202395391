/** What `cordon approve` was told to do, and which question it is about. */
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { type PersonAnswer, personAnswers } from "../network/people/answer.ts"
import type { SessionStatus } from "../network/people/control-messages.ts"
import type { OpenQuestion } from "../network/people/question.ts"
import type { GivenOption } from "./arguments.ts"
import { shortSession } from "./outside.ts"

/** A question, and the session that it comes from. */
export type Asked = { session: SessionStatus; question: OpenQuestion }

export function questionsOf(sessions: readonly SessionStatus[]): Asked[] {
  return sessions.flatMap(session => session.questions.map(question => ({ session, question })))
}

/** How people name a question: the number alone would mean one in each session. */
export function idOf({ session, question }: Asked): string {
  return `${shortSession(session.session).slice(0, 4)}-${question.id}`
}

/** `example.com:443`, `[2001:db8::1]:443` */
export function placeOf({ host, port }: Pick<OpenQuestion, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * The questions that a word is about: an id as the list has it, a number where it is clear, or a host, with its port or all.
 * @throws UserError when nothing waits that is called so, or the number is not clear
 */
export function questionsNamed(word: string, asked: readonly Asked[]): Asked[] {
  const name = word.toLowerCase().replace(/\.$/, "")
  const byId = asked.filter(each => idOf(each) === name)
  if (byId.length > 0) return byId
  const byNumber = asked.filter(({ question }) => String(question.id) === name)
  if (byNumber.length > 1)
    throw new UserError(
      `${byNumber.length} sessions have a question ${name}`,
      `choose one of: ${byNumber.map(idOf).join(", ")}`,
    )
  if (byNumber.length === 1) return byNumber
  const byHost = asked.filter(({ question }) => question.host === name || placeOf(question) === name)
  if (byHost.length > 0) return byHost
  throw new UserError(
    `nothing waits for ${printable(word)}`,
    `see what waits: cordon approve; or allow it beforehand: cordon allow ${/^[\w.:*[\]-]+$/.test(word) ? word : "HOST"}`,
  )
}

/** @throws UserError when two answers are given */
export function answerOf(given: readonly GivenOption[]): PersonAnswer | undefined {
  const answers = personAnswers.filter(answer => given.some(({ name }) => name === answer))
  if (answers.length > 1)
    throw new UserError(`--${answers[0]} and --${answers[1]} contradict each other`, "keep one of them")
  return answers[0]
}
