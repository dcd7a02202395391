/** `--dry-run`: the plan and the exact invocation, for people or as JSON. */
import { exitCode } from "../base/exit-code.ts"
import { printable, shellQuoted } from "../base/printable.ts"
import type { Mount } from "../plan/launch-plan.ts"
import { invocationOf, type Prepared } from "../run.ts"
import { coloured, print, printJson } from "./output.ts"

export function printDryRun(prepared: Prepared, json: boolean): number {
  const { plan, program } = prepared
  const notLive = prepared.notLive()
  const { invocation } = invocationOf(plan)
  const words = [invocation.program, ...invocation.words]
  if (json) {
    printJson("LaunchPlan", {
      plan,
      program,
      notLive,
      invocation: { ...invocation, environment: Object.keys(plan.environment) },
    })
    return exitCode.ok
  }
  print(coloured("# plan", "dim"))
  print(`project  ${printable(plan.project)}`)
  print(`network  ${plan.network.mode}`)
  for (const mount of plan.mounts)
    print(
      `${mountLabel(mount).padEnd(8)} ${printable(mount.path)}  ${coloured(`# ${printable(mount.why)}`, "dim")}`,
    )
  for (const path of plan.create) print(`create   ${printable(path)}`)
  for (const name of Object.keys(plan.environment).sort()) print(`variable ${printable(name)}`)
  for (const { rule, why } of notLive) print(`not live ${printable(rule)}: ${why}`)
  print(coloured("# invocation", "dim"))
  print(words.map(word => printable(shellQuoted(word))).join(" "))
  for (const { number, content } of invocation.descriptors)
    print(coloured(`# descriptor ${number}: ${content.length} bytes`, "dim"))
  return exitCode.ok
}

function mountLabel(mount: Mount): string {
  switch (mount.kind) {
    case "host":
      return mount.access
    case "hidden-directory":
    case "hidden-file":
      return "deny"
    case "sealed":
      return "seal"
    default:
      return mount.kind
  }
}
