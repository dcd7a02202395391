/** Every layer that is in force for a launch: built-in, org, project, user, profiles, words. */
import { didYouMean } from "../base/closest-word.ts"
import { UserError } from "../base/error.ts"
import { absolutePath } from "../base/path.ts"
import { neverFromProject } from "../command/host-variables.ts"
import { presentDirectory } from "../kernel/present-directory.ts"
import { builtinLayer, profileNames } from "../policy/builtin.ts"
import { credentialText } from "../policy/credential.ts"
import type { Layer } from "../policy/layer.ts"
import { loadPolicy, type PolicyReading } from "../policy/load.ts"
import type { MergeFacts } from "../policy/merge.ts"
import { NameIndex } from "../policy/name-index.ts"
import { expandVariables, type PathVariables } from "../policy/path-pattern.ts"
import { refuseOtherEnding } from "../policy/policy-file.ts"
import { protectionText } from "../policy/protection.ts"
import type { LayerName } from "../policy/source.ts"
import { type LeftOut, type Tightened, tightenOnly } from "../policy/tighten.ts"
import { isTrusted, type TrustList } from "../policy/trust.ts"
import type { PresetName } from "../policy/vocabulary.ts"
import { type WordsPolicy, withPresetSettings, wordsLayer } from "../policy/words-layer.ts"
import { builtinsInForce } from "./builtin-layers.ts"
import { loadOrgPolicy } from "./org.ts"
import { projectPolicyName } from "./project-policy.ts"

export type LayersRequest = {
  variables: PathVariables
  mergeFacts: MergeFacts
  preset: PresetName
  /** whether the command line named the preset: its settings then speak with the command line's voice */
  presetChosen: boolean
  /** `shown` when somebody named it, and then it has to exist */
  userPolicy: { path: string; shown: string | undefined }
  /** `--profile NAME|FILE` */
  profiles: readonly string[]
  /** agents recognised in the command */
  agents: readonly string[]
  /** layers of this launch only: facts of the machine, git worktree */
  additional: readonly Layer[]
  commandLine: WordsPolicy
  environment: WordsPolicy
  trusted: TrustList
  orgPolicyPath: string
}

export type LayersInForce = {
  layers: Layer[]
  /** what an untrusted project policy said in vain */
  leftOut: LeftOut[]
  /** policy files that were read: never writable inside */
  files: string[]
  /** the project's policy, trusted or not */
  project: PolicyReading | undefined
}

export async function layersInForce(request: LayersRequest): Promise<LayersInForce> {
  const { variables } = request
  const org = await loadOrgPolicy(variables, request.orgPolicyPath)
  const user = await userReading(request)
  const profiles = await Promise.all(request.profiles.map(name => profileReading(name, variables)))
  const project = await projectReading(variables)
  const said = [
    ...request.additional,
    wordsLayer("environment", request.environment, variables),
    ...[org, user, ...profiles].flatMap(reading => reading?.layers ?? []),
    commandLineLayer(request),
  ]
  const builtins = builtinsInForce(request)
  const layers = [...builtins, ...said]
  const files = [org, user, ...profiles, project]
    .flatMap(reading => reading?.files ?? [])
    .map(({ path }) => path)
  const heard = hearProject(project, layers, request)
  return { layers: [...layers, ...heard.layers], leftOut: heard.leftOut, files, project }
}

function commandLineLayer({ commandLine, variables, preset, presetChosen }: LayersRequest): Layer {
  const layer = wordsLayer("command line", commandLine, variables)
  return withPresetSettings(layer, presetChosen ? builtinLayer(preset, variables) : undefined)
}

async function userReading({ userPolicy, variables }: LayersRequest): Promise<PolicyReading | undefined> {
  const reading = await loadPolicy(
    userPolicy.path,
    userPolicy.shown ?? userPolicy.path,
    fileContext("user", variables),
  )
  if (reading === undefined && userPolicy.shown !== undefined)
    throw new UserError(
      `the policy ${userPolicy.shown} does not exist`,
      "name an existing file with --config or CORDON_CONFIG",
    )
  if (reading === undefined) refuseOtherEnding(userPolicy.path)
  return reading
}

/** @throws PolicyError, UserError when there is no such profile, or it is no valid policy */
export async function profileReading(name: string, variables: PathVariables): Promise<PolicyReading> {
  if (!/[/~]|\.(ya?ml|json)$/.test(name)) {
    const layer = builtinLayer(name, variables)
    if (layer !== undefined && profileNames().includes(name)) return { layers: [layer], files: [] }
    throw new UserError(
      `there is no built-in profile "${name}"${didYouMean(name, profileNames())}`,
      `name one of: ${profileNames().join(", ")}; or a file`,
    )
  }
  const path = absolutePath(expandName(name, variables), presentDirectory())
  const reading = await loadPolicy(path, name, fileContext("profile", variables))
  if (reading === undefined)
    throw new UserError(`the profile ${name} does not exist`, "name an existing file with --profile")
  return reading
}

function expandName(name: string, variables: PathVariables): string {
  try {
    return expandVariables(name, variables)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new UserError(`--profile ${cause.message}`, "name a built-in profile, or a file")
  }
}

function fileContext(name: LayerName, variables: PathVariables) {
  return { name, variables, mayLock: false, confineTo: undefined }
}

async function projectReading(variables: PathVariables): Promise<PolicyReading | undefined> {
  const name = projectPolicyName(variables.project)
  if (name === undefined) return undefined
  return loadPolicy(`${variables.project}/${name}`, name, {
    ...fileContext("project", variables),
    confineTo: variables.project,
  })
}

/**
 * Even a trusted repository does not set variables that make every program load its code, and does not lift
 * protections: policy.md leaves that to the user policy and the command line.
 */
function withoutLoaders(layer: Layer): Tightened {
  const index = new NameIndex<true>()
  for (const pattern of neverFromProject) index.addPattern(pattern, true)
  const loads = (name: string) => index.has(name.toUpperCase())
  const set = layer.assignments.filter(({ name }) => loads(name))
  const named = layer.credentials.filter(({ value }) => loads(value.name))
  const passed = layer.variables.filter(({ verdict, value }) => verdict === "pass" && loads(value))
  const lifted = layer.protections.filter(({ effect }) => effect === "unprotect")
  return {
    layer: {
      ...layer,
      protections: layer.protections.filter(({ effect }) => effect === "protect"),
      assignments: layer.assignments.filter(assignment => !set.includes(assignment)),
      credentials: layer.credentials.filter(credential => !named.includes(credential)),
      variables: layer.variables.filter(rule => !passed.includes(rule)),
    },
    leftOut: [
      ...set.map(({ name, source }) => ({ text: `environment.set: ${name}`, source, always: true })),
      ...named.map(({ value, source }) => ({
        text: `credentials: ${credentialText(value)}`,
        source,
        always: true,
      })),
      ...passed.map(({ value, source }) => ({ text: `environment.pass: ${value}`, source, always: true })),
      ...lifted.map(({ value, source }) => ({
        text: `unprotect: ${protectionText(value)}`,
        source,
        always: true,
      })),
    ],
  }
}

/** The repository's word: all of it when a person trusts this content, only what tightens otherwise. */
function hearProject(
  project: PolicyReading | undefined,
  others: readonly Layer[],
  { trusted, mergeFacts }: LayersRequest,
): { layers: Layer[]; leftOut: LeftOut[] } {
  if (project === undefined) return { layers: [], leftOut: [] }
  const isHeard = isTrusted(trusted, project.files)
  const heard = project.layers.map(layer => {
    const never = withoutLoaders(layer)
    if (isHeard) return never
    const tight = tightenOnly(never.layer, others, mergeFacts)
    // Of a built-in profile that it extends it is told that, not what the profile says.
    const own = never.leftOut.filter(({ source }) => !source.file.startsWith("built-in:"))
    return { layer: tight.layer, leftOut: [...tight.leftOut, ...own] }
  })
  return { layers: heard.map(({ layer }) => layer), leftOut: heard.flatMap(({ leftOut }) => leftOut) }
}
