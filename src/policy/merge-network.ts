/** How layers add up where the network is concerned: what a preset says gives way to what people list. */
import type { Credential } from "./credential.ts"
import type { HostRule, Layer, NetworkMode, Settings } from "./layer.ts"
import { type LayerName, rankOf, type Sourced } from "./source.ts"

/** The layers of the people here; org and project speak for others. */
const persons: readonly LayerName[] = ["environment", "user", "profile", "command line"]

/** Whether somebody wrote it, in contrast to Cordon's own lists, also where a file extends one of those. */
export function isWritten({ layer, source }: Pick<Sourced<unknown>, "layer" | "source">): boolean {
  return rankOf(layer) > rankOf("agent") && !source.file.startsWith("built-in:")
}

/** Names a host, a suffix or an address, and not everything. */
function isListing(rule: HostRule): boolean {
  return rule.verdict === "allow" && rule.value.kind !== "any" && isWritten(rule)
}

/**
 * The mode that holds. Where a preset alone shuts the network, a person who allows hosts by name opens it for the hosts
 * that are allowed, and for no others.
 * @param decided by the layers' order
 */
export function networkModeInForce(
  layers: readonly Layer[],
  decided: Sourced<NetworkMode>,
): Sourced<NetworkMode> {
  const said = layers.flatMap(layer => layer.settings.networkMode ?? [])
  const shut = decided.value === "off" && !isWritten(decided)
  if (!shut || said.some(mode => mode.value === "off" && isWritten(mode))) return decided
  const listed = layers
    .flatMap(({ hosts }) => hosts)
    .filter(rule => isListing(rule) && persons.includes(rule.layer))
    .sort((a, b) => rankOf(b.layer) - rankOf(a.layer))[0]
  return listed === undefined
    ? decided
    : { value: "filtered", source: listed.source, layer: listed.layer, locked: false }
}

/**
 * The rules that hold: all of them, but for the preset's `*` where a layer says `mode: filtered` and lists hosts, or where
 * somebody is to be asked about hosts that nobody lists.
 */
export function hostsInForce(layers: readonly Layer[], ask: Settings["ask"]): HostRule[] {
  const hosts = layers.flatMap(layer => layer.hosts)
  const filtering = layers.flatMap(({ settings: { networkMode } }) =>
    networkMode?.value === "filtered" && isWritten(networkMode) ? networkMode.layer : [],
  )
  const listed = hosts.some(rule => isListing(rule) && filtering.includes(rule.layer))
  return ask === "unlisted" || listed ? hosts.filter(rule => !isPresetStar(rule)) : hosts
}

function isPresetStar({ layer, verdict, value }: HostRule): boolean {
  return layer === "preset" && verdict === "allow" && value.kind === "any"
}

/** Of credentials for the same variable the highest layer's, or the one that is locked. */
export function credentialsInForce(layers: readonly Layer[]): Sourced<Credential>[] {
  const byName = new Map<string, Sourced<Credential>>()
  const rank = ({ layer, locked }: Sourced<unknown>) => (locked ? Number.MAX_SAFE_INTEGER : rankOf(layer))
  for (const credential of layers.flatMap(({ credentials }) => credentials)) {
    const other = byName.get(credential.value.name)
    // Of equals the later one: a file speaks after what it extends.
    if (other === undefined || rank(credential) >= rank(other)) byName.set(credential.value.name, credential)
  }
  return [...byName.values()]
}
