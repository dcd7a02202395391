/** What `cordon verify` tries: every mount of the plan, and every guarantee that is no mount. */
import { isWithin } from "../base/path.ts"
import type { Attempt } from "../inside/probe.ts"
import type { Mount } from "../plan/launch-plan.ts"
import type { Prepared } from "../run.ts"
import { callChecks } from "./verify-calls.ts"
import { absentChecks, nameChecks } from "./verify-names.ts"
import { networkChecks } from "./verify-network.ts"

export type Check = { guarantee: string; attempt: Attempt; expected: "done" | "refused" }

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
}

export function checksOf(prepared: Prepared, surroundings: Surroundings): Check[] {
  return [
    ...prepared.plan.mounts.flatMap(mount => mountChecks(mount, prepared)),
    ...homeChecks(prepared),
    ...networkChecks(prepared.plan.network, surroundings, prepared.plan.degraded.length === 0),
    ...variableChecks(prepared, surroundings),
    ...processChecks(prepared, surroundings),
    ...nameChecks(prepared),
    ...absentChecks(prepared),
    ...callChecks(prepared.plan),
    {
      guarantee: "the host's /tmp is not visible",
      attempt: { kind: "exists", path: surroundings.outsideFile },
      expected: "refused",
    },
  ]
}

function mountChecks(mount: Mount, { site }: Prepared): Check[] {
  const { path, why } = mount
  const directory = site.facts(path).kind === "directory"
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
          attempt: { kind: "create", path },
          expected: "refused",
        },
      ]
    case "hidden-file":
      return [
        { guarantee: `${path} cannot be read: ${why}`, attempt: { kind: "read", path }, expected: "refused" },
      ]
    case "private":
      return [
        { guarantee: `${path} is private and writable`, attempt: { kind: "create", path }, expected: "done" },
      ]
    case "host":
      return [hostCheck(mount, directory)].flatMap(check => check ?? [])
    default:
      return []
  }
}

function hostCheck(
  { path, access, why }: Extract<Mount, { kind: "host" }>,
  directory: boolean,
): Check | undefined {
  if (isWithin(path, "/run") || isWithin(path, "/dev")) return undefined
  const attempt: Attempt = directory ? { kind: "create", path } : { kind: "write-file", path }
  return access === "write"
    ? { guarantee: `${path} can be written: ${why}`, attempt, expected: "done" }
    : { guarantee: `${path} cannot be written: ${why}`, attempt, expected: "refused" }
}

function homeChecks({ site, judge }: Prepared): Check[] {
  return [site.account.home, "/etc", "/usr"]
    .filter(path => judge.judge(path).access !== "write")
    .map(path => ({
      guarantee: `${path} cannot be written`,
      attempt: { kind: "create", path },
      expected: "refused",
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

function processChecks({ plan }: Prepared, { bubblewrap }: Surroundings): Check[] {
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
    ...(plan.nestedUserns || bubblewrap === undefined
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
