/**
 * Compact layers → layers. Written out field by field and row by row: this runs once, cold, and there spreads,
 * destructuring and callbacks take four times as long.
 */
import { type CompactLayer, type PlaceText, plainGlob } from "./compact.ts"
import { type Access, emptyLayer, type Layer, type Protection, roleOf } from "./layer.ts"
import type { PathPattern } from "./path-pattern.ts"
import type { ProtectionPattern } from "./protection.ts"

/** The layer again, without the rules for single places, which `addPlaceRules` adds. */
export function expandLayer(compact: CompactLayer): Layer {
  const { name } = compact
  const layer = emptyLayer(name)
  layer.settings = compact.settings
  const source = sourcesOf(compact.files)
  const role = roleOf(name)
  for (const row of compact.globs) {
    const value: PathPattern = { kind: "glob", glob: { text: row[1][0], alternatives: row[1][1] } }
    const from = source(row[2], row[3], row[4])
    layer.paths.push({ value, source: from, layer: name, locked: row[5] === 1, access: row[0], role })
  }
  for (const row of compact.names) {
    const names = row[2] === 0 ? plainGlob(row[1]) : { text: row[2][0], alternatives: row[2][1] }
    const value: ProtectionPattern = { kind: "anywhere", text: row[1], names }
    const from = source(row[3], row[4], row[5])
    layer.protections.push({ value, source: from, layer: name, locked: row[6] === 1, effect: row[0] })
  }
  for (const row of compact.globProtections) {
    const pattern: PathPattern = { kind: "glob", glob: { text: row[1][0], alternatives: row[1][1] } }
    const value: ProtectionPattern = { kind: "place", pattern }
    const from = source(row[2], row[3], row[4])
    layer.protections.push({ value, source: from, layer: name, locked: row[5] === 1, effect: row[0] })
  }
  for (const row of compact.variables) {
    const from = source(row[2], row[3], row[4])
    layer.variables.push({ value: row[1], source: from, layer: name, locked: row[5] === 1, verdict: row[0] })
  }
  for (const row of compact.hosts) {
    const from = source(row[2], row[3], row[4])
    layer.hosts.push({ value: row[1], source: from, layer: name, locked: row[5] === 1, verdict: row[0] })
  }
  for (const row of compact.state) {
    const from = source(row[4], row[5], row[6])
    const place = { variable: row[1] ?? undefined, below: row[2], absent: row[3] }
    layer.state.push({ value: row[0], source: from, layer: name, locked: row[7] === 1, ...place })
  }
  return layer
}

/** Adds the rules of one place, as a PlaceTree has them, to an expanded layer. */
export function addPlaceRules(layer: Layer, path: string, rules: PlaceRules): void {
  const source = sourcesOf(rules.files)
  for (const rule of rules.text.split(",")) {
    const words = rule.split(" ")
    const effect = words[0] as Access | Protection["effect"]
    const value: PathPattern = { kind: "exact", path }
    const from = source(Number(words[1]), Number(words[2]), Number(words[3]))
    const common = { source: from, layer: layer.name, locked: words[4] === "1" }
    if (effect === "protect" || effect === "unprotect")
      layer.protections.push({ value: { kind: "place", pattern: value }, ...common, effect })
    else layer.paths.push({ value, ...common, access: effect, role: roleOf(layer.name) })
  }
}

/** The rules of a place as text, and the files that they number. */
export type PlaceRules = { text: PlaceText; files: readonly string[] }

function sourcesOf(files: readonly string[]) {
  return (file: number, line: number, column: number) => ({ file: files[file] ?? "", line, column })
}
