/** `cordon [options] [--] <command> …` */
import { didYouMean } from "../../base/closest-word.ts"
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { printable, shellQuoted } from "../../base/printable.ts"
import { isInOwnSandbox } from "../../host/own-sandbox.ts"
import { scopesAbstractSockets } from "../../plan/plan.ts"
import { findPolicy, type PolicyInForce, type Prepared, planRun } from "../../run.ts"
import { startEngine } from "../../supervise/engine.ts"
import type { ParsedArguments } from "../arguments.ts"
import { say } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"
import { runSession } from "../session.ts"
import { commands } from "../words.ts"

/** Starts the command in a sandbox; when all goes well it does not return, because it became the sandbox. */
export async function runCommand({ given, rest }: ParsedArguments): Promise<number> {
  refuseNesting()
  if (rest.length === 0)
    throw new UserError("there is no command to run", "write cordon <command>, such as: cordon claude")
  const request = runRequest(given, rest, process.env)
  const found = await findPolicy(request)
  refuseHomeAsProject(found)
  if (isGiven(given, "dry-run")) {
    const { printDryRun } = await import("../dry-run.ts")
    return printDryRun(await planRun(request, found), isGiven(given, "json"))
  }
  if (isGiven(given, "json"))
    throw new UserError("--json goes with --dry-run", "add --dry-run, or remove --json")
  const engine = startEngine({
    scoped: scopesAbstractSockets(found.policy, { ...request, ...found }),
    threaded:
      found.policy.settings.networkMode.value === "filtered" || found.policy.limits.time !== undefined,
  })
  const prepared = await planRun(request, found)
  if (isGiven(given, "verbose")) sayMore(prepared)
  const missing = programProblem(prepared, rest[0] ?? "")
  if (missing !== undefined) return missing
  return runSession(prepared, engine, given)
}

/** Namespaces inside a sandbox are switched off, so a second one cannot be made; it would not be needed either. */
function refuseNesting(): void {
  if (isInOwnSandbox(process.env))
    throw new UserError(
      "this runs inside a Cordon sandbox already, and another one cannot be made in it",
      "run the command without cordon: the sandbox around it holds",
    )
}

/** The home as a project would be all of it writable; whoever means that says so by the preset. */
function refuseHomeAsProject({ site, policy }: PolicyInForce): void {
  if (site.project === site.account.home && policy.settings.home.value !== "write")
    throw new UserError(
      "your home directory cannot be the project: all of it would be writable",
      "go to the project's own directory, name it with -C DIR, or use --trust trusted",
    )
}

function sayMore({ plan, agents }: Prepared): void {
  say(
    `project ${printable(plan.project)}, network ${plan.network.mode}, agent ${agents.join(", ") || "none recognised"}`,
  )
}

function programProblem({ program }: Prepared, word: string): number | undefined {
  switch (program.kind) {
    case "found":
      return undefined
    case "missing":
      say(
        `${printable(shellQuoted(word))}: command not found${didYouMean(
          word,
          commands.map(({ name }) => name).filter(name => name !== word),
        )}`,
      )
      return exitCode.notFound
    case "barred":
      say(`${printable(program.path)} may not run: ${program.why}`)
      return exitCode.notExecutable
  }
}
