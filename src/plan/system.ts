/** Rules that no file can hold, because they name places of this machine. */
import { isWithin } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import { emptyLayer, type Layer } from "../policy/layer.ts"
import { placeProtection } from "../policy/protection.ts"
import { sourceOf } from "../policy/source.ts"

/** Parts of the host's /run that programs cannot do without: name resolution, and NixOS's system profile. */
const neededOfRun = ["/etc/resolv.conf", "/run/current-system", "/run/opengl-driver"]

/** What a launch protects of its own, and what it shows of a private directory. */
export function ownLayer(files: readonly string[], facts: PathFacts): Layer {
  const layer = emptyLayer("base")
  const common = { layer: "base", locked: true } as const
  for (const file of files)
    for (const path of new Set([file, facts(file).canonical]))
      layer.protections.push({
        ...common,
        value: placeProtection(path),
        effect: "protect",
        source: sourceOf("built-in: Cordon's own files"),
      })
  for (const path of neededOfRun.map(name => facts(name).canonical)) {
    if (!isWithin(path, "/run") || facts(path).kind === "missing") continue
    layer.paths.push({
      ...common,
      locked: false,
      value: { kind: "exact", path },
      access: "read",
      role: "policy",
      source: sourceOf("built-in: what programs need of /run"),
    })
  }
  return layer
}

/** The command itself, readable in strict mode. */
export function programLayer(needs: readonly string[]): Layer {
  const layer = emptyLayer("base")
  for (const path of new Set(needs))
    layer.paths.push({
      layer: "base",
      locked: false,
      value: { kind: "exact", path },
      access: "read",
      role: "policy",
      source: sourceOf("built-in: the command itself"),
    })
  return layer
}
