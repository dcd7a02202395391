/** The whole flow, one line a stage. */
import { ask } from "./base/journal.ts"
import { hostPointers } from "./command/host-variables.ts"
import { recognise } from "./command/recognise.ts"
import { type LayersInForce, layersInForce } from "./governance/layers.ts"
import { orgPolicyPath } from "./governance/org-policy-path.ts"
import { userPolicyFile } from "./governance/policy-files.ts"
import { type HostKernel, hostKernel, readHostname } from "./host/kernel-facts.ts"
import { readLimitFacts } from "./host/limit-facts.ts"
import { mountedAgain } from "./host/mounted-again.ts"
import { defaultSearchPath, findProgram, type ProgramSearch } from "./host/program.ts"
import { searchDisk } from "./host/search.ts"
import { boundSockets } from "./host/sockets.ts"
import { readTrust } from "./host/state-directory.ts"
import preload from "./inside/no-sandbox.cjs" with { type: "text" }
import { landlockAbi } from "./kernel/landlock.ts"
import { hasNotification } from "./kernel/seccomp-support.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"
import { resolveRules } from "./plan/links.ts"
import { isLive } from "./plan/live.ts"
import { refuseUnsettled, refuseWithoutOwnPlaces, withoutDeviceLinks } from "./plan/own-places.ts"
import { buildPlan } from "./plan/plan.ts"
import { relocateRules } from "./plan/relocate.ts"
import { deniedPaths, planState, withCreated } from "./plan/state.ts"
import {
  elsewhereLayer,
  ownLayer,
  programLayer,
  relaxedAccess,
  sessionSockets,
  socketLayer,
  withLayer,
} from "./plan/system.ts"
import { agentProtections, builtinNames } from "./policy/builtin.ts"
import { mergeLayers } from "./policy/merge.ts"
import type { PathPolicy, Policy } from "./policy/policy.ts"
import type { PathJudge } from "./policy/verdict.ts"
import type { PresetName } from "./policy/vocabulary.ts"
import type { WordsPolicy } from "./policy/words-layer.ts"
import { worktreeLayers } from "./worktrees/git.ts"
import { separateLayer } from "./worktrees/separate.ts"
import { findSite, type Site } from "./worktrees/site.ts"

/** What a person asked for, options read and defaults filled in. */
export type RunRequest = {
  /** `-C`, or undefined for the present directory */
  directory: string | undefined
  preset: PresetName
  presetChosen: boolean
  profiles: readonly string[]
  /** `--config` or CORDON_CONFIG */
  config: string | undefined
  commandLine: WordsPolicy
  environmentWords: WordsPolicy
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
  backend: "bubblewrap" | "landlock"
  /** empty when only the policy is of interest */
  command: readonly string[]
}

/** The policy as it holds at a site, with everything that led to it. */
export type PolicyInForce = {
  site: Site
  inForce: LayersInForce
  policy: Policy
  agents: readonly string[]
  kernel: HostKernel
}

/** A launch that could happen now. */
export type Prepared = PolicyInForce & {
  plan: LaunchPlan
  /** the rules on paths as the plan has them, links and state included */
  rules: PathPolicy
  judge: PathJudge
  program: ProgramSearch
}

export async function findPolicy(request: RunRequest): Promise<PolicyInForce> {
  const site = findSite(request)
  const agents = recognise(
    request.command,
    builtinNames().filter(({ layer }) => layer === "agent"),
  )
  const inForce = await layersInForce({
    variables: site.variables,
    mergeFacts: site.mergeFacts,
    preset: request.preset,
    presetChosen: request.presetChosen,
    userPolicy: userPolicyFile(request.config, site.variables),
    profiles: request.profiles,
    agents,
    additional: worktreeLayers(site.project, site.account.home, site.facts),
    commandLine: request.commandLine,
    environment: request.environmentWords,
    trusted: readTrust(site.variables.xdg.XDG_STATE_HOME ?? ""),
    orgPolicyPath,
  })
  const own = ownLayer([...inForce.files, process.execPath], site.facts)
  const policy = mergeLayers([...inForce.layers, own], site.mergeFacts)
  const others = policy.settings.home.value === "write" ? agentProtections(site.variables) : []
  return {
    site,
    inForce,
    policy: { ...policy, protections: [...policy.protections, ...others] },
    agents,
    kernel: presentKernel(),
  }
}

/** What the kernel has of what a plan needs. */
export function presentKernel(): HostKernel {
  return hostKernel(ask("Landlock ABI", "", landlockAbi), ask("notification", "", hasNotification))
}

export async function prepare(request: RunRequest): Promise<Prepared> {
  return planRun(request, await findPolicy(request))
}

/** The rest of `prepare`, for who has something to begin as soon as the policy is known. */
export async function planRun(request: RunRequest, found: PolicyInForce): Promise<Prepared> {
  const id = crypto.randomUUID()
  const bare = request.backend === "landlock" ? (await import("./bare.ts")).bareRun(id) : undefined
  const { site, kernel } = found
  const policy = bare?.policy(found.policy) ?? found.policy
  const { project, account } = site
  refuseUnsettled(policy, site.facts)
  const { state, facts, known, look } = gatherRules(request, site, policy)
  const session = sessionSockets(request.environment, [project, account.home, ...state.create], facts)
  // Where connecting is decided on as it happens, nothing has to be hidden for it.
  const bound = isLive(known, kernel) ? [] : boundSockets()
  const sockets = socketLayer(policy.sockets, { bound, session }, facts)
  const elsewhere = elsewhereLayer(mountedAgain(account.home))
  const resolved = resolveRules(withLayer(withLayer(known, sockets), elsewhere), {
    project,
    home: account.home,
    found: look.found,
    facts: withoutDeviceLinks(facts),
  })
  const mounted = buildPlan({
    ...{ session: id, command: request.command, project, account, policy, resolved, state },
    look,
    facts,
    kernel,
    limitFacts: () => {
      const facts = ask("limits", String(account.uid), () => readLimitFacts(account.uid))
      return bare?.limits(facts) ?? facts
    },
    inherited: request.environment,
    hostname: readHostname(),
    pointers: hostPointers,
    preload,
  })
  if (bare === undefined) refuseWithoutOwnPlaces({ mounts: mounted.mounts, judge: resolved.judge, facts })
  const plan = bare?.plan(mounted, { policy, resolved, found: look.found, facts, kernel, preload }) ?? mounted
  const program = searchProgram(request, site, {
    searchPath: plan.environment.PATH ?? defaultSearchPath,
    visible: path => resolved.judge.accessOf(path) !== "deny",
  })
  const rules = { paths: resolved.paths, protections: resolved.protections }
  return { ...found, plan, rules, judge: resolved.judge, program }
}

/** The rules of the policy, of what agents and toolchains need, and of the program itself, with what the disk has of them. */
function gatherRules(request: RunRequest, site: Site, policy: Policy) {
  const { project, account } = site
  const accessOf = relaxedAccess(policy)
  const state = planState(policy.state, {
    environment: request.environment,
    home: account.home,
    facts: site.facts,
    accessOf,
    denials: deniedPaths(policy),
  })
  const facts = withCreated(site.facts, state.create)
  const needs = policy.settings.strict.value ? programNeeds(request, site) : []
  const relocated = relocateRules(policy, state.moved)
  // Naming a program lifts what strict hides, and nothing that a rule denies.
  const readable = needs.filter(need => accessOf(facts(need).canonical) !== "deny")
  const known = { ...relocated, paths: [...relocated.paths, ...state.rules, ...programLayer(readable).paths] }
  const look = searchDisk(known, project, facts)
  return { state, facts, known: withLayer(known, separateLayer(look.found, project, facts)), look }
}

type View = { searchPath: string; visible: (path: string) => boolean }

function searchProgram({ command }: RunRequest, { project, facts }: Site, view: View): ProgramSearch {
  const [word] = command
  return word === undefined ? { kind: "missing" } : findProgram(word, { ...view, directory: project, facts })
}

/** In strict mode a program is readable because it was named, with what it needs to start. */
function programNeeds(request: RunRequest, site: Site): readonly string[] {
  const search = searchProgram(request, site, {
    searchPath: request.environment.PATH ?? defaultSearchPath,
    visible: () => true,
  })
  return search.kind === "found" ? search.program.needs : []
}
