/** How each question of a journal is asked again, and what an answer looks like when it is kept. */
import type { Answer, Entry } from "../base/journal.ts"
import { unanswered } from "../base/journal.ts"
import { nameOf, parentOf } from "../base/path.ts"
import { askBubblewrap } from "../host/bubblewrap-file.ts"
import { askEntries, askNames } from "../host/directory.ts"
import { askEntry, kindAt } from "../host/entry.ts"
import { readSwitch } from "../host/kernel-facts.ts"
import { askMountedAgain } from "../host/mounted-again.ts"
import { askNamespaces } from "../host/namespace-doubt.ts"
import { askExecutable, askInterpreterLine } from "../host/program-file.ts"
import { askTextFile } from "../host/text-file.ts"
import { landlockAbi } from "../kernel/landlock.ts"
import { hasNotification } from "../kernel/seccomp-support.ts"
import { askLink, askPolicyFile, askRealPath } from "../policy/policy-file.ts"
import { sha256 } from "./place.ts"

/**
 * What is not here cannot be asked again, and a launch that asked it is not remembered: limits, which are measured, and
 * bound sockets, which come and go.
 */
const askers: Readonly<Record<string, (about: string) => Answer>> = {
  entry: askEntry,
  entries: askEntries,
  names: askNames,
  executable: askExecutable,
  "interpreter line": askInterpreterLine,
  "text file": askTextFile,
  switch: readSwitch,
  bubblewrap: askBubblewrap,
  "namespaces in doubt": askNamespaces,
  "mounted again": askMountedAgain,
  "Landlock ABI": landlockAbi,
  notification: hasNotification,
  "policy file": askPolicyFile,
  link: askLink,
  "real path": askRealPath,
}

/** Kind, what it is about, and a mark of the answer. */
export type KeptQuestion = readonly [kind: string, about: string, mark: string]

/** @returns undefined when one of the questions cannot be asked again, or was not answered */
export function keptQuestions(journal: readonly Entry[]): KeptQuestion[] | undefined {
  const kept = new Map<string, KeptQuestion>()
  const listed = namesListed(journal)
  const witnessed = new Set<string>()
  for (const { kind, about, answer } of journal) {
    if (!Object.hasOwn(askers, kind) || answer === unanswered) return undefined
    const question = [kind, about, markOf(answer)] as const
    // One of them stays: it tells when the names can be read and nothing can be reached by them.
    const isTold = isToldByNames(question, listed) && witnessed.has(parentOf(about))
    if (isToldByNames(question, listed)) witnessed.add(parentOf(about))
    if (!isTold) kept.set(JSON.stringify(question), question)
  }
  return [...kept.values()]
}

/** The names in each directory that was asked for all of them. */
function namesListed(journal: readonly Entry[]): Map<string, Set<Answer>> {
  const listed = new Map<string, Set<Answer>>()
  for (const { kind, about, answer } of journal)
    if (kind === "names" && Array.isArray(answer)) listed.set(about, new Set(answer))
  return listed
}

/** While a directory holds the same names, what is missing from it is missing: half of what a launch asks for. */
function isToldByNames([kind, about, mark]: KeptQuestion, listed: Map<string, Set<Answer>>): boolean {
  return kind === "entry" && mark === "missing" && listed.get(parentOf(about))?.has(nameOf(about)) === false
}

const ofProgram = new Set(["bubblewrap"])
const ofDomain = new Set([
  ...ofProgram,
  ...["policy file", "text file", "link", "real path", "Landlock ABI", "notification"],
])

/**
 * bubblewrap is started between the sooner questions and the later, on which rests what it is told to do.
 * @param scoped this process enters a Landlock domain before it starts bubblewrap, and stays in it should it have to plan
 * anew: what the policies say, which decides on that, is asked before. A link to the project that leads elsewhere by now is
 * noticed later: then the launch is planned in the domain, which takes no more than the host's abstract sockets.
 */
export function splitQuestions(questions: readonly KeptQuestion[], scoped: boolean) {
  const isSooner = ([kind]: KeptQuestion) => (scoped ? ofDomain : ofProgram).has(kind)
  return { sooner: questions.filter(isSooner), later: questions.filter(each => !isSooner(each)) }
}

/** Whether the machine gives each of the answers again. */
export function allAnswersHold(questions: readonly KeptQuestion[]): boolean {
  for (const [kind, about, mark] of questions)
    if ((isWordOfEntry(kind, mark) ? kindAt(about) : answerNow(kind, about)) !== mark) return false
  return true
}

/** Most questions are of this kind. A link's answer is no word but a hash, and no link is one of the others. */
function isWordOfEntry(kind: string, mark: string): boolean {
  return kind === "entry" && mark.length < hashLength
}

/** @returns "" where there is no answer */
function answerNow(kind: string, about: string): string {
  const asker = askers[kind]
  if (asker === undefined) return ""
  try {
    return markOf(asker(about))
  } catch (cause) {
    // It was answered before; whoever plans anew hears why it is not now, and says so.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return ""
  }
}

const hashLength = 64

/** Short and without a secret: one word, or a hash of what would tell what is in a file. */
function markOf(answer: Answer): string {
  if (typeof answer === "object" && "kind" in answer && answer.target === "") return String(answer.kind)
  if (typeof answer === "boolean" || typeof answer === "number") return String(answer)
  return sha256(JSON.stringify(answer) ?? "undefined")
}
