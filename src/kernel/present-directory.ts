/** The directory that we were started in. */
import { replacement } from "../base/path-bytes.ts"
import { failure } from "./path-calls.ts"
import { linkTarget } from "./path-contents.ts"

/** The runtime decodes getcwd(2) as UTF-8 and puts U+FFFD for what is none, which may be another directory's name. */
export function presentDirectory(): string {
  const path = process.cwd()
  if (!path.includes(replacement)) return path
  const target = linkTarget("/proc/self/cwd")
  if (typeof target === "number") throw failure("looking at", "/proc/self/cwd", target)
  return target
}
