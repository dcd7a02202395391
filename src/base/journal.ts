/**
 * What planning asks the machine, and what it hears. Everything that a plan is made from, beside the words, the environment
 * and the present directory, goes through `ask`, so that a later launch can ask the same again and see that nothing has
 * changed (remembered/).
 */

/** Plain data: what JSON can hold. */
export type Answer =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: Answer }
  | readonly Answer[]

export type Question = {
  /** which question it is: remembered/askers.ts knows how each is asked again */
  kind: string
  /** what it is about, a path mostly; "" where there is only one */
  about: string
}

export type Entry = Question & {
  /** `unanswered` when the machine did not answer */
  answer: Answer | typeof unanswered
}

export const unanswered = Symbol("unanswered")

export type Journal = {
  /** where the launch that asks may be remembered */
  place: { directory: string; key: string; home: string; words: { all: number; deciding: number } }
  entries: Entry[]
}

let journal: Journal | undefined

/** From here on questions are written down. */
export function keepJournal(place: Journal["place"]): void {
  journal = { place, entries: [] }
}

/** What was written down; from here on nothing is. @returns undefined when nobody kept a journal */
export function closeJournal(): Journal | undefined {
  const kept = journal
  journal = undefined
  return kept
}

/** Asks, and writes the answer down when a journal is kept. Nobody may change what is returned. */
export function ask<T extends Answer>(kind: string, about: string, asker: (about: string) => T): T {
  if (journal === undefined) return asker(about)
  const entry: Entry = { kind, about, answer: unanswered }
  journal.entries.push(entry)
  const answer = asker(about)
  entry.answer = answer
  return answer
}
