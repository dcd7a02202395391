/** The answer `always`: the host goes into the user policy, which stays as its author wrote it. */
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import { checkPolicyFile } from "../governance/policy-files.ts"
import { readAccount } from "../host/account.ts"
import { createPathFacts } from "../host/path-facts.ts"
import { realPlace, replaceFile } from "../host/replace-file.ts"
import { xdgDirectories } from "../host/xdg-directories.ts"
import { withAllowedHost } from "../policy/edit-policy.ts"
import { readPolicyFile } from "../policy/policy-file.ts"

/**
 * @param path absolute path of the user policy
 * @param project of the session, which relative paths in the policy are about
 * @returns false when the policy allows the pattern already
 * @throws PolicyError when the policy is broken, UserError when it cannot be read, added to or written
 */
export async function allowAlways(path: string, pattern: string, project: string): Promise<boolean> {
  const account = readAccount(process.env, createPathFacts())
  const { home, user } = account
  const variables = { home, user, project, xdg: xdgDirectories(home, process.env) }
  const place = realPlace(path)
  const loaded = readPolicyFile(place)
  if (loaded.kind === "unreadable")
    throw new UserError(
      `${printable(path)} cannot be read: ${loaded.why}`,
      "make it a readable file, or remove it",
    )
  const before = loaded.kind === "ok" ? loaded.text : undefined
  if (before !== undefined) await checkPolicyFile(place, path, variables)
  const after = withAllowedHost(before, path, pattern)
  if (after === undefined) return false
  await replaceFile(place, {
    before,
    after,
    check: async temporary => void (await checkPolicyFile(temporary, path, variables)),
  })
  return true
}
