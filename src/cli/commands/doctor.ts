/** `cordon doctor`: what this machine can enforce, found out by trying, and the command that fixes what is missing. */
import { HostError, UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { printable } from "../../base/printable.ts"
import { readBareFacts } from "../../host/bare-facts.ts"
import { bareFinding } from "../../host/bare-problem.ts"
import { type Finding, hostFindings, type State } from "../../host/findings.ts"
import { readHostFacts } from "../../host/host-facts.ts"
import { readLimitFacts } from "../../host/limit-facts.ts"
import { limitFinding } from "../../host/limit-problem.ts"
import { prepare } from "../../run.ts"
import type { GivenOption, ParsedArguments } from "../arguments.ts"
import { type Colour, coloured, print, printJson, say } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"
import { fixFindings } from "./doctor-fix.ts"
import { tryHost } from "./doctor-trials.ts"

const colours: Record<State, Colour> = {
  active: "green",
  degraded: "yellow",
  unavailable: "red",
  "not yet": "dim",
}

export async function doctorCommand({ given }: ParsedArguments): Promise<number> {
  refuseContradictions(given)
  const findings = examine()
  if (isGiven(given, "json")) {
    printJson("HostReport", { findings: [...findings, ...notYet] })
    return verdict(findings)
  }
  printFindings([...findings, ...notYet])
  if (isGiven(given, "fix")) return fix(findings, isGiven(given, "yes"))
  // After the findings: a policy with a mistake, or one that this machine cannot keep, must not hide them.
  await tryPolicy(given)
  return verdict(findings)
}

function refuseContradictions(given: readonly GivenOption[]): void {
  if (isGiven(given, "yes") && !isGiven(given, "fix"))
    throw new UserError("--yes goes with --fix", "write cordon doctor --fix --yes")
  if (isGiven(given, "json") && isGiven(given, "fix"))
    throw new UserError("--json and --fix contradict each other", "keep one of them")
}

function examine(): Finding[] {
  const uid = process.getuid?.() ?? 0
  const trials = tryHost(uid)
  const { ptraceScope } = readBareFacts()
  return [
    ...hostFindings(readHostFacts(uid), trials),
    bareFinding(trials, ptraceScope),
    limitFinding(readLimitFacts(uid)),
  ]
}

function verdict(findings: readonly Finding[]): number {
  return findings.some(({ state }) => state === "unavailable") ? exitCode.wrong : exitCode.ok
}

/** Runs what the findings name, then looks again: what counts is what holds afterwards. */
async function fix(findings: readonly Finding[], agreed: boolean): Promise<number> {
  const nothing = findings.every(finding => finding.fix.length === 0)
  if (!(await fixFindings(findings, agreed))) return exitCode.wrong
  if (nothing) return verdict(findings)
  const after = examine()
  print("\nafterwards:")
  printFindings(after)
  return verdict(after)
}

/** Says when this machine cannot carry the present policy at all, for a reason that the findings hold too. */
async function tryPolicy(given: readonly GivenOption[]): Promise<void> {
  try {
    await prepare(runRequest(given, [], process.env))
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause
    say(`the present policy cannot be kept here: ${printable(cause.message)}`)
    say(`${coloured("→", "dim", "stderr")} ${printable(cause.hint)}`)
  }
}

/** What the specification asks for and this version does not have. */
const notYet: readonly Finding[] = (
  [["other backends", "seatbelt, docker, podman are refused"]] as const
).map(([protection, why]) => ({ protection, state: "not yet", why, fix: [], advice: "" }))

function printFindings(findings: readonly Finding[]): void {
  for (const { protection, state, why, fix, advice } of findings) {
    print(`${coloured(state.padEnd(12), colours[state])}${protection.padEnd(18)}${printable(why)}`)
    for (const step of [...fix, advice]) if (step !== "") print(`${" ".repeat(30)}→ ${printable(step)}`)
  }
}
