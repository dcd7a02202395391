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

  constructor(name: string) {
    this.name = name
  }

  world(request: WorldRequest = {}): World {
    return new World(request)
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

const promises = { ...commandPromises, ...confinementPromises }

export type PromiseName = keyof typeof promises

/** Promise → why this backend cannot keep it. */
export type Skips = Readonly<Partial<Record<PromiseName, string>>>

export function backendContract(name: string, skips: Skips = {}): void {
  describe(`the ${name} backend`, () => {
    for (const [promise, keep] of Object.entries(promises) as [PromiseName, Promised][]) {
      const reason = skips[promise]
      const title = reason === undefined ? promise : `${promise} [skipped when ${reason}]`
      test.skipIf(reason !== undefined)(title, () => keep(new Backend(name)))
    }
    test("skips only what there is to skip", () => {
      expect(Object.keys(skips).filter(skip => !(skip in promises))).toEqual([])
    })
  })
}
