/** Policy files from the disk, and what they extend, as layers. */
import { didYouMean } from "../base/closest-word.ts"
import { PolicyError, type Problem, UserError } from "../base/error.ts"
import { absolutePath, isWithin, parentOf } from "../base/path.ts"
import { printable } from "../base/printable.ts"
import { buildLayer } from "./build-layer.ts"
import { builtinLayer, profileNames } from "./builtin.ts"
import { asLayer, type Layer } from "./layer.ts"
import type { ParsedPolicy } from "./parse.ts"
import { expandVariables, type PathVariables } from "./path-pattern.ts"
import { readPolicyFile, realPath } from "./policy-file.ts"
import type { ProfileFile } from "./schema.ts"
import type { LayerName, Source } from "./source.ts"

/** A policy file and what it extends. */
export type PolicyReading = {
  layers: Layer[]
  /** every file that was read, in reading order: none may be writable inside */
  files: { path: string; text: string }[]
}

export type LoadContext = {
  name: LayerName
  variables: PathVariables
  mayLock: boolean
  /** a repository's policy may extend files of the repository only */
  confineTo: string | undefined
}

/** More is a mistake or an attack. */
const extendsMax = 32

/**
 * The layers of one policy file: what it extends first, then itself.
 * @returns undefined when the file does not exist
 * @throws PolicyError with every problem of the first broken file
 * @throws UserError when it cannot be read
 */
export async function loadPolicy(
  path: string,
  shown: string,
  context: LoadContext,
): Promise<PolicyReading | undefined> {
  const loaded = readPolicyFile(path)
  switch (loaded.kind) {
    case "missing":
      return undefined
    case "unreadable":
      throw new UserError(
        `${printable(shown)} cannot be read: ${loaded.why}`,
        "make it a readable file, or remove it",
      )
    case "ok":
      return readingOf({ path, shown, text: loaded.text, trail: [path], seen: { count: 1 } }, context)
  }
}

/** `seen` counts all files of a reading: a few that extend each other twice would be read a million times. */
type Opened = { path: string; shown: string; text: string; trail: string[]; seen: { count: number } }

async function readingOf(opened: Opened, context: LoadContext): Promise<PolicyReading> {
  // Loaded by the first policy file: the YAML parser and the schema cost 3 ms that a launch without one saves.
  const [parser, { policyFileSchema }] = await Promise.all([import("./parse.ts"), import("./schema.ts")])
  const { parsed, own } = readLayer(opened, context, { ...parser, policyFileSchema })
  const reading: PolicyReading = { layers: [], files: [{ path: opened.path, text: opened.text }] }
  for (const [index, name] of (parsed.content.extends ?? []).entries()) {
    const source = parsed.locate(["extends", index])
    const extended = await extendedReading(name, source, { opened, context })
    reading.layers.push(...extended.layers)
    reading.files.push(...extended.files)
  }
  return { layers: [...reading.layers, own], files: reading.files }
}

type Tools = typeof import("./parse.ts") & Pick<typeof import("./schema.ts"), "policyFileSchema">

/** @throws PolicyError with every problem of the file: of its shape, and of the paths, globs and hosts in it */
function readLayer(opened: Opened, context: LoadContext, tools: Tools) {
  try {
    const parsed = tools.parsePolicy(opened.text, opened.shown, tools.policyFileSchema)
    return { parsed, own: buildLayer(parsed, context) }
  } catch (cause) {
    if (!(cause instanceof tools.SchemaError)) throw cause
    throw new PolicyError(tools.sortedProblems([...cause.problems, ...problemsOfRest(cause.rest, context)]))
  }
}

function problemsOfRest(rest: ParsedPolicy<unknown>, context: LoadContext): readonly Problem[] {
  try {
    buildLayer(rest as ParsedPolicy<ProfileFile>, context)
    return []
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause
    return cause.problems
  }
}

type Extending = { opened: Opened; context: LoadContext }

async function extendedReading(
  name: string,
  source: Source,
  { opened, context }: Extending,
): Promise<PolicyReading> {
  const problem = (message: string) => new PolicyError([{ ...source, message }])
  if (!/[/~]|\.(ya?ml|json)$/.test(name)) {
    const layer = builtinLayer(name, context.variables)
    if (layer !== undefined) return { layers: [{ ...asLayer(layer, context.name) }], files: [] }
    throw problem(`there is no built-in profile "${name}"${didYouMean(name, profileNames())}`)
  }
  const path = absolutePath(expandText(name, context.variables, problem), parentOf(opened.path))
  if (opened.trail.includes(path)) throw problem(`extends itself: ${[...opened.trail, path].join(" → ")}`)
  if (opened.seen.count++ > extendsMax) throw problem(`extends more than ${extendsMax} files in all`)
  // As written, and below by its real place: a link in the repository may lead anywhere.
  const outside = (place: string) => context.confineTo !== undefined && !isWithin(place, context.confineTo)
  const refusal = `a project's policy may extend files of the project only, not "${name}"`
  if (outside(path)) throw problem(refusal)
  const loaded = readPolicyFile(path)
  if (loaded.kind === "missing") throw problem(`"${name}" does not exist`)
  if (loaded.kind === "unreadable") throw problem(`"${name}" cannot be read: ${loaded.why}`)
  if (outside(realPath(path))) throw problem(refusal)
  return readingOf(
    { path, shown: name, text: loaded.text, trail: [...opened.trail, path], seen: opened.seen },
    context,
  )
}

function expandText(
  name: string,
  variables: PathVariables,
  problem: (message: string) => PolicyError,
): string {
  try {
    return expandVariables(name, variables)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw problem(cause.message)
  }
}
