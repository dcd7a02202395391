/**
 * What every backend has to do, tried from outside with the real program. A backend's own test file calls
 * `backendContract` with what it cannot do and why; those reasons are the parity table of the documentation.
 */
import { describe, expect, test } from "bun:test"
import type { RunOptions } from "../support/world.ts"
import { World, type WorldRequest } from "../support/world.ts"
import { commandPromises } from "./command.ts"
import { confinementPromises } from "./confinement.ts"

/** One promise: a world to try it in, already bound to the backend. */
export type Promised = (backend: Backend) => Promise<void>

/** Runs commands under the backend that is being tried. */
export class Backend {
  readonly name: string
  readonly #env: Readonly<Record<string, string>>

  /** @param env variables of every run */
  constructor(name: string, env: Readonly<Record<string, string>>) {
    this.name = name
    this.#env = env
  }

  world(request: WorldRequest = {}): World {
    return new World({ ...request, env: this.#env })
  }

  /** Runs `cordon --backend NAME OPTIONS -- COMMAND`. */
  run(world: World, command: readonly string[], options: RunOptions = {}) {
    return world.cordon([...this.options(options), "--", ...command], options)
  }

  /** Runs a shell script inside. */
  shell(world: World, script: string, options: RunOptions = {}) {
    return this.run(world, ["sh", "-c", script], options)
  }

  /** Cordon's own options for a run. */
  options(options: RunOptions = {}): string[] {
    return ["--backend", this.name, ...(options.options ?? [])]
  }
}

export const promises = { ...commandPromises, ...confinementPromises }

export type PromiseName = keyof typeof promises

/** Promise → why this backend cannot keep it. */
export type Skips = Readonly<Partial<Record<PromiseName, string>>>

/** @param env variables of every run, where the backend cannot do what holds without them */
export function backendContract(
  name: string,
  skips: Skips = {},
  env: Readonly<Record<string, string>> = {},
): void {
  describe(`the ${name} backend`, () => {
    for (const [promise, keep] of Object.entries(promises) as [PromiseName, Promised][]) {
      const reason = skips[promise]
      const title = reason === undefined ? promise : `${promise} [skipped when ${reason}]`
      test.skipIf(reason !== undefined)(title, () => keep(new Backend(name, env)))
    }
    test("skips only what there is to skip", () => {
      expect(Object.keys(skips).filter(skip => !(skip in promises))).toEqual([])
    })
  })
}
