/** Which files hold the policy here, and whether each of them is valid. */
import { UserError } from "../base/error.ts"
import { absolutePath, parentOf } from "../base/path.ts"
import { presentDirectory } from "../kernel/present-directory.ts"
import { loadPolicy, type PolicyReading } from "../policy/load.ts"
import type { PathVariables } from "../policy/path-pattern.ts"
import { readPolicyFile } from "../policy/policy-file.ts"
import { orgPolicyPath } from "./org-policy-path.ts"
import { projectPolicyName } from "./project-policy.ts"

/** The user policy: its place, and as somebody named it, when somebody did. */
export type UserPolicyFile = { path: string; shown: string | undefined }

/** @param config `--config` or CORDON_CONFIG */
export function userPolicyFile(config: string | undefined, variables: PathVariables): UserPolicyFile {
  if (config === "")
    throw new UserError(
      "the name of the policy file is empty",
      "name a file with --config FILE, or unset CORDON_CONFIG",
    )
  return config === undefined
    ? { path: `${variables.xdg.XDG_CONFIG_HOME}/cordon/policy.yaml`, shown: undefined }
    : { path: absolutePath(config, presentDirectory()), shown: config }
}

/** The policy files that are in force, those of which there is one. */
export function policyFilesInForce(config: string | undefined, variables: PathVariables): string[] {
  const name = projectPolicyName(variables.project)
  const project = name === undefined ? [] : [`${variables.project}/${name}`]
  const all = [orgPolicyPath, ...project, userPolicyFile(config, variables).path]
  return all.filter(path => readPolicyFile(path).kind !== "missing")
}

/** @throws PolicyError, UserError when the file is no valid policy; checked as the layer that it would be */
export async function checkPolicyFile(
  path: string,
  shown: string,
  variables: PathVariables,
): Promise<PolicyReading> {
  const own = path === orgPolicyPath
  const name = own ? "org" : parentOf(path) === variables.project ? "project" : "user"
  const confineTo = name === "project" ? variables.project : undefined
  const reading = await loadPolicy(path, shown, { name, variables, mayLock: own, confineTo })
  if (reading === undefined) throw new UserError(`${shown} does not exist`, "name an existing file")
  return reading
}
