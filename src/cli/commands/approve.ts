/** `cordon approve`: what waits in running sessions for a person's word, and the word. */
import { UserError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import type { PersonAnswer } from "../../network/people/answer.ts"
import { askSession, runningSessions } from "../../network/people/control-client.ts"
import { holdDialog, keyOf, questionText } from "../approve-dialog.ts"
import { type Asked, answerOf, idOf, questionsNamed, questionsOf } from "../approve-request.ts"
import type { ParsedArguments } from "../arguments.ts"
import { giveAnswer } from "../give-answer.ts"
import { print, printJson, say } from "../output.ts"
import { refuseInside, sessionText } from "../outside.ts"
import { isGiven, optionValue } from "../request.ts"
import { watchQuestions } from "../watch-questions.ts"

export async function approveCommand({ given, rest }: ParsedArguments): Promise<number> {
  refuseInside("approve")
  const [word, ...more] = rest
  const answer = answerOf(given)
  const pattern = optionValue(given, "pattern")
  const watches = isGiven(given, "watch")
  const isSpecific = [word, answer, pattern].some(value => value !== undefined)
  if (more.length > 0) throw new UserError("approve takes one host, or one id", example)
  if (watches && isSpecific)
    throw new UserError("--watch asks about all that comes", "leave out the rest, or --watch")
  if (isGiven(given, "json")) {
    if (watches || isSpecific)
      throw new UserError("--json lists what waits, and answers nothing", "write cordon approve --json")
    return printQuestions()
  }
  if (watches) return watch()
  if (word !== undefined) return approveOne(word, answer, pattern)
  if (isSpecific) throw new UserError("an answer needs a question", example)
  return showQuestions()
}

const example = "write cordon approve example.com --once"

async function approveOne(
  word: string,
  answer: PersonAnswer | undefined,
  pattern: string | undefined,
): Promise<number> {
  const found = questionsNamed(word, questionsOf(await runningSessions()))
  if (answer !== undefined) {
    for (const asked of found) say(await giveAnswer(asked, answer, pattern))
    return exitCode.ok
  }
  if (pattern !== undefined || !isTerminal())
    throw new UserError("there is no answer", "add --once, --session, --always or --deny")
  await dialogOver(found)
  return exitCode.ok
}

function isTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

async function printQuestions(): Promise<number> {
  const data = questionsOf(await runningSessions()).map(asked => ({
    id: idOf(asked),
    session: asked.session.session,
    project: asked.session.project,
    command: asked.session.command,
    host: asked.question.host,
    port: asked.question.port,
    program: asked.question.program,
    process: asked.question.process,
    connections: asked.question.connections,
    until: asked.question.until,
    patterns: asked.question.patterns,
  }))
  printJson("Questions", data)
  return exitCode.ok
}

async function showQuestions(): Promise<number> {
  const asked = questionsOf(await runningSessions())
  if (asked.length === 0) say("nothing waits")
  else if (isTerminal()) await dialogOver(asked)
  else for (const each of asked) print(`${questionText(each)}, session ${sessionText(each.session)}`)
  return exitCode.ok
}

/** The questions that wait now, as long as they do. */
async function dialogOver(asked: readonly Asked[]): Promise<void> {
  const queue = [...asked]
  await holdDialog({
    next: async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        if (await waits(next)) return next
      return undefined
    },
    waits,
  })
}

async function waits(asked: Asked): Promise<boolean> {
  const reply = await askSession(asked.session.session, { kind: "status" })
  if (reply?.kind !== "status") return false
  return questionsOf([reply.status]).some(each => keyOf(each) === keyOf(asked))
}

async function watch(): Promise<number> {
  if (!isTerminal())
    throw new UserError("--watch needs a terminal to ask on", "see what waits: cordon approve --json")
  say("questions of running sessions come here; q ends it")
  using watching = watchQuestions()
  await holdDialog({ next: done => watching.next(done), waits })
  return exitCode.ok
}
