/** `--dry-run`: the plan and the exact invocation, for people or as JSON. */
import { exitCode } from "../base/exit-code.ts"
import { printable, shellQuoted } from "../base/printable.ts"
import type { Descriptor } from "../kernel/invocation.ts"
import type { BareSandbox, GroupValue, LaunchPlan, Limits, Mount, NetworkPlan } from "../plan/launch-plan.ts"
import { shownNetwork } from "../plan/network.ts"
import { credentialText } from "../policy/credential.ts"
import { hostText } from "../policy/host-pattern.ts"
import { isWritten } from "../policy/merge-network.ts"
import type { Prepared } from "../run.ts"
import { invocationOf, lastStepsOf } from "../steps.ts"
import { coloured, print, printJson } from "./output.ts"
import { plannedOf } from "./planned.ts"

export function printDryRun(prepared: Prepared, json: boolean): number {
  const planned = plannedOf(prepared)
  const signals = { restoredSignals: [], signalMask: 0n }
  const last = lastStepsOf(planned, signals)
  const invocation = invocationOf(planned, signals)
  if (json) printJson("LaunchPlan", documentOf(prepared, last, invocation))
  else {
    printPlan(prepared.plan)
    printInvocation(invocation)
  }
  return exitCode.ok
}

function documentOf(
  { plan, program }: Prepared,
  last: ReturnType<typeof lastStepsOf>,
  invocation: ReturnType<typeof invocationOf>,
) {
  return {
    plan: { ...plan, network: shownNetwork(plan.network) },
    program,
    invocation: {
      ...invocation,
      descriptors: invocation.descriptors.map(({ number, content }) => ({
        number,
        content: typeof content === "string" ? content : null,
      })),
    },
    lastSteps: {
      program: last.program,
      words: last.words,
      environment: Object.keys(last.environment),
      landlock: last.landlock ?? null,
      guardian: last.guardian.kind,
    },
  }
}

function printPlan(plan: LaunchPlan): void {
  print(coloured("# plan", "dim"))
  print(`project  ${printable(plan.project)}`)
  print(`command  ${plan.command.map(word => printable(shellQuoted(word))).join(" ")}`)
  for (const text of networkTexts(plan.network)) print(printable(text))
  for (const mount of plan.mounts)
    print(
      `${mountLabel(mount).padEnd(8)} ${printable(mount.path)}  ${coloured(`# ${printable(mount.why)}`, "dim")}`,
    )
  for (const { path } of plan.landlock?.writable ?? []) print(`landlock ${printable(path)}`)
  if (plan.bare !== undefined) for (const text of bareTexts(plan.bare)) print(printable(text))
  if (plan.live?.carriesOutReads === true) print("live     strict  # what is read is opened by Cordon")
  for (const text of limitTexts(plan.limits)) print(`limit    ${printable(text)}`)
  for (const path of plan.create) print(`create   ${printable(path)}`)
  for (const name of Object.keys(plan.environment).sort()) print(`variable ${printable(name)}`)
}

function printInvocation({ program, words, descriptors, late }: ReturnType<typeof invocationOf>): void {
  const remark = (text: string) => print(coloured(`# ${text}`, "dim"))
  remark("invocation")
  print([program, ...words].map(word => printable(shellQuoted(word))).join(" "))
  for (const { number, content } of descriptors) remark(`descriptor ${number}: ${describe(content)}`)
  if (late === undefined) return
  remark(`descriptor ${late.file}: the last steps, made in the meantime`)
  remark(`descriptor ${late.options}: a pipe, through which all options are handed over (--args)`)
}

/** Rules as people write them; those of the built-in profiles are many, and `cordon policy show` has them. */
function networkTexts(network: NetworkPlan): string[] {
  const shown = shownNetwork(network)
  if (shown.mode !== "filtered") return [`network  ${shown.mode}`]
  const { rules, ask, hostPorts, expose, proxy, credentials } = shown
  return [
    `network  filtered, ${rules.length} rules${ask === "unlisted" ? ", others asked about" : ""}`,
    ...rules.filter(isWritten).map(({ verdict, value }) => `${verdict.padEnd(8)} ${hostText(value)}`),
    ...hostPorts.map(port => `port     127.0.0.1:${port} is the host's`),
    ...expose.map(port => `expose   ${port}`),
    ...(proxy === undefined ? [] : [`proxy    ${proxy.url}`]),
    ...credentials.map(credential => `secret   ${credentialText(credential)}`),
  ]
}

/** Landlock alone: what it lets be read and executed, and where the session's own files lie. */
function bareTexts({ directory, readable }: BareSandbox): string[] {
  return [...readable.map(({ path }) => `allow    ${path}`), `session  ${directory}  # gone with it`]
}

function limitTexts({ timeMs, resources, group }: Limits): string[] {
  const values = (each: readonly GroupValue[]) => each.map(({ file, value }) => `${file} ${value}`).join(", ")
  const groups =
    group?.kind === "directories"
      ? group.directories.map(
          directory => `${values(directory.values)}  # a control group in ${directory.parent}`,
        )
      : group && [`${values(group.values)}  # a scope of systemd's ${group.manager} manager`]
  const units = { processes: "processes and threads", data: "bytes of private memory for each process" }
  return [
    ...(timeMs === undefined ? [] : [`${timeMs / 1000} s`]),
    ...resources.map(({ resource, most }) => `${most} ${units[resource]}`),
    ...(groups ?? []),
  ]
}

/** Bytes are the program of the last steps, which holds the values of variables: they are not for a screen. */
function describe(content: Descriptor["content"]): string {
  return typeof content === "string" ? `${content.length} bytes` : `the last steps, ${content.length} bytes`
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
