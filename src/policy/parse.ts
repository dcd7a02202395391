/**
 * Policy text → checked data, or every problem of the text at once with its line and column.
 * The YAML parser and the schema are loaded by the first policy file, not by every launch.
 */
import * as v from "valibot"
import { PolicyError, type Problem } from "../base/error.ts"
import { issueProblems, rangeStart, type Step, sortedProblems } from "./issue-problems.ts"
import type { Source } from "./source.ts"
import { readYaml } from "./yaml.ts"

export { type Step, sortedProblems } from "./issue-problems.ts"

/** A document that passed its schema. */
export type ParsedPolicy<T> = {
  content: T
  /** where the value at the end of `steps` is written */
  locate: (steps: readonly Step[]) => Source
}

/** The schema is broken in places; the rest can still be read for more problems. */
export class SchemaError extends PolicyError {
  readonly rest: ParsedPolicy<unknown>
  constructor(problems: readonly Problem[], rest: ParsedPolicy<unknown>) {
    super(problems)
    this.rest = rest
  }
}

/**
 * @param file the name that problems and sources carry
 * @throws PolicyError with all problems of the text
 */
export function parsePolicy<Schema extends v.GenericSchema>(
  text: string,
  file: string,
  schema: Schema,
): ParsedPolicy<v.InferOutput<Schema>> {
  const { document, content, at } = readYaml(text, file)
  const locate = (steps: readonly Step[]) => at(rangeStart(document, steps))
  const result = v.safeParse(schema, content)
  const problems = issueProblems(result.issues ?? [], { document, at, schema, content })
  if (result.success && problems.length === 0) return { content: result.output, locate }
  const steps = (result.issues ?? []).map(issue => (issue.path ?? []).map(item => item.key as Step))
  throw new SchemaError(sortedProblems(problems), { content: withoutParts(content, steps), locate })
}

/** The content without what the schema refused: keys go, items become null, so that the others keep their place. */
function withoutParts(content: unknown, parts: readonly (readonly Step[])[]): unknown {
  if (parts.some(steps => steps.length === 0)) return {}
  const rest = structuredClone(content)
  for (const steps of parts) {
    const holder = steps
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<Step, unknown> | null | undefined)?.[step], rest)
    const last = steps.at(-1) ?? ""
    if (Array.isArray(holder)) holder[Number(last)] = null
    else if (typeof holder === "object" && holder !== null) delete (holder as Record<Step, unknown>)[last]
  }
  return rest
}
