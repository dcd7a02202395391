/** Both ways of deciding on names that come into being later (`filesystem.live`), for tests that must hold in each. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { World } from "./world.ts"

export const liveModes = ["standard", "strict"] as const
export type LiveMode = (typeof liveModes)[number]

/** The same without mounts (the landlock backend), where the engine opens everything. */
export const liveWays = [...liveModes, "landlock"] as const
export type LiveWay = (typeof liveWays)[number]

/** Options of Cordon's that choose the mode: a policy file in the world's own home. */
export function liveMode(world: World, mode: LiveWay): string[] {
  if (mode === "standard") return []
  if (mode === "landlock") return ["--backend", "landlock", "-n"]
  const file = join(world.home, "strict.yaml")
  writeFileSync(file, "filesystem: { live: strict }\n")
  return ["--config", file]
}
