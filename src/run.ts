/** The whole flow, one line a stage. */

import { hostPointers } from "./command/host-variables.ts"
import { recognise } from "./command/recognise.ts"
import { type LayersInForce, layersInForce } from "./governance/layers.ts"
import { orgPolicyPath } from "./governance/org.ts"
import { userPolicyFile } from "./governance/policy-files.ts"
import { presentNames } from "./host/directory.ts"
import { hostKernel } from "./host/kernel-facts.ts"
import { readLimitFacts } from "./host/limit-facts.ts"
import type { PathFacts } from "./host/path-facts.ts"
import { findProgram, type ProgramSearch } from "./host/program.ts"
import { searchDisk } from "./host/search.ts"
import { boundSockets } from "./host/sockets.ts"
import { readTrust } from "./host/state-directory.ts"
import preload from "./inside/no-sandbox.cjs" with { type: "text" }
import { landlockAbi } from "./kernel/landlock.ts"
import { hasNotification } from "./kernel/seccomp-support.ts"
import type { LaunchPlan } from "./plan/launch-plan.ts"
import { resolveRules } from "./plan/links.ts"
import { buildPlan } from "./plan/plan.ts"
import { relocateRules } from "./plan/relocate.ts"
import { planState } from "./plan/state.ts"
import { ownLayer, programLayer, sessionSockets, socketLayer, withoutStrict } from "./plan/system.ts"
import { agentProtections, builtinNames } from "./policy/builtin.ts"
import type { Layer } from "./policy/layer.ts"
import { mergeLayers } from "./policy/merge.ts"
import type { PathPolicy, Policy } from "./policy/policy.ts"
import { type PathJudge, pathJudge } from "./policy/verdict.ts"
import type { PresetName } from "./policy/vocabulary.ts"
import type { WordsPolicy } from "./policy/words-layer.ts"
import { linkedWorktree, worktreeLayer } from "./worktrees/git.ts"
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
  /** empty when only the policy is of interest */
  command: readonly string[]
}

/** The policy as it holds at a site, with everything that led to it. */
export type PolicyInForce = {
  site: Site
  inForce: LayersInForce
  policy: Policy
  agents: readonly string[]
}

/** A launch that could happen now. */
export type Prepared = PolicyInForce & {
  plan: LaunchPlan
  /** the rules on paths as the plan has them, links and state included */
  rules: PathPolicy
  judge: PathJudge
  program: ProgramSearch
}

/** @param complete whether rules for places that do not exist are wanted too, as they are when people ask */
export async function findPolicy(request: RunRequest, complete = true): Promise<PolicyInForce> {
  const site = findSite(request.directory, request.environment)
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
    additional: [worktreeOf(site)].flatMap(layer => layer ?? []),
    commandLine: request.commandLine,
    environment: request.environmentWords,
    trusted: readTrust(site.variables.xdg.XDG_STATE_HOME ?? ""),
    orgPolicyPath,
    presentNames: complete ? undefined : presentNames(site.facts),
  })
  const own = ownLayer([...inForce.files, process.execPath], site.facts)
  const policy = mergeLayers([...inForce.layers, own], site.mergeFacts)
  const others = policy.settings.home.value === "write" ? agentProtections(site.variables) : []
  return { site, inForce, policy: { ...policy, protections: [...policy.protections, ...others] }, agents }
}

/** @param complete whether `explain` and its kind will be asked; a launch alone needs less */
export async function prepare(request: RunRequest, complete = true): Promise<Prepared> {
  const found = await findPolicy(request, complete)
  const { site, policy } = found
  const { project, account } = site
  const accessOf = relaxedAccess(policy)
  const state = planState(policy.state, {
    environment: request.environment,
    home: account.home,
    facts: site.facts,
    accessOf,
    denials: denialsOf(policy),
  })
  const facts = withCreated(site.facts, state.create)
  const needs = policy.settings.strict.value ? programNeeds(request, site) : []
  const relocated = relocateRules(policy, state.moved)
  // Naming a program lifts what strict hides, and nothing that a rule denies.
  const readable = needs.filter(need => accessOf(facts(need).canonical) !== "deny")
  const known = { ...relocated, paths: [...relocated.paths, ...state.rules, ...programLayer(readable).paths] }
  const look = searchDisk(known, project, facts)
  const session = sessionSockets(request.environment, [project, account.home, ...state.create], facts)
  const sockets = socketLayer(policy.sockets, { bound: boundSockets(), session }, facts)
  const paths = [...known.paths, ...sockets.paths]
  const resolved = resolveRules(
    { ...known, paths },
    { project, home: account.home, found: look.found, facts },
  )
  const { judge } = resolved
  const plan = buildPlan({
    session: crypto.randomUUID(),
    command: request.command,
    project,
    account,
    policy,
    resolved,
    state,
    found: look.found,
    facts,
    kernel: hostKernel(landlockAbi(), hasNotification()),
    limitFacts: () => readLimitFacts(account.uid),
    inherited: request.environment,
    pointers: hostPointers,
    preload,
  })
  const visible = (path: string) => judge.judge(path).access !== "deny"
  const program = searchProgram(request, site, { searchPath: plan.environment.PATH ?? "", visible })
  const rules = { paths: resolved.paths, protections: resolved.protections }
  return { ...found, plan, rules, judge, program }
}

/** What the policy gives where strict alone does not decide; made when somebody asks, which few launches do. */
function relaxedAccess(policy: Policy): PathJudge["accessOf"] {
  let judge: PathJudge | undefined
  return path => {
    judge ??= pathJudge(withoutStrict(policy, policy))
    return judge.accessOf(path)
  }
}

function denialsOf({ paths }: Policy): string[] {
  return paths.flatMap(({ access, value }) =>
    access === "deny" && value.kind === "exact" ? [value.path] : [],
  )
}

function worktreeOf({ account, project, facts }: Site): Layer | undefined {
  const worktree = linkedWorktree(project, account.home, facts)
  return worktree === undefined ? undefined : worktreeLayer(worktree, facts)
}

/** The disk as it will be once the agent's own directories are made. */
function withCreated(facts: PathFacts, create: readonly string[]): PathFacts {
  const created = new Set(create)
  return path => (created.has(path) ? { ...facts(path), kind: "directory" } : facts(path))
}

type View = { searchPath: string; visible: (path: string) => boolean }

function searchProgram({ command }: RunRequest, { project, facts }: Site, view: View): ProgramSearch {
  const [word] = command
  return word === undefined ? { kind: "missing" } : findProgram(word, { ...view, directory: project, facts })
}

/** In strict mode a program is readable because it was named, with what it needs to start. */
function programNeeds(request: RunRequest, site: Site): readonly string[] {
  const search = searchProgram(request, site, {
    searchPath: request.environment.PATH ?? "",
    visible: () => true,
  })
  return search.kind === "found" ? search.program.needs : []
}
