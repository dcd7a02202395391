/** `cordon allow` and `cordon deny`: a rule more in sessions that are running. */
import { HostError, UserError } from "../base/error.ts"
import { exitCode } from "../base/exit-code.ts"
import { printable } from "../base/printable.ts"
import { runningSessions } from "../network/people/control-client.ts"
import type { SessionStatus } from "../network/people/control-messages.ts"
import { hostPattern, hostText } from "../policy/host-pattern.ts"
import type { ParsedArguments } from "./arguments.ts"
import { askedOrThrow } from "./give-answer.ts"
import { printJson, reportError, say } from "./output.ts"
import { refuseInside, sessionNamed, sessionText } from "./outside.ts"
import { isGiven, optionValue } from "./request.ts"

export async function changeSessions(
  verdict: "allow" | "deny",
  { given, rest }: ParsedArguments,
): Promise<number> {
  refuseInside(verdict)
  const pattern = patternOf(verdict, rest)
  const running = await runningSessions()
  const prefix = optionValue(given, "session")
  const sessions = prefix === undefined ? running : [sessionNamed(prefix, running, "running session")]
  if (sessions.length === 0)
    throw new UserError(
      "no session with a filtered network is running",
      `give a new one the rule: cordon --${verdict}-host ${printable(pattern)} COMMAND`,
    )
  const results = []
  for (const session of sessions)
    results.push(await change(session, verdict, pattern, isGiven(given, "json")))
  if (isGiven(given, "json")) printJson("SessionRules", results)
  return results.every(({ holds }) => holds) ? exitCode.ok : exitCode.wrong
}

function patternOf(verdict: "allow" | "deny", words: readonly string[]): string {
  // A rule with a method and a path may come as one word or as several.
  const text = words.join(" ")
  if (text === "") throw new UserError(`${verdict} takes a host`, `write cordon ${verdict} example.com`)
  try {
    return hostText(hostPattern(text))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new UserError(
      cause.message,
      `write cordon ${verdict} example.com, *.example.com or example.com:443`,
    )
  }
}

async function change(session: SessionStatus, verdict: "allow" | "deny", pattern: string, silent: boolean) {
  const done = verdict === "allow" ? "allowed" : "denied"
  const result = { session: session.session, verdict, pattern }
  try {
    await askedOrThrow(session, { kind: "rule", verdict, pattern, by: `cordon ${verdict}` })
    if (!silent) say(`${printable(pattern)} is ${done} in session ${sessionText(session)}`)
    return { ...result, holds: true, why: "" }
  } catch (cause) {
    if (!(cause instanceof UserError || cause instanceof HostError)) throw cause
    if (!silent) {
      say(`session ${sessionText(session)}:`)
      reportError(cause)
    }
    return { ...result, holds: false, why: cause.message }
  }
}
