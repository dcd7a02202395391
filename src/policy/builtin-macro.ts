/**
 * Runs while the binary is built (a Bun macro): reads, checks and compiles policies/, so that a launch does none
 * of it. A mistake in a built-in policy fails the build.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { buildLayer } from "./build-layer.ts"
import { parsePolicy } from "./parse.ts"
import { placeholders } from "./placeholders.ts"
import { profileFileSchema } from "./schema.ts"

/** One file of policies/, ready to be used. */
export type BuiltinText = {
  name: string
  layer: "base" | "preset" | "toolchain" | "agent"
  binaries: string[]
  packages: string[]
  /** JSON of the layer, with placeholders for the variables; text, so that only what a launch needs is made */
  json: string
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
  return {
    name: file.replace(/^\d+-|\.yaml$/g, "").replace(/\.yaml$/, ""),
    layer,
    binaries: agent?.binaries ?? toolchain?.binaries ?? [],
    packages: agent?.packages ?? [],
    json: JSON.stringify(buildLayer(parsed, { name: layer, variables: placeholders, mayLock: true })),
  }
}
