/** Policy + project + command + facts of the machine → LaunchPlan. Pure: everything it knows was handed to it. */
import { HostError } from "../base/error.ts"
import { parentOf, tildePath } from "../base/path.ts"
import type { Account } from "../host/account.ts"
import type { HostKernel } from "../host/kernel-facts.ts"
import type { LimitFacts } from "../host/limit-facts.ts"
import type { LookResult } from "../host/look.ts"
import type { PathFacts } from "../host/path-facts.ts"
import type { LiveMode, NetworkMode } from "../policy/layer.ts"
import type { Policy } from "../policy/policy.ts"
import { RuleError } from "../policy/rule-error.ts"
import type { PathVerdict } from "../policy/verdict.ts"
import { absentLifted } from "./absent-lifted.ts"
import { acceptsAbsence, orAccept } from "./accepted-absence.ts"
import { closedListWarnings } from "./closed-lists.ts"
import { commandEnvironment, runtimeDirectory } from "./command-environment.ts"
import { environmentWarnings } from "./environment.ts"
import { type FilesystemPlan, planFilesystem } from "./filesystem.ts"
import { nameFiles } from "./inside-network.ts"
import type { LaunchPlan, Mount } from "./launch-plan.ts"
import { planLimits } from "./limits.ts"
import type { Resolved } from "./links.ts"
import { literalGlobs } from "./literal-globs.ts"
import { planLive } from "./live.ts"
import { networkWarnings, planNetwork } from "./network.ts"
import { preloadPath } from "./no-sandbox.ts"
import { linksOf, placesOf } from "./nodes.ts"
import type { StatePlan } from "./state.ts"
import { refuseUnsupported } from "./unsupported.ts"
import { planWall } from "./wall.ts"

export type PlanRequest = {
  session: string
  command: readonly string[]
  project: string
  account: Account
  policy: Policy
  /** the policy's paths with those of links and of state */
  resolved: Resolved
  state: StatePlan
  /** what the bounded look found, and whether it was cut */
  look: LookResult
  /** the Node preload for browsers */
  preload: string
  facts: PathFacts
  kernel: HostKernel
  /** what limits can be enforced with; asked only when there are some */
  limitFacts: () => LimitFacts
  /** the environment that Cordon was started with */
  inherited: Readonly<Record<string, string | undefined>>
  /** the machine's own name */
  hostname: string
  /** names of variables that point at services of the host */
  pointers: readonly string[]
}

/** @throws UserError, HostError when the policy asks for what cannot be given */
export function buildPlan(request: PlanRequest): LaunchPlan {
  const { policy, resolved, facts, project } = request
  refuseUnsupported(policy)
  const { judge } = resolved.judge
  refuseHiddenProject(judge(project), request)
  const filesystem = planFilesystem({
    judge,
    facts,
    places: placesOf({ ...resolved, found: request.look.found, facts }),
    links: [...linksOf(resolved.paths, facts), ...facts(request.account.homeSpelled).links],
  })
  const sockets = abstractSockets(request)
  const network = planNetwork(policy, { environment: request.inherited })
  const { live, degraded: unasked } = planLive(
    resolved,
    { kernel: request.kernel, network, mode: liveMode(request, filesystem) },
    policy,
  )
  const { limits, degraded } = planLimits(policy, request.limitFacts)
  return {
    session: request.session,
    command: request.command,
    project,
    mounts: [
      ...filesystem.mounts.filter(({ kind }) => kind !== "sealed"),
      ...ownFiles(request, network.mode),
      // bubblewrap takes a millisecond for each when there are many. Where names are decided on as they are used,
      // nothing can be made in what is hidden anyway.
      ...(live === undefined ? sealsOf(filesystem.mounts) : []),
    ],
    environment: commandEnvironment(request, { mode: network.mode, mounts: filesystem.mounts }),
    network,
    nestedUserns: policy.settings.nestedUserns.value === "allow",
    bare: undefined,
    landlock: planWall(
      filesystem.mounts,
      { landlockAbi: request.kernel.landlockAbi, scopeAbstractSockets: sockets.scope },
      facts,
    ),
    live,
    limits,
    unixSockets: policy.sockets.map(({ value: path }) => ({ path, canonical: facts(path).canonical })),
    create: request.state.create,
    stateFiles: stateFilesOf(request),
    warnings: [...resolved.warnings, ...filesystem.warnings, ...policyWarnings(request, network)],
    degraded: [...sockets.degraded, ...degraded, ...unasked],
  }
}

function liveMode({ policy, look }: PlanRequest, { isUnsure }: FilesystemPlan): LiveMode {
  // Whoever can fill or close a directory decides what is found in it: nothing may rest on that. And a service can hand
  // over a directory (unix(7), SCM_RIGHTS), from which up no mount hides what is denied.
  const rests = look.isCut || isUnsure || policy.sockets.length > 0
  return rests ? "strict" : policy.settings.live.value
}

function policyWarnings({ policy, resolved, facts }: PlanRequest, network: LaunchPlan["network"]): string[] {
  const lifted = absentLifted(resolved.protections, { judge: resolved.judge.judge, facts })
  const lists = closedListWarnings(policy, network.mode)
  const literal = literalGlobs(policy.paths, facts)
  return [
    ...lifted,
    ...literal,
    ...networkWarnings(policy, network),
    ...lists,
    ...environmentWarnings(policy),
  ]
}

function refuseHiddenProject({ access, rule }: PathVerdict, { project, account }: PlanRequest): void {
  if (access === "deny")
    throw new RuleError(
      rule.source,
      `the policy denies the project directory ${tildePath(project, account.home)} itself`,
      `allow it with --write ${project}, or choose another with -C DIR`,
    )
}

/** What an agent replaces by renaming a file beside it, where a mount of the file alone is not enough. */
function stateFilesOf({ state, resolved, facts }: PlanRequest): string[] {
  const { accessOf } = resolved.judge
  return state.rules.flatMap(({ value }) => {
    if (value.kind === "glob" || accessOf(value.path) !== "write") return []
    const readOnlyBeside = accessOf(parentOf(value.path)) === "read"
    return readOnlyBeside && facts(value.path).kind !== "directory" ? [value.path] : []
  })
}

function sealsOf(mounts: readonly Mount[]): Mount[] {
  return mounts.filter(({ kind }) => kind === "sealed")
}

/** What stands in the sandbox's own directories at the start. */
function ownFiles({ account, preload, hostname, facts }: PlanRequest, mode: NetworkMode): Mount[] {
  return [
    { kind: "directory", path: runtimeDirectory(account.uid), mode: 0o700, why: "XDG_RUNTIME_DIR" },
    {
      kind: "file",
      path: preloadPath,
      content: preload,
      why: "browsers inside do without a sandbox of their own",
    },
    ...(mode === "filtered" ? nameFiles(hostname, facts) : []),
  ]
}

/**
 * Abstract sockets belong to a network namespace (unix(7)): where the host's is shared, only a Landlock scope
 * keeps them out of reach.
 * @returns whether this sandbox gets one
 */
export function scopesAbstractSockets(
  { settings }: Pick<Policy, "settings">,
  { backend, kernel }: { backend: "bubblewrap" | "landlock"; kernel: HostKernel },
): boolean {
  const shared = backend === "landlock" || settings.networkMode.value === "open"
  return shared && kernel.abstractSocketScope
}

function abstractSockets({ policy, kernel }: PlanRequest): { scope: boolean; degraded: string[] } {
  const scope = scopesAbstractSockets(policy, { backend: "bubblewrap", kernel })
  if (scope || policy.settings.networkMode.value !== "open") return { scope, degraded: [] }
  if (acceptsAbsence(policy, "abstract-sockets"))
    return {
      scope: false,
      degraded: ["abstract-sockets: this kernel cannot keep the host's abstract sockets out of reach"],
    }
  throw new HostError(
    "with the network open, this kernel cannot keep the host's abstract unix sockets out of reach (Landlock ABI 6)",
    `use --net off or a kernel >= 6.12${orAccept(policy, "abstract-sockets")}`,
  )
}
