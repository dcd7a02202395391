/**
 * Lists that only open something, so that a lock of the organisation on one can mean one thing: what it names is all
 * there is. A list that it leaves out is not locked, one that it leaves empty is: an empty list is the only way to
 * write "none".
 */
import type { Layer } from "./layer.ts"
import type { LayerName, Source, Sourced } from "./source.ts"

/** Those of the section `network`, as they are written there. */
export const closableInNetwork = {
  hostPorts: "host_ports",
  expose: "expose",
  sockets: "unix_sockets",
} as const
export type ClosableInNetwork = keyof typeof closableInNetwork
export type ClosableList = ClosableInNetwork | "optional"
export const closableNetworkNames = Object.keys(closableInNetwork) as ClosableInNetwork[]
export const closableNames: readonly ClosableList[] = [...closableNetworkNames, "optional"]

/** `network.host_ports`, as people know it. */
export function listName(list: ClosableList): string {
  return list === "optional" ? list : `network.${closableInNetwork[list]}`
}

/** A list that is closed, and by which words. */
export type ClosedList = {
  list: ClosableList
  layer: LayerName
  source: Source
  /** what other layers say and does not hold */
  leftOut: readonly Sourced<string | number>[]
}

export function closedLists(layers: readonly Layer[]): ClosedList[] {
  return closableNames.flatMap(list => {
    const said = layers.flatMap((layer): Sourced<string | number>[] => layer[list])
    const locked = said.filter(value => value.locked)
    const [lock] = [...locked, ...layers.flatMap(({ none }) => none.filter(({ value }) => value === list))]
    if (lock === undefined) return []
    const named = new Set(locked.map(({ value }) => value))
    const { layer, source } = lock
    return [{ list, layer, source, leftOut: said.filter(({ value }) => !named.has(value)) }]
  })
}

/** What holds of a list: all of it, or what the lock names. */
export function listInForce<T>(
  values: readonly Sourced<T>[],
  list: ClosableList,
  closed: readonly ClosedList[],
): Sourced<T>[] {
  return values.filter(value => value.locked || !closed.some(other => other.list === list))
}
