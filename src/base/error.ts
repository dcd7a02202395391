/**
 * The three kinds of error, visibly different. Only the first two are worth a `catch`; anything else that is
 * thrown is a bug of ours and is shown as one.
 */

/** The user can change something: a bad option, a bad policy. One sentence, one next step. */
export class UserError extends Error {
  override readonly name = "UserError"
  /** what to do next, a command or an edit */
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** The machine lacks something. The hint says how to get it. */
export class HostError extends Error {
  override readonly name = "HostError"
  /** the command or version that would do */
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** Several problems of one policy, found in one reading. */
export class PolicyError extends Error {
  override readonly name = "PolicyError"
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"))
    this.problems = problems
  }
}

/** One thing that is wrong in a policy text. */
export type Problem = {
  /** path of the file as the user knows it */
  file: string
  /** line, from 1 (0 = not a file) */
  line: number
  /** column, from 1 (0 = not a file) */
  column: number
  /** one sentence, no capital, no full stop */
  message: string
}

/** `file:line:column: message`, the form that editors and terminals make clickable; what is no file has no place. */
export function formatProblem(problem: Problem): string {
  if (problem.line === 0) return `${problem.file}: ${problem.message}`
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
}

/** Something that cannot happen did. Never caught: it ends the run with a request to report it. */
export function bug(message: string, cause?: unknown): Error {
  return new Error(`bug: ${message}`, { cause })
}
