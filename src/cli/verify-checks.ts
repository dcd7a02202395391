/** What `cordon verify` tries: every mount of the plan, and every guarantee that is no mount. */
import { isWithin, lineageOf, parentOf } from "../base/path.ts"
import type { Attempt } from "../inside/probe.ts"
import type { Mount } from "../plan/launch-plan.ts"
import { whyOf } from "../plan/nodes.ts"
import { withCreated } from "../plan/state.ts"
import type { Prepared } from "../run.ts"
import { callChecks } from "./verify-calls.ts"
import { absentChecks, nameChecks } from "./verify-names.ts"
import { networkChecks } from "./verify-network.ts"

export type Check = {
  guarantee: string
  attempt: Attempt
  expected: "done" | "refused"
  /** the policy denies the place, so that there may be nothing of that name */
  isHidden?: boolean
}

/** Things made outside for the occasion. */
export type Surroundings = {
  /** a port on the host's loopback that somebody listens on */
  port: number
  abstractName: string
  /** a file in the host's /tmp */
  outsideFile: string
  environment: Readonly<Record<string, string | undefined>>
  /** path of bwrap, where there is one */
  bubblewrap: string | undefined
  /** a name that nothing has */
  newName: string
}

/** @param planned the launch that is tried */
export function checksOf(planned: Prepared, surroundings: Surroundings): Check[] {
  const { site, plan } = planned
  // The launch makes the agent's directories, and those above them, before anything inside is tried.
  const facts = withCreated(site.facts, plan.create.flatMap(lineageOf))
  const prepared = { ...planned, site: { ...site, facts } }
  const { newName } = surroundings
  return [
    ...plan.mounts.flatMap(mount => mountChecks(mount, prepared, newName)),
    ...homeChecks(prepared, newName),
    ...networkChecks(prepared.plan.network, surroundings, prepared.plan.degraded.length === 0),
    ...variableChecks(prepared, surroundings),
    ...processChecks(prepared, surroundings),
    ...nameChecks(prepared, newName),
    ...absentChecks(prepared),
    ...callChecks(prepared.plan),
    tempCheck(prepared, surroundings.outsideFile),
  ]
}

/** Of what a rule denies there the name is seen, with nothing behind it. */
function tempCheck({ judge }: Prepared, path: string): Check {
  const kind = judge.accessOf(path) === "deny" ? "read" : "exists"
  return { guarantee: "the host's /tmp is not visible", attempt: { kind, path }, expected: "refused" }
}

function mountChecks(mount: Mount, prepared: Prepared, newName: string): Check[] {
  const { path, why } = mount
  switch (mount.kind) {
    case "hidden-directory":
      return [
        {
          guarantee: `${path} cannot be listed: ${why}`,
          attempt: { kind: "list", path },
          expected: "refused",
        },
        {
          guarantee: `${path} cannot be written: ${why}`,
          attempt: { kind: "create", path: `${path}/${newName}` },
          expected: "refused",
        },
      ]
    case "hidden-file":
      return [
        { guarantee: `${path} cannot be read: ${why}`, attempt: { kind: "read", path }, expected: "refused" },
      ]
    case "private":
      return [
        writtenCheck(
          `${path} is private and writable`,
          { kind: "create", path: `${path}/${newName}` },
          prepared,
        ),
      ]
    case "host":
      return hostChecks(mount, prepared, newName)
    default:
      return []
  }
}

function hostChecks(
  { path, access, why }: Extract<Mount, { kind: "host" }>,
  prepared: Prepared,
  newName: string,
): Check[] {
  const { kind } = prepared.site.facts(path)
  // A socket is not opened, and a device does something when it is.
  if (kind === "other" || isWithin(path, "/run") || isWithin(path, "/dev")) return []
  const attempt: FileAttempt =
    kind === "directory" ? { kind: "create", path: `${path}/${newName}` } : { kind: "write-file", path }
  return access === "write"
    ? [writtenCheck(`${path} can be written: ${why}`, attempt, prepared)]
    : [{ guarantee: `${path} cannot be written: ${why}`, attempt, expected: "refused" }]
}

type FileAttempt = { kind: "create" | "write-file"; path: string }

/** A directory can be writable and the policy be against each new name in it. */
function writtenCheck(guarantee: string, attempt: FileAttempt, { judge }: Prepared): Check {
  const verdict = judge.judge(attempt.path)
  return verdict.access === "write" || verdict.access === "private"
    ? { guarantee, attempt, expected: "done" }
    : {
        guarantee: `a new name in ${parentOf(attempt.path)} cannot be made: ${whyOf(verdict)}`,
        attempt,
        expected: "refused",
      }
}

function homeChecks({ site, judge }: Prepared, newName: string): Check[] {
  return [site.account.home, "/etc", "/usr"]
    .filter(path => judge.judge(path).access !== "write")
    .map(path => ({
      guarantee: `${path} cannot be written`,
      attempt: { kind: "create", path: `${path}/${newName}` },
      expected: "refused",
      isHidden: judge.accessOf(path) === "deny",
    }))
}

function variableChecks({ plan }: Prepared, { environment }: Surroundings): Check[] {
  const removed = Object.keys(environment).filter(name => !(name in plan.environment))
  return [
    ...removed.map(
      (name): Check => ({
        guarantee: `the variable ${name} is not passed`,
        attempt: { kind: "variable", name },
        expected: "refused",
      }),
    ),
    {
      guarantee: "the variable PATH is passed",
      attempt: { kind: "variable", name: "PATH" },
      expected: "PATH" in plan.environment ? "done" : "refused",
    },
  ]
}

function processChecks({ plan, judge }: Prepared, { bubblewrap }: Surroundings): Check[] {
  const canTry = bubblewrap !== undefined && judge.accessOf(bubblewrap) !== "deny"
  return [
    {
      guarantee: "no capabilities, and none to be gained",
      attempt: { kind: "capabilities" },
      expected: "refused",
    },
    {
      guarantee: "the host's processes are out of sight",
      attempt: { kind: "processes" },
      expected: "refused",
    },
    ...(plan.nestedUserns || !canTry
      ? []
      : [
          {
            guarantee: "no user namespace can be made",
            attempt: { kind: "user-namespace", bubblewrap },
            expected: "refused",
          } as const,
        ]),
  ]
}
