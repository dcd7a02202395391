/** `cordon deny HOST [--session SESSION]` */
import type { ParsedArguments } from "../arguments.ts"
import { changeSessions } from "../change-sessions.ts"

export function denyCommand(parsed: ParsedArguments): Promise<number> {
  return changeSessions("deny", parsed)
}
