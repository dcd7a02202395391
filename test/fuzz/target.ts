/**
 * What a target is, and one run of it. fast-check makes its inputs from a seed: the same seed gives the same inputs in
 * the same order, and the path that a failure prints leads to the smallest input that fails.
 */
import fc from "fast-check"

export type Target = {
  name: string
  /** its part of the time, against the others' */
  weight: number
  /** inputs of the short run that is part of `npm test` */
  runs: number
  /** why it cannot run here */
  skip: string | undefined
  check: (bounds: Bounds) => Promise<Result>
}

export type Bounds = {
  seed: number
  /** at most so many inputs */
  runs: number
  /** at most so long */
  milliseconds: number
  /** the way to one input, as a failure prints it; that alone is run */
  path?: string | undefined
}

export type Result = {
  /** inputs that were tried */
  runs: number
  failure: Failure | undefined
}

export type Failure = {
  path: string
  /** the input as code */
  input: string
  why: string
}

type About = Pick<Target, "name" | "weight" | "runs"> & { skip?: string | undefined }

/** A target: what must hold for each input. It throws where that does not hold. */
export function target<T>(
  about: About,
  input: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
): Target {
  const property = fc.asyncProperty(input, async value => holds(value))
  return {
    ...about,
    skip: about.skip,
    check: async ({ seed, runs, milliseconds, path }) => {
      const limit = { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false }
      const bounds =
        path === undefined ? { numRuns: runs, ...limit } : { numRuns: 1, path, endOnFailure: true }
      const details = await fc.check(property, { seed, ...bounds })
      return { runs: details.numRuns, failure: failureOf(details) }
    },
  }
}

function failureOf<T>(details: fc.RunDetails<[T]>): Failure | undefined {
  const { failed, counterexamplePath, counterexample, errorInstance } = details
  if (!failed) return undefined
  const why = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : errorInstance
  return { path: counterexamplePath ?? "", input: fc.stringify(counterexample?.[0]), why: String(why) }
}

/** The environment that runs the input of a failure once more. */
export function replayOf(name: string, seed: number, path?: string): string {
  const way = path === undefined ? "" : ` FUZZ_PATH=${path}`
  return `FUZZ_SEED=${seed} FUZZ_TARGET=${name}${way} npm run fuzz`
}
