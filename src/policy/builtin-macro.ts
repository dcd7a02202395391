/**
 * Runs while the binary is built (a Bun macro): reads, checks and compiles policies/, so that a launch does none
 * of it. A mistake in a built-in policy fails the build.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { buildLayer } from "./build-layer.ts"
import { compactLayer } from "./compact.ts"
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
  const root = join(import.meta.dir, "../../policies")
  return folders.flatMap(({ folder, layer }) =>
    readdirSync(join(root, folder))
      .filter(file => file.endsWith(".yaml"))
      .sort()
      .map(file => builtinText(join(root, folder, file), file, layer)),
  )
}

function builtinText(path: string, file: string, layer: BuiltinText["layer"]): BuiltinText {
  const parsed = parsePolicy(readFileSync(path, "utf8"), `built-in:${file}`, profileFileSchema)
  const { agent, toolchain } = parsed.content
  const built = buildLayer(parsed, { name: layer, variables: placeholders, mayLock: true })
  const { rest, places } = compactLayer(built, `built-in:${file}`)
  return {
    name: file.replace(/^\d+-|\.yaml$/g, "").replace(/\.yaml$/, ""),
    layer,
    binaries: agent?.binaries ?? toolchain?.binaries ?? [],
    packages: agent?.packages ?? [],
    rest: JSON.stringify(rest),
    places: JSON.stringify(places),
  }
}
