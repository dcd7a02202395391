/** The questions of running sessions, put to a person at a terminal, one at a time. */
import { HostError, PolicyError, UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import type { PersonAnswer } from "../network/people/answer.ts"
import { programText } from "../network/people/question.ts"
import { type Asked, idOf, placeOf } from "./approve-request.ts"
import { giveAnswer } from "./give-answer.ts"
import { coloured, reportError, say } from "./output.ts"
import { sessionText } from "./outside.ts"
import { TypedLines } from "./typed-lines.ts"

const answers: Readonly<Record<string, PersonAnswer>> = { o: "once", s: "session", a: "always", d: "deny" }

export type Dialog = {
  /** the next question that waits; waits for one itself, or gives undefined when there is none */
  next: (done: ReadonlySet<string>) => Promise<Asked | undefined>
  /** whether the question still waits */
  waits: (asked: Asked) => Promise<boolean>
}

/** Until there is no question left, or the person has enough. */
export async function holdDialog({ next, waits }: Dialog): Promise<void> {
  using lines = new TypedLines()
  const done = new Set<string>()
  const nextOrNone = () => Promise.race([next(done), lines.leaves()]).finally(() => lines.forget())
  for (let asked = await nextOrNone(); asked !== undefined; asked = await nextOrNone()) {
    if ((await put(asked, lines, waits)) === "quit") return
    done.add(keyOf(asked))
  }
}

/** One question is one, however long its session calls it so. */
export function keyOf({ session, question }: Asked): string {
  return `${session.session} ${question.id}`
}

async function put(asked: Asked, lines: TypedLines, waits: Dialog["waits"]): Promise<"next" | "quit"> {
  const { session, question } = asked
  say(`${questionText(asked)}, session ${sessionText(session)}`)
  for (let pattern = question.patterns[0] ?? placeOf(question); ; ) {
    const word = await lines.ask(
      `  ${coloured(printable(pattern), "bold", "stderr")}: [o]nce, [s]ession, [a]lways, [d]eny, [p]attern, [n]ext, [q]uit? `,
    )
    if (word === undefined || word === "q") return "quit"
    if (word === "n" || word === "") return "next"
    if (!(await waits(asked))) {
      say(`${placeOf(question)} does not wait any more`)
      return "next"
    }
    if (word === "p") {
      pattern = await choosePattern(asked, pattern, lines)
      continue
    }
    const answer = answers[word]
    if (answer === undefined) say("type one of o, s, a, d, p, n, q")
    else if (await tryAnswer(asked, answer, pattern)) return "next"
  }
}

/** @returns whether it was taken; when not, why not has been said */
async function tryAnswer(asked: Asked, answer: PersonAnswer, pattern: string): Promise<boolean> {
  try {
    say(await giveAnswer(asked, answer, pattern))
    return true
  } catch (cause) {
    if (!(cause instanceof UserError || cause instanceof HostError || cause instanceof PolicyError))
      throw cause
    reportError(cause)
    return false
  }
}

async function choosePattern({ question }: Asked, present: string, lines: TypedLines): Promise<string> {
  for (const [index, pattern] of question.patterns.entries())
    process.stderr.write(`  ${index + 1}  ${printable(pattern)}\n`)
  const word = (await lines.ask("  a number, or another pattern: ")) ?? ""
  return word === "" ? present : (question.patterns[Number(word) - 1] ?? word)
}

/** `3f2a-1  example.com:443 is asked for by curl 4711, 3 connections, 42 s left` */
export function questionText(asked: Asked): string {
  const { question } = asked
  const count = question.connections === 1 ? "" : `, ${question.connections} connections`
  const left = Math.max(0, Math.round((Date.parse(question.until) - Date.now()) / 1000))
  return `${idOf(asked)}  ${coloured(printable(placeOf(question)), "bold", "stderr")} is asked for by ${programText(question.program)} ${question.process}${count}, ${left} s left`
}
