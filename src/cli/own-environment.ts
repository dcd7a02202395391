/** The environment, as the caller gave it. */
import { replacement, textOf } from "../base/path-bytes.ts"
import { failure } from "../kernel/path-calls.ts"
import { readPath } from "../kernel/path-contents.ts"

/**
 * The runtime decodes variables as UTF-8 and puts U+FFFD for what is none: then they are read again as bytes, or a command
 * would get other values than the caller's, and a home of such a name would be another one (proc(5), /proc/PID/environ).
 * @param environment that of the process, which is mended
 */
export function mendEnvironment(environment: Record<string, string | undefined>): void {
  if (!hasReplacement(environment)) return
  const path = "/proc/self/environ"
  const bytes = readPath(path)
  if (typeof bytes === "number") throw failure("reading", path, bytes)
  for (const name of Object.keys(environment)) if (name.includes(replacement)) delete environment[name]
  for (const entry of textOf(bytes).split("\0")) {
    const equals = entry.indexOf("=")
    if (equals > 0 && !(entry.isWellFormed() && entry.slice(0, equals) in environment))
      environment[entry.slice(0, equals)] = entry.slice(equals + 1)
  }
}

/** In a loop: every launch asks. */
function hasReplacement(environment: Readonly<Record<string, string | undefined>>): boolean {
  for (const name in environment)
    if (name.includes(replacement) || environment[name]?.includes(replacement) === true) return true
  return false
}
