/** Which of two values of a setting allows less. Needed for locks and for the word of an untrusted repository. */
import { type Access, accesses, type SettingName, type Settings } from "./layer.ts"
import { environmentModes, homeAccess, liveModes, networkModes } from "./vocabulary.ts"

/** From least to most permissive, per setting; a limit compares by its amount. */
const orders: { readonly [Name in SettingName]: (value: Settings[Name]) => number } = {
  strict: value => (value ? 0 : 1),
  readonly: value => (value ? 0 : 1),
  home: value => homeAccess.indexOf(value),
  live: value => liveModes.indexOf(value),
  networkMode: value => networkModes.indexOf(value),
  ask: value => (value === "never" ? 0 : 1),
  askTimeout: secondsOf,
  environmentMode: value => environmentModes.indexOf(value),
  nestedUserns: value => (value === "deny" ? 0 : 1),
  memory: bytesOf,
  cpus: value => value,
  processes: value => value,
  time: secondsOf,
}

/** How much a value of a setting permits; comparable between values of the same setting. */
export function permissiveness<Name extends SettingName>(name: Name, value: Settings[Name]): number {
  return orders[name](value)
}

/** The access that allows less. */
export function stricterAccess(a: Access, b: Access): Access {
  return accesses.indexOf(a) <= accesses.indexOf(b) ? a : b
}

/** `8GB`, `512MiB`, `100` → bytes; sizes count in 1024. */
export function bytesOf(size: string): number {
  const [, amount = "0", unit = ""] = /^(\d+(?:\.\d+)?)\s?([KMGT]?)/i.exec(size) ?? []
  return Number(amount) * 1024 ** (unit === "" ? 0 : 1 + "KMGT".indexOf(unit.toUpperCase()))
}

/** `2h`, `1h30m`, `90s` → seconds. */
export function secondsOf(duration: string): number {
  const seconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 }
  return [...duration.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)].reduce(
    (sum, [, amount, unit = "s"]) => sum + Number(amount) * (seconds[unit] ?? 1),
    0,
  )
}
