/** A rule that is valid by itself and that no launch here can carry out. */
import { formatProblem, UserError } from "../base/error.ts"
import type { Source } from "./source.ts"

/** Knows where the rule stands, so that `cordon check` can tell which file is to blame. */
export class RuleError extends UserError {
  readonly source: Source
  /** the sentence without the place */
  readonly what: string
  constructor(source: Source, what: string, hint: string) {
    super(formatProblem({ ...source, message: what }), hint)
    this.source = source
    this.what = what
  }
}
