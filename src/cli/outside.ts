/** Commands that are for the person outside of a sandbox, and the running sessions that they are about. */
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { isInOwnSandbox } from "../host/own-sandbox.ts"
import type { SessionStatus } from "../network/people/control-messages.ts"
import type { CommandName } from "./words.ts"

/** @throws UserError inside of a sandbox: it has no say about itself, and its record is not for it to read */
export function refuseInside(command: CommandName): void {
  if (isInOwnSandbox(process.env))
    throw new UserError(
      `cordon ${command} is for the person outside of the sandbox, and this runs inside`,
      "run it in another terminal",
    )
}

/** How a session is called among people: its id is random, so the beginning will do. */
export function shortSession(session: string): string {
  return session.slice(0, 8)
}

/**
 * The one session whose id begins so.
 * @throws UserError when there is none, or more than one
 */
export function sessionNamed<T extends { session: string }>(
  prefix: string,
  sessions: readonly T[],
  what: string,
): T {
  const found = sessions.filter(({ session }) => session.startsWith(prefix.toLowerCase()))
  const [first, second] = found
  if (first !== undefined && second === undefined) return first
  if (first === undefined)
    throw new UserError(`no ${what} begins with "${printable(prefix)}"`, `there are: ${listed(sessions)}`)
  throw new UserError(
    `more than one ${what} begins with "${printable(prefix)}"`,
    `choose one of: ${listed(found)}`,
  )
}

function listed(sessions: readonly { session: string }[]): string {
  const shown = sessions.slice(0, 10).map(({ session }) => shortSession(session))
  return sessions.length === 0 ? "none" : `${shown.join(", ")}${sessions.length > shown.length ? ", …" : ""}`
}

/** `3f2a91c4 (claude, in ~/work/project)` */
export function sessionText({ session, command, project }: SessionStatus): string {
  return `${shortSession(session)} (${printable(command[0] ?? "")}, in ${homely(project)})`
}

/** A path as people write it. */
export function homely(path: string): string {
  const home = process.env.HOME
  return printable(home && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path)
}
