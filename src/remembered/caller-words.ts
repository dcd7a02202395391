/**
 * Which words of the command line a plan depends on. What follows the program's own name does not matter to it, unless an
 * agent could be meant: `sh -c 'make'` and `sh -c 'make test'` are planned alike, and `sh -c 'claude'` is not.
 */
import { agentWords } from "./agent-names-macro.ts" with { type: "macro" }

const anAgents = agentWords()

/**
 * @returns how many of the words, from the first on, decide on the plan: all of them unless a `--` seems to end options.
 * Whoever remembers a launch knows whether it did (remember.ts); the same words before it mean the same another time.
 */
export function decidingWords(words: readonly string[]): number {
  const end = words.indexOf("--")
  if (end < 0 || !areOptions(words.slice(0, end)) || mayNameAgent(words.slice(end + 1))) return words.length
  return Math.min(end + 2, words.length)
}

/** Whether no word can be the command's: each is an option, or stands behind one and may be its value. */
function areOptions(words: readonly string[]): boolean {
  const isOption = (word = "") => word.startsWith("-")
  return words.every(
    (word, index) => isOption(word) || isOption(words[index - 1]) || (index === 0 && word === "run"),
  )
}

/** Whether an agent might be recognised (command/recognise.ts): more than are, because no shell is understood here. */
export function mayNameAgent(command: readonly string[]): boolean {
  return command.some(mayHoldName)
}

/** Where nothing is taken out of a word, a name that is not in it is in none of its parts. */
function mayBeQuoted(word: string): boolean {
  return word.includes('"') || word.includes("'") || word.includes("\\")
}

/** A loop over plain texts: one expression of all names would cost each launch a millisecond. */
function mayHoldName(word: string): boolean {
  if (!mayBeQuoted(word) && !anAgents.some(name => word.includes(name))) return false
  // A name may be broken over two lines, or be spelled with quotes in it.
  if (word.includes("\\\n")) return true
  const parts = word.replace(/["'\\]/g, "").split(/(\W+)/)
  for (let at = 0; at < parts.length; at += 2) {
    const part = parts[at] ?? ""
    // An option may have its value without a space, as -p does of npx.
    const isOption = parts[at - 1]?.endsWith("-") === true
    if (anAgents.some(name => part === name || (isOption && part.endsWith(name)))) return true
  }
  return false
}
