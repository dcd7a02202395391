/**
 * The program. What it loads at once is what a launch needs that is like an earlier one; everything else loads when there
 * is none. No top-level await: bytecode needs it so.
 */
import { mendEnvironment } from "./cli/own-environment.ts"
import { ownWords } from "./cli/own-words.ts"
import { runRemembered } from "./cli/recalled-session.ts"
import { placeOf } from "./remembered/place.ts"

async function main(words: readonly string[]): Promise<number> {
  mendEnvironment(process.env)
  const place = placeOf(words)
  const remembered = place && runRemembered(words, place)
  if (remembered !== undefined) return remembered
  const { dispatch } = await import("./cli/dispatch.ts")
  return dispatch(words, place)
}

main(ownWords(process.argv.slice(2))).then(
  code => {
    process.exitCode = code
  },
  async (error: unknown) => {
    const { reportError } = await import("./cli/output.ts")
    process.exitCode = reportError(error)
  },
)
