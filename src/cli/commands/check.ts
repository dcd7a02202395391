/** `cordon check [FILE…]`: is the policy valid, and would a run take it? Every problem of every file, with its place. */
import { formatProblem, HostError, PolicyError, UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { absolutePath } from "../../base/path.ts"
import { printable } from "../../base/printable.ts"
import { builtinsInForce } from "../../governance/builtin-layers.ts"
import { profileReading } from "../../governance/layers.ts"
import { checkPolicyFile, policyFilesInForce } from "../../governance/policy-files.ts"
import { presentDirectory } from "../../kernel/present-directory.ts"
import { type Unsupported, unsupported } from "../../plan/unsupported.ts"
import { mergeLayers } from "../../policy/merge.ts"
import { RuleError } from "../../policy/rule-error.ts"
import { wordsLayer } from "../../policy/words-layer.ts"
import { findPolicy, type PolicyInForce, planRun, presentKernel, type RunRequest } from "../../run.ts"
import { findSite, type Site } from "../../worktrees/site.ts"
import type { ParsedArguments } from "../arguments.ts"
import { print, printJson, reportError } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"

/** A file, or what else says something; `error` when it may not. */
type Result = { file: string; error?: PolicyError | UserError }

export async function checkCommand({ given, rest }: ParsedArguments): Promise<number> {
  if (rest.includes(""))
    throw new UserError("the name of a file is empty", "write cordon check team.yaml, or cordon check alone")
  const request = runRequest(given, [], process.env)
  const site = findSite(request)
  const results = await checkEach(rest, request, site)
  if (rest.length === 0 && results.every(({ error }) => error === undefined))
    results.push(...(await checkTogether(request, site, results)))
  if (isGiven(given, "json")) {
    const shown = results.map(({ file, error }) => ({ file, problems: problemsOf(error) }))
    printJson("PolicyCheck", shown)
  } else printResults(results, isGiven(given, "quiet"))
  return results.some(({ error }) => error !== undefined) ? exitCode.wrong : exitCode.ok
}

/** The files, those in force when none is named, and the options: each by itself, so that all problems come at once. */
async function checkEach(named: readonly string[], request: RunRequest, site: Site): Promise<Result[]> {
  const { variables } = site
  const load = (file: string) => checkPolicyFile(absolutePath(file, presentDirectory()), file, variables)
  const results: Result[] = []
  for (const file of named)
    results.push(
      await attempt(file, async () => {
        const builtins = builtinsInForce({ ...request, variables, agents: [] })
        const policy = mergeLayers([...builtins, ...(await load(file)).layers], site.mergeFacts)
        const inForce = { layers: [], leftOut: [], files: [], project: undefined }
        const found = { site, inForce, policy, agents: [], kernel: presentKernel() }
        refuse((await refusals(request, found)).refused)
      }),
    )
  const files: string[] = []
  const finding = await attempt("policy in force", async () => {
    if (named.length === 0) files.push(...policyFilesInForce(request.config, variables))
  })
  if (finding.error !== undefined) results.push(finding)
  for (const file of files) results.push(await attempt(file, () => load(file)))
  for (const name of request.profiles)
    results.push(await attempt(name, () => profileReading(name, variables)))
  const options = await attempt("command line", async () =>
    wordsLayer("command line", request.commandLine, variables),
  )
  return options.error === undefined ? results : [...results, options]
}

/** What a run would refuse of all layers together; the files that say it are not valid any more. */
async function checkTogether(request: RunRequest, { project }: Site, results: Result[]): Promise<Result[]> {
  const found: Unsupported[] = []
  const merging = await attempt("policy in force", async () => {
    const { refused, other } = await refusals(request, await findPolicy(request))
    found.push(...refused)
    if (other !== undefined) throw other
  })
  const others: Result[] = merging.error === undefined ? [] : [merging]
  for (const [file, problems] of Map.groupBy(found, ({ source }) => source.file)) {
    const { error } = await attempt(file, async () => refuse(problems))
    // A project's policy is named from the project, what an option names from where we were started.
    const places = [project, presentDirectory()].map(from => absolutePath(file, from))
    const known = results.find(result => places.includes(absolutePath(result.file, presentDirectory())))
    if (known === undefined || error === undefined) others.push({ file, ...(error && { error }) })
    else known.error = error
  }
  return others
}

/**
 * What a run would refuse of a policy. What the machine lacks for it is `cordon doctor`'s to tell.
 * @returns the rules, and what is no single rule's fault
 */
async function refusals(
  request: RunRequest,
  found: PolicyInForce,
): Promise<{ refused: readonly Unsupported[]; other?: UserError }> {
  const contradictions = unsupported(found.policy)
  if (contradictions.length > 0) return { refused: contradictions }
  try {
    await planRun(request, found)
  } catch (error) {
    if (error instanceof RuleError) return { refused: [error] }
    if (error instanceof UserError) return { refused: [], other: error }
    if (!(error instanceof HostError)) throw error
  }
  return { refused: [] }
}

function refuse(found: readonly Unsupported[]): void {
  const problems = found.map(({ source, what, hint }) => ({ ...source, message: `${what}; ${hint}` }))
  if (problems.length > 0) throw new PolicyError(problems)
}

async function attempt(file: string, examine: () => Promise<unknown>): Promise<Result> {
  try {
    await examine()
    return { file }
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof UserError)) throw error
    return { file, error }
  }
}

/** Not the lines of the message: a key of the text can hold a line break. */
function problemsOf(error: Result["error"]): string[] {
  if (error === undefined) return []
  return error instanceof PolicyError ? error.problems.map(formatProblem) : [error.message]
}

function printResults(results: readonly Result[], quiet: boolean): void {
  for (const { error } of results) if (error !== undefined) reportError(error)
  if (quiet) return
  if (results.length === 0) print("no policy file here; the built-in policy holds")
  for (const { file, error } of results) if (error === undefined) print(`${printable(file)}: valid`)
}
