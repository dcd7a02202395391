/** `cordon policy init [project|user]`: a policy to begin with, where there is none. */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs"
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { parentOf } from "../../base/path.ts"
import { systemPath } from "../../base/path-bytes.ts"
import { printable } from "../../base/printable.ts"
import { projectPolicyName } from "../../governance/project-policy.ts"
import { findPolicy } from "../../run.ts"
import type { GivenOption } from "../arguments.ts"
import { limitError } from "../limit-errors.ts"
import { say } from "../output.ts"
import { runRequest } from "../request.ts"
import { projectStarter, userStarter } from "../starter.ts"

export async function initPolicy(given: readonly GivenOption[], words: readonly string[]): Promise<number> {
  const user = words[0] === "user"
  if (words.length > 1 || (words[0] !== undefined && !user && words[0] !== "project"))
    throw new UserError("policy init takes `project` (default) or `user`", "write cordon policy init user")
  const { site } = await findPolicy(runRequest(given, [], process.env))
  // A second one beside the one that a project has under its other name would stop every later run.
  const path = user
    ? `${site.variables.xdg.XDG_CONFIG_HOME}/cordon/policy.yaml`
    : `${site.project}/${projectPolicyName(site.project) ?? ".cordon.yaml"}`
  writeStarter(path, user ? userStarter : projectStarter)
  say(`wrote ${printable(path)}; edit it, and try cordon check`)
  return exitCode.ok
}

/** @throws UserError when there is a file already, or none can be made */
function writeStarter(path: string, text: string): void {
  try {
    mkdirSync(systemPath(parentOf(path)), { recursive: true })
    const descriptor = openSync(systemPath(path), "wx")
    try {
      writeFileSync(descriptor, text)
    } catch (cause) {
      // On a full disk an empty file would stay, and the next try would find it there.
      rmSync(systemPath(path))
      throw cause
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (code === undefined || limitError(cause) !== undefined) throw cause
    if (code === "EEXIST" && syscall === "open")
      throw new UserError(`${path} exists already`, "edit it, and try cordon check")
    throw new UserError(`${path} cannot be written: ${code}`, "make its directory writable")
  }
}
