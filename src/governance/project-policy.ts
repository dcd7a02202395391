/** Which file of the project is its policy. */
import { UserError } from "../base/error.ts"
import { shellQuoted } from "../base/printable.ts"
import { isLink, readPolicyFile, refuseOtherEnding } from "../policy/policy-file.ts"

/** Names that it may have. */
const projectPolicyNames = [".cordon.yaml", "cordon.yaml"] as const

/**
 * The name of the project's policy, when it has one.
 * @throws UserError when it has two or one with another ending, when nobody may look, or a link in its place: the agent could put another file behind it
 */
export function projectPolicyName(project: string): string | undefined {
  const read = projectPolicyNames.map(name => ({ name, loaded: readPolicyFile(`${project}/${name}`) }))
  const present = read.flatMap(({ name, loaded }) => (loaded.kind === "missing" ? [] : name))
  if (read.some(({ loaded }) => loaded.kind === "unreadable" && loaded.isUnseen))
    throw new UserError(
      `${project} may not be searched, so nobody knows whether the project has a policy`,
      `chmod u+rx ${shellQuoted(project)}`,
    )
  if (present.length > 1)
    throw new UserError("the project has both .cordon.yaml and cordon.yaml", "keep one of them")
  const [name] = present
  if (name === undefined) for (const other of projectPolicyNames) refuseOtherEnding(`${project}/${other}`)
  if (name !== undefined && isLink(`${project}/${name}`))
    throw new UserError(
      `${name} is a symbolic link, which an agent could point elsewhere`,
      "put the file itself there",
    )
  return name
}
