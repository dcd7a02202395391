/** The directory that we were started in. */
import { UserError } from "../base/error.ts"
import { replacement } from "../base/path-bytes.ts"
import { failure } from "./path-calls.ts"
import { linkTarget } from "./path-contents.ts"

/**
 * The runtime decodes getcwd(2) as UTF-8 and puts U+FFFD for what is none, which may be another directory's name.
 * @throws UserError when somebody has removed it since we were started (before that the runtime itself refuses to start)
 */
export function presentDirectory(): string {
  const path = askedOfRuntime()
  if (!path.includes(replacement)) return path
  const target = linkTarget("/proc/self/cwd")
  if (typeof target === "number") throw failure("looking at", "/proc/self/cwd", target)
  return target
}

function askedOfRuntime(): string {
  try {
    return process.cwd()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    throw new UserError("the present directory has been removed", "go to one that exists: cd DIR")
  }
}
