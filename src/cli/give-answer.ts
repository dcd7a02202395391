/** Gives an answer to a running session, and says what holds then. */
import { HostError, UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import type { PersonAnswer } from "../network/people/answer.ts"
import { patternForPolicy } from "../network/people/answer.ts"
import { askSession } from "../network/people/control-client.ts"
import type { ControlReply, ControlRequest, SessionStatus } from "../network/people/control-messages.ts"
import { allowAlways } from "./allow-always.ts"
import { type Asked, placeOf } from "./approve-request.ts"
import { homely, shortSession } from "./outside.ts"

/**
 * @param text the pattern, or undefined for the host and port that are asked for
 * @returns what to tell the person
 * @throws UserError when the session or the policy refuses
 */
export async function giveAnswer(
  { session, question }: Asked,
  answer: PersonAnswer,
  text: string | undefined,
): Promise<string> {
  const pattern = text ?? placeOf(question)
  // First what may fail, and what the person wants to know about.
  const always = answer === "always" ? await writeAlways(session, patternForPolicy(pattern, question)) : ""
  await askedOrThrow(session, { kind: "answer", question: question.id, answer, pattern })
  const what = printable(pattern)
  switch (answer) {
    case "once":
      return `${placeOf(question)} is allowed this time`
    case "deny":
      return `${what} is denied in session ${shortSession(session.session)}`
    case "session":
      return `${what} is allowed in session ${shortSession(session.session)}`
    case "always":
      return `${what} is allowed: ${always}`
  }
}

async function writeAlways({ policyFile, project }: SessionStatus, pattern: string): Promise<string> {
  const isNew = await allowAlways(policyFile, pattern, project)
  return isNew ? `written to ${homely(policyFile)}` : `${homely(policyFile)} has it already`
}

/** @throws UserError when the session refuses, HostError when it does not answer */
export async function askedOrThrow(session: SessionStatus, request: ControlRequest): Promise<ControlReply> {
  const reply = await askSession(session.session, request)
  if (reply === undefined)
    throw new HostError(
      `session ${shortSession(session.session)} does not answer`,
      "it may have ended, or stopped (Ctrl-Z): see cordon approve",
    )
  if (reply.kind === "refused") throw new UserError(reply.why, reply.hint)
  return reply
}
