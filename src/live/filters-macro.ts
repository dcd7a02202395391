/** Runs while the binary is built (a Bun macro): assembling the filters at every launch would cost a millisecond and more. */
import { seccompFilter } from "../kernel/seccomp-filter.ts"
import type { Architecture } from "../kernel/system-calls.ts"
import { liveFilter } from "./filter.ts"

/** Programs for seccomp(2) as base64. */
export type FilterTexts = {
  /**
   * refuses calls: with and without nested user namespaces, and by whether Landlock keeps signals within; where there are no
   * namespaces at all, by the network's mode
   */
  refusing: { scoped: ByNesting; unscoped: ByNesting; off: string; open: string }
  /** asks about calls; with or without opening for reading */
  notifying: { reads: string; writes: string; landlock: string }
}

type ByNesting = { alone: string; nested: string }

export function filterTexts(): Record<Architecture, FilterTexts> {
  return { x86_64: textsFor("x86_64"), aarch64: textsFor("aarch64") }
}

function textsFor(architecture: Architecture): FilterTexts {
  const text = (program: Uint8Array) => Buffer.from(program).toString("base64")
  const byNesting = (unscopedSignals: boolean) => ({
    alone: text(seccompFilter(architecture, { nestedUserns: false, unscopedSignals })),
    nested: text(seccompFilter(architecture, { nestedUserns: true, unscopedSignals })),
  })
  return {
    refusing: {
      scoped: byNesting(false),
      unscoped: byNesting(true),
      off: text(seccompFilter(architecture, { nestedUserns: false, withoutNamespaces: "off" })),
      open: text(seccompFilter(architecture, { nestedUserns: false, withoutNamespaces: "open" })),
    },
    notifying: {
      reads: text(liveFilter({ reads: true }, architecture)),
      writes: text(liveFilter({ reads: false }, architecture)),
      landlock: text(liveFilter({ reads: true, landlock: true }, architecture)),
    },
  }
}
