/** How often each launch is measured: the one argument of `npm run bench`. */
import { UserError } from "../src/base/error.ts"

const usual = 60
const most = 100_000

/** @throws UserError for what is no number of rounds: results without numbers would be kept like any others */
export function roundsOf(words: readonly string[]): number {
  const [word = String(usual), ...more] = words
  const rounds = Number(word)
  if (more.length > 0 || !/^[1-9]\d*$/.test(word) || rounds > most)
    throw new UserError(
      `the argument is a number of rounds from 1 to ${most}, not "${words.join(" ")}"`,
      `npm run bench -- ${usual}`,
    )
  return rounds
}
