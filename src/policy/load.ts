/** Policy files from the disk, and what they extend, as layers. */
import { didYouMean } from "../base/closest-word.ts"
import { formatProblem, PolicyError, type Problem, UserError } from "../base/error.ts"
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
 * @throws PolicyError with every problem of the file, and of those that it extends
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
        loaded.isUnseen === true
          ? "make the directories above it searchable: chmod u+x DIRECTORY"
          : "make it a readable file, or remove it",
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
  const { parsed, own, problems } = readLayer(opened, context, { ...parser, policyFileSchema })
  const reading: PolicyReading = { layers: [], files: [{ path: opened.path, text: opened.text }] }
  for (const [index, name] of (parsed.content.extends ?? []).entries()) {
    // What the schema refused is null, so that the items after it keep their place.
    if (name === null) continue
    try {
      const extended = await extendedReading(name, parsed.locate(["extends", index]), { opened, context })
      reading.layers.push(...extended.layers)
      reading.files.push(...extended.files)
    } catch (cause) {
      if (!(cause instanceof PolicyError)) throw cause
      problems.push(...cause.problems)
    }
  }
  if (own === undefined || problems.length > 0) throw new PolicyError(inOrder(problems, opened, parser))
  return { layers: [...reading.layers, own], files: reading.files }
}

/** The file's own in the order of its lines, then those of what it extends, which may be the same file twice. */
function inOrder(
  problems: readonly Problem[],
  { shown }: Opened,
  { sortedProblems }: typeof import("./parse.ts"),
) {
  const distinct = new Map(problems.map(problem => [formatProblem(problem), problem]))
  const others = [...distinct.values()].filter(({ file }) => file !== shown)
  return [...sortedProblems(problems.filter(({ file }) => file === shown)), ...others]
}

type Tools = typeof import("./parse.ts") & Pick<typeof import("./schema.ts"), "policyFileSchema">

type OwnLayer = {
  /** where the schema refuses something, what is left of the text */
  parsed: ParsedPolicy<ProfileFile>
  own: Layer | undefined
  /** of its shape, and of the paths, globs and hosts in it */
  problems: Problem[]
}

/** @throws PolicyError when it is no YAML */
function readLayer(opened: Opened, context: LoadContext, tools: Tools): OwnLayer {
  try {
    const parsed = tools.parsePolicy(opened.text, opened.shown, tools.policyFileSchema)
    return builtOf(parsed, context)
  } catch (cause) {
    if (!(cause instanceof tools.SchemaError)) throw cause
    const { parsed, problems } = builtOf(cause.rest as ParsedPolicy<ProfileFile>, context)
    return { parsed, own: undefined, problems: [...cause.problems, ...problems] }
  }
}

function builtOf(parsed: ParsedPolicy<ProfileFile>, context: LoadContext): OwnLayer {
  try {
    return { parsed, own: buildLayer(parsed, context), problems: [] }
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause
    return { parsed, own: undefined, problems: [...cause.problems] }
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
  // It is refused already, and of each further file the same would have to be said.
  if (opened.seen.count > extendsMax + 1) return { layers: [], files: [] }
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
