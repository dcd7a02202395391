/** The environment of the plan: what the policy lets through, and what Cordon sets. */
import { withoutSecrets } from "./credentials.ts"
import { assignmentsInForce, planEnvironment } from "./environment.ts"
import type { LaunchPlan, Mount } from "./launch-plan.ts"
import { noSandboxVariables } from "./no-sandbox.ts"
import type { PlanRequest } from "./plan.ts"
import { visibleSearchPath } from "./search-path.ts"

export function runtimeDirectory(uid: number): string {
  return `/run/user/${uid}`
}

/** @property mounts those that say what of the host can be seen */
type Sandbox = { mode: LaunchPlan["network"]["mode"]; mounts: readonly Mount[] }

export function commandEnvironment(request: PlanRequest, { mode, mounts }: Sandbox): Record<string, string> {
  const { policy, inherited, account, project, state, session, pointers } = request
  const environment = planEnvironment({
    policy,
    inherited,
    pointers,
    own: {
      ...state.redirect,
      HOME: account.homeSpelled,
      PWD: project,
      TMPDIR: "/tmp",
      XDG_RUNTIME_DIR: runtimeDirectory(account.uid),
      CORDON: "1",
      CORDON_SESSION: session,
    },
  })
  for (const name of ["TMP", "TEMP", "TEMPDIR"]) if (name in environment) environment[name] = "/tmp"
  delete environment.OLDPWD
  const { PATH } = environment
  const isSet = assignmentsInForce(policy).some(({ name }) => name === "PATH")
  if (PATH !== undefined && !isSet) environment.PATH = visibleSearchPath(PATH, mounts)
  const clean = mode === "filtered" ? environment : withoutSecrets(environment, policy.credentials, inherited)
  return { ...clean, ...noSandboxVariables(clean) }
}
