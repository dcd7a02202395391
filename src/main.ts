/** The program. No top-level await: bytecode needs it so. */

import { dispatch } from "./cli/dispatch.ts"
import { reportError } from "./cli/output.ts"
import { ownWords } from "./cli/own-words.ts"

dispatch(ownWords(process.argv.slice(2))).then(
  code => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.exitCode = reportError(error)
  },
)
