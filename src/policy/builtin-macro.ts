/**
 * Runs while the binary is built (a Bun macro): reads, checks and compiles policies/, so that a launch does none
 * of it. A mistake in a built-in policy fails the build.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { buildLayer } from "./build-layer.ts"
import { compactLayer } from "./compact.ts"
import type { Layer } from "./layer.ts"
import { parsePolicy } from "./parse.ts"
import { placeholders } from "./placeholders.ts"
import { profileFileSchema } from "./schema.ts"

/** One file of policies/, ready to be used. */
export type BuiltinText = {
  name: string
  layer: "base" | "preset" | "toolchain" | "agent"
  binaries: string[]
  packages: string[]
  /** JSON of a CompactLayer; text, so that only what a launch needs is made into objects */
  rest: string
  /** JSON of a PlaceTree whose first names may be placeholders */
  places: string
}

const folders = [
  { folder: ".", layer: "base" },
  { folder: "05-presets", layer: "preset" },
  { folder: "10-toolchains", layer: "toolchain" },
  { folder: "20-agents", layer: "agent" },
] as const

export function builtinTexts(): BuiltinText[] {
  const files = folders.flatMap(({ folder, layer }) =>
    readdirSync(join(policies, folder))
      .filter(file => file.endsWith(".yaml"))
      .sort()
      .map(file => readProfile(join(folder, file), layer)),
  )
  return files.map(({ file, built, named }) => ({ ...named, ...textsOf(built, [file]) }))
}

const policies = join(import.meta.dir, "../../policies")

function readProfile(path: string, layer: BuiltinText["layer"]) {
  const file = `built-in:${basename(path)}`
  const parsed = parsePolicy(readFileSync(join(policies, path), "utf8"), file, profileFileSchema)
  const { agent, toolchain } = parsed.content
  const named = {
    name: basename(path, ".yaml").replace(/^\d+-/, ""),
    layer,
    binaries: agent?.binaries ?? toolchain?.binaries ?? [],
    packages: agent?.packages ?? [],
  }
  return { file, named, built: buildLayer(parsed, { name: layer, variables: placeholders, mayLock: true }) }
}

function textsOf(layer: Layer, files: readonly string[]): Pick<BuiltinText, "rest" | "places"> {
  const { rest, places } = compactLayer(layer, files)
  return { rest: JSON.stringify(rest), places: JSON.stringify(places) }
}
