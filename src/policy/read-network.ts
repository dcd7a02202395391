/** The sections `network` and `credentials` of a policy. */
import { closableInNetwork, closableNetworkNames } from "./closed-lists.ts"
import type { Credential } from "./credential.ts"
import { type HostPattern, hostPattern } from "./host-pattern.ts"
import type { Layer } from "./layer.ts"
import { exactPath, type LayerReader } from "./layer-reader.ts"
import type { PathVariables } from "./path-pattern.ts"
import type { ProfileFile } from "./schema.ts"

export function readNetwork(reader: LayerReader, layer: Layer): void {
  const section = reader.content.network ?? {}
  const { variables } = reader.context
  const read = { allow: allowedHost, deny: hostPattern }
  for (const verdict of ["allow", "deny"] as const)
    for (const rule of reader.list(["network", verdict], section[verdict], read[verdict]))
      layer.hosts.push({ ...rule, verdict })
  if (section.locked === true && section.allow?.length === 0)
    reader.refuse(["network", "allow"], 'a locked list of no hosts says nothing; write mode: "off"')
  for (const list of closableNetworkNames) {
    const key = closableInNetwork[list]
    const isNone = section.locked === true && section[key]?.length === 0
    const none = isNone ? reader.value(["network", key], () => list) : undefined
    if (none !== undefined) layer.none.push(none)
  }
  const ports = (key: "host_ports" | "expose") =>
    (section[key] ?? []).flatMap((port, index) => reader.value(["network", key, index], () => port) ?? [])
  layer.hostPorts.push(...ports("host_ports"))
  layer.expose.push(...ports("expose"))
  layer.sockets.push(
    ...reader.list(["network", "unix_sockets"], section.unix_sockets, text => exactPath(text, variables)),
  )
  reader.setting(layer, "networkMode", ["network", "mode"], section.mode)
  reader.setting(layer, "ask", ["network", "ask"], section.ask)
  reader.setting(layer, "askTimeout", ["network", "ask_timeout"], section.ask_timeout)
}

/** @throws SyntaxError also for what no connection would ever be held against */
function allowedHost(text: string): HostPattern {
  const pattern = hostPattern(text)
  const { kind, host, port } = pattern
  const own = kind === "address" ? ["0.0.0.0/32", "::/128"].includes(host) : /^(.*\.)?localhost$/.test(host)
  if (own)
    throw new SyntaxError(
      `"${text}" is the sandbox itself when it is used inside; for ports of this machine write host_ports: [${port ?? 3000}]`,
    )
  return pattern
}

/**
 * A secret's own place is closed to the command: its file cannot be read inside, and neither its variable nor the one
 * that the placeholder will have passes from the host.
 */
export function readCredentials(reader: LayerReader, layer: Layer): void {
  const { variables } = reader.context
  const names = new Set<string | undefined>()
  for (const [index, item] of (reader.content.credentials ?? []).entries()) {
    // Of what the schema refused, some or all is missing.
    const { name, from, hosts, as, locked } = (item ?? {}) as Partial<CredentialItem>
    const steps = ["credentials", index] as const
    const patterns = reader.list([...steps, "hosts"], hosts, credentialHost).map(({ value }) => value)
    if (names.has(name)) reader.refuse([...steps, "name"], `${name} has a credential already; keep one`)
    if (name !== undefined) names.add(name)
    const origin = from && reader.value([...steps, "from"], () => originOf(from, variables), locked)
    const sourced = reader.value(steps, () => name, locked)
    if (name === undefined || as === undefined || origin === undefined || sourced === undefined) continue
    layer.credentials.push({
      ...sourced,
      value: { name, from: origin.value, hosts: patterns, as: formOf(as) },
    })
    if (origin.value.kind === "file")
      layer.paths.push({
        ...origin,
        value: { kind: "exact", path: origin.value.path },
        access: "deny",
        role: "policy",
      })
    const named = origin.value.kind === "variable" ? [name, origin.value.name] : [name]
    for (const value of new Set(named)) layer.variables.push({ ...origin, value, verdict: "remove" })
  }
}

type CredentialItem = NonNullable<ProfileFile["credentials"]>[number]

/** @throws SyntaxError also for what a secret may not be sent to */
function credentialHost(text: string): HostPattern {
  const pattern = hostPattern(text)
  if (pattern.request !== undefined)
    throw new SyntaxError(`"${text}": a credential is for a host; write "${text.trim().split(/\s/)[0]}"`)
  if (pattern.kind === "any" || pattern.kind === "address")
    throw new SyntaxError(
      `"${text}": a credential is for hosts by name, such as "api.github.com" or "*.corp.example"`,
    )
  return pattern
}

function originOf(
  { variable, file, command }: CredentialItem["from"],
  variables: PathVariables,
): Credential["from"] {
  if (variable !== undefined) return { kind: "variable", name: variable }
  if (file !== undefined) return { kind: "file", path: exactPath(file, variables) }
  const words = command ?? []
  // What stands in the project would run on the host, and the project is the sandbox's to change.
  if (/^[^/]+\//.test(words[0] ?? ""))
    throw new SyntaxError(
      `"${words[0]}" depends on where it is run; write the name of the program, or its full path`,
    )
  return { kind: "command", words }
}

function formOf(form: CredentialItem["as"]): Credential["as"] {
  if (form === "bearer") return { kind: "bearer" }
  if (form.header !== undefined) return { kind: "header", name: form.header }
  if (form.basic !== undefined) return { kind: "basic", user: form.basic }
  return { kind: "query", name: form.query ?? "" }
}
