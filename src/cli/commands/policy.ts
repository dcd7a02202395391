/** `cordon policy show|schema|init|trust` */
import { didYouMean } from "../../base/closest-word.ts"
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { printable } from "../../base/printable.ts"
import { writeTrust } from "../../host/state-directory.ts"
import { ruleText } from "../../plan/nodes.ts"
import { listName } from "../../policy/closed-lists.ts"
import { credentialText } from "../../policy/credential.ts"
import { hostText } from "../../policy/host-pattern.ts"
import { formatSource, type Sourced } from "../../policy/source.ts"
import { type LeftOut, settingNames } from "../../policy/tighten.ts"
import { contentHash } from "../../policy/trust.ts"
import { findPolicy, type PolicyInForce } from "../../run.ts"
import type { GivenOption, ParsedArguments } from "../arguments.ts"
import { plainOptions, refuseOption, refuseWords } from "../meaningful.ts"
import { coloured, print, printJson, say } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"
import { policyVerbs as verbs } from "../words.ts"
import { initPolicy } from "./policy-init.ts"

export async function policyCommand({ given, rest }: ParsedArguments): Promise<number> {
  const [verb, ...more] = rest
  const known = verbs.find(each => each === verb)
  if (known !== undefined) refuseElsewhere(known, given)
  switch (known) {
    case "show":
      refuseWords("cordon policy show", more, "write cordon policy show")
      return showPolicy(given)
    case "schema":
      refuseWords("cordon policy schema", more, "write cordon policy schema")
      return showSchema(isGiven(given, "json"))
    case "init":
      return initPolicy(given, more)
    case "trust":
      return trustPolicy(given, more)
    case undefined:
      throw new UserError(
        verb === undefined
          ? "cordon policy needs to be told what to do"
          : `there is no "cordon policy ${printable(verb)}"${didYouMean(verb, verbs)}`,
        `choose one of: ${verbs.join(", ")}`,
      )
  }
}

/** What these print is no document, or the same under every policy. */
function refuseElsewhere(verb: (typeof verbs)[number], given: readonly GivenOption[]): void {
  const command = `cordon policy ${verb}`
  if (verb === "init" || verb === "trust")
    refuseOption(
      command,
      given.find(({ name }) => name === "json"),
    )
  if (verb === "schema")
    refuseOption(
      command,
      given.find(({ name }) => name !== "json" && !plainOptions.includes(name)),
    )
}

/** The merged policy: every rule that is in force, and where it was written. */
async function showPolicy(given: readonly GivenOption[]): Promise<number> {
  const { policy, inForce } = await findPolicy(runRequest(given, [], process.env))
  if (isGiven(given, "json")) {
    printJson("Policy", { ...policy, leftOut: inForce.leftOut })
    return exitCode.ok
  }
  const line = (text: string, { layer, source, locked }: Sourced<unknown>) =>
    print(
      `${printable(text)}  ${coloured(`# ${layer}${locked ? ", locked" : ""}, ${printable(formatSource(source))}`, "dim")}`,
    )
  for (const [name, value] of Object.entries({ ...policy.settings, ...policy.limits }))
    line(`${settingNames[name as keyof typeof settingNames]}: ${value.value}`, value)
  for (const rule of policy.paths) line(ruleText(rule), rule)
  for (const rule of policy.protections) line(ruleText(rule), rule)
  for (const entry of policy.state) line(`state ${entry.value}`, entry)
  for (const rule of policy.hosts) line(`${rule.verdict} ${hostText(rule.value)}`, rule)
  for (const rule of policy.credentials) line(`credential ${credentialText(rule.value)}`, rule)
  for (const port of policy.hostPorts) line(`host port ${port.value}`, port)
  for (const port of policy.expose) line(`expose ${port.value}`, port)
  for (const socket of policy.sockets) line(`unix socket ${socket.value}`, socket)
  for (const { list, ...lock } of policy.closed)
    line(`${listName(list)}: nothing else`, { ...lock, value: list, locked: true })
  for (const rule of policy.variables) line(`${rule.verdict} variable ${rule.value}`, rule)
  for (const rule of policy.assignments) line(`set ${rule.name}`, rule)
  for (const protection of policy.optional) line(`optional ${protection.value}`, protection)
  return exitCode.ok
}

/** The schema itself, as editors want it, or within the one document of --json. */
async function showSchema(json: boolean): Promise<number> {
  const { policyJsonSchema } = await import("../json-schema.ts")
  if (json) printJson("PolicySchema", policyJsonSchema())
  else print(JSON.stringify(policyJsonSchema(), undefined, 2))
  return exitCode.ok
}

/** Shows what a repository's policy would open, and remembers exactly that content when the person agrees. */
async function trustPolicy(given: readonly GivenOption[], words: readonly string[]): Promise<number> {
  const yes = words.length === 1 && words[0] === "yes"
  if (words.length > 0 && !yes)
    throw new UserError("policy trust takes nothing, or `yes`", "write cordon policy trust")
  const found = await findPolicy(runRequest(given, [], process.env))
  const { site, inForce } = found
  const policy = inForce.project?.files[0]
  if (inForce.project === undefined || policy === undefined)
    throw new UserError("this project has no policy of its own", "write one with cordon policy init")
  if (inForce.leftOut.every(({ always }) => always)) {
    say(`${printable(policy.path)} opens nothing beyond your own policy: there is nothing to trust`)
    return exitCode.ok
  }
  showOpenings(found)
  if (!yes && !(await agrees())) {
    say("nothing was trusted")
    return exitCode.wrong
  }
  writeTrust(site.variables.xdg.XDG_STATE_HOME ?? "", policy.path, contentHash(inForce.project.files))
  say("trusted; a change of the policy will have to be trusted again")
  return exitCode.ok
}

function showOpenings({ inForce }: PolicyInForce): void {
  const line = ({ text, source }: LeftOut) => `${printable(text)}  (${printable(formatSource(source))})`
  const [never, opened] = [true, false].map(always => inForce.leftOut.filter(item => item.always === always))
  say("this project's policy would open, beyond your own:")
  for (const item of opened ?? []) say(`  ${coloured("+", "green", "stderr")} ${line(item)}`)
  for (const item of never ?? [])
    say(
      `  ${coloured("-", "red", "stderr")} ${line(item)}: left out all the same, it is not a project's to say`,
    )
}

async function agrees(): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new UserError(
      "there is no terminal to ask on",
      "look at the list above, then write cordon policy trust yes",
    )
  process.stderr.write("cordon: trust exactly this content? [y/N] ")
  for await (const line of console) return /^y(es)?$/i.test(line.trim())
  return false
}
