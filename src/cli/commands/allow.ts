/** `cordon allow HOST [--session SESSION]` */
import type { ParsedArguments } from "../arguments.ts"
import { changeSessions } from "../change-sessions.ts"

export function allowCommand(parsed: ParsedArguments): Promise<number> {
  return changeSessions("allow", parsed)
}
