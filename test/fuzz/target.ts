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
  const check = async ({ seed, runs, milliseconds, path }: Bounds): Promise<Result> => {
    let started = 0
    let last: () => Promise<Failure | undefined> = async () => undefined
    const property = fc.asyncProperty(input, async value => {
      const index = started++
      const end = (async () => holds(value))()
      last = () => end.then(noFailure, error => failureFrom(error, { path: `${index}`, input: value }))
      await end
    })
    const limit = { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false }
    const bounds = path === undefined ? { numRuns: runs, ...limit } : { numRuns: 1, path, endOnFailure: true }
    const details = await fc.check(property, { seed, ...bounds })
    // When time is over fast-check leaves the last input alone: it still has to clean up, and may fail.
    const late = await last()
    return { runs: started, failure: failureOf(details) ?? late }
  }
  return { ...about, skip: about.skip, check }
}

function noFailure(): undefined {
  return undefined
}

function failureOf<T>(details: fc.RunDetails<[T]>): Failure | undefined {
  const { failed, counterexamplePath, counterexample, errorInstance } = details
  if (!failed) return undefined
  return failureFrom(errorInstance, { path: counterexamplePath ?? "", input: counterexample?.[0] })
}

function failureFrom(error: unknown, { path, input }: { path: string; input: unknown }): Failure {
  const why = error instanceof Error ? (error.stack ?? error.message) : error
  return { path, input: fc.stringify(input), why: String(why) }
}

/** The environment that runs the input of a failure once more. */
export function replayOf(name: string, seed: number, path?: string): string {
  const way = path === undefined ? "" : ` FUZZ_PATH=${path}`
  return `FUZZ_SEED=${seed} FUZZ_TARGET=${name}${way} npm run fuzz`
}
