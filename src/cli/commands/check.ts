/** `cordon check [FILE…]`: is the policy valid? Every problem of every file, with its place. */
import { formatProblem, PolicyError, UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { absolutePath } from "../../base/path.ts"
import { printable } from "../../base/printable.ts"
import { checkPolicyFile, policyFilesInForce } from "../../governance/policy-files.ts"
import { presentDirectory } from "../../kernel/present-directory.ts"
import type { PathVariables } from "../../policy/path-pattern.ts"
import { findSite } from "../../worktrees/site.ts"
import type { ParsedArguments } from "../arguments.ts"
import { print, printJson, reportError } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"

export async function checkCommand({ given, rest }: ParsedArguments): Promise<number> {
  const request = runRequest(given, [], process.env)
  const { variables } = findSite(request.directory, request.environment)
  const files = rest.length > 0 ? rest : policyFilesInForce(request.config, variables)
  const results: { file: string; problems: string[] }[] = []
  for (const file of files)
    results.push({ file, problems: await problemsOf(file, isGiven(given, "json"), variables) })
  const broken = results.some(({ problems }) => problems.length > 0)
  if (isGiven(given, "json")) printJson("PolicyCheck", results)
  else if (!isGiven(given, "quiet")) printResults(results)
  return broken ? exitCode.wrong : exitCode.ok
}

async function problemsOf(file: string, silent: boolean, variables: PathVariables): Promise<string[]> {
  try {
    await checkPolicyFile(absolutePath(file, presentDirectory()), file, variables)
    return []
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof UserError)) throw error
    if (!silent) reportError(error)
    // Not the lines of the message: a key of the text can hold a line break.
    return error instanceof PolicyError ? error.problems.map(formatProblem) : [error.message]
  }
}

function printResults(results: readonly { file: string; problems: readonly string[] }[]): void {
  if (results.length === 0) print("no policy file here; the built-in policy holds")
  for (const { file, problems } of results) if (problems.length === 0) print(`${printable(file)}: valid`)
}
