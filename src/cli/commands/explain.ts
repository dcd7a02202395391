/** `cordon explain <path|host[:port]|env NAME>`: the verdict, the rule that decides, and what else matched and lost. */
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { absolutePath } from "../../base/path.ts"
import { printable, shellQuoted } from "../../base/printable.ts"
import { hostPointers } from "../../command/host-variables.ts"
import { presentDirectory } from "../../kernel/present-directory.ts"
import type { Explanation } from "../../policy/explanation.ts"
import { type Prepared, prepare } from "../../run.ts"
import type { ParsedArguments } from "../arguments.ts"
import { explainHost, isHostSubject } from "../explain-host.ts"
import { explainPath } from "../explain-path.ts"
import { readSubject } from "../explain-subject.ts"
import { explainVariable } from "../explain-variable.ts"
import { coloured, print, printJson } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"
import { sayWarnings } from "../warnings.ts"

export async function explainCommand({ given, rest }: ParsedArguments): Promise<number> {
  const variable = rest[0] === "env" && rest.length <= 2
  // A request is three words, in quotes or not; of two hosts the second one would be ignored.
  const request = rest.length === 3 && isHostSubject(rest.join(" "))
  const subject = request ? rest.join(" ") : rest[0]
  if (!subject || !(variable || request || rest.length === 1))
    throw new UserError(
      "explain takes one thing",
      "write cordon explain ~/.aws, cordon explain github.com, or cordon explain env HOME",
    )
  const prepared = await prepare(runRequest(given, [], process.env))
  if (!isGiven(given, "quiet")) sayWarnings(prepared)
  const explanation = variable ? explainNamed(rest[1], prepared) : explain(subject, prepared)
  if (isGiven(given, "json")) printJson("Explanation", explanation)
  else printExplanation(explanation)
  return exitCode.ok
}

function explain(subject: string, prepared: Prepared): Explanation {
  const { facts, account } = prepared.site
  const spelled = absolutePath(subject.replace(/^~(?=\/|$)/, account.home), presentDirectory())
  const { kind, note } = readSubject(subject, () => facts(spelled).kind !== "missing")
  const explanation =
    kind === "host" ? explainHost(subject, prepared.policy) : explainPath(spelled, { ...prepared, facts })
  return note === undefined ? explanation : { ...explanation, notes: [note, ...explanation.notes] }
}

function explainNamed(name: string | undefined, { policy, plan }: Prepared): Explanation {
  if (!name) throw new UserError("explain env needs the name of a variable", "write cordon explain env HOME")
  // environ(7): a name ends at the first one.
  const equals = name.indexOf("=")
  if (equals >= 0)
    throw new UserError(
      `"${name}" is not the name of a variable`,
      `leave the value out: cordon explain env ${shellQuoted(name.slice(0, equals) || "HOME")}`,
    )
  return explainVariable(name, {
    ...{ policy, outside: process.env, inside: plan.environment },
    pointers: hostPointers,
  })
}

function printExplanation(explanation: Explanation): void {
  const closed = ["deny", "remove"].includes(explanation.verdict)
  print(`${printable(explanation.subject)}: ${coloured(explanation.verdict, closed ? "red" : "green")}`)
  print(
    `  by ${printable(explanation.rule)}  ${coloured(`${explanation.layer}, ${printable(explanation.source)}`, "dim")}`,
  )
  for (const note of explanation.notes) print(`  ${printable(note)}`)
  for (const { rule, layer, source } of explanation.lost)
    print(coloured(`  lost: ${printable(rule)}  ${layer}, ${printable(source)}`, "dim"))
}
