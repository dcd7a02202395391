/**
 * Runs while the binary is built (a Bun macro): reads, checks and compiles policies/, so that a launch does none
 * of it. A mistake in a built-in policy fails the build.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { buildLayer } from "./build-layer.ts"
import { compactLayer } from "./compact.ts"
import { emptyLayer, type Layer } from "./layer.ts"
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

/** All toolchains as one layer: a launch needs them together, and one text is read faster than a dozen. */
export type ToolchainText = Pick<BuiltinText, "rest" | "places">

const folders = [
  { folder: ".", layer: "base" },
  { folder: "05-presets", layer: "preset" },
  { folder: "10-toolchains", layer: "toolchain" },
  { folder: "20-agents", layer: "agent" },
] as const

export function builtinTexts(): { profiles: BuiltinText[]; toolchains: ToolchainText } {
  const files = folders.flatMap(({ folder, layer }) =>
    readdirSync(join(policies, folder))
      .filter(file => file.endsWith(".yaml"))
      .sort()
      .map(file => readProfile(join(folder, file), layer)),
  )
  const toolchains = files.filter(({ built }) => built.name === "toolchain")
  return {
    profiles: files.map(({ file, built, named }) => ({ ...named, ...textsOf(built, [file]) })),
    toolchains: textsOf(
      joined(toolchains.map(({ built }) => built)),
      toolchains.map(({ file }) => file),
    ),
  }
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

function textsOf(layer: Layer, files: readonly string[]): ToolchainText {
  const { rest, places } = compactLayer(layer, files)
  return { rest: JSON.stringify(rest), places: JSON.stringify(places) }
}

/** Layers of one kind as one: each value remembers its file. */
function joined(layers: readonly Layer[]): Layer {
  const one = emptyLayer("toolchain")
  for (const { name, settings, ...lists } of layers) {
    if (Object.keys(settings).length > 0) throw new Error(`bug: a ${name} has settings, which do not add up`)
    for (const [list, values] of Object.entries(lists))
      (one[list as keyof typeof lists] as unknown[]).push(...values)
  }
  return one
}
