/**
 * What all scripts say and run: one line an action on stderr, and the output of a tool only when the tool fails.
 */
import { spawnSync } from "node:child_process"

/** Something the reader of the message can change; shown as one sentence without a stack. */
export class Refusal extends Error {}

/** One line on stderr; stdout belongs to results. */
export function say(script, text) {
  process.stderr.write(`${script}: ${text}\n`)
}

/** Runs a tool silently; when it fails, shows what it printed and throws a Refusal. */
export function runQuietly(command, options = {}) {
  const [program, ...words] = command
  const result = spawnSync(program, words, {
    encoding: "utf8",
    maxBuffer: 256 << 20,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  })
  if (result.status === 0) return result.stdout
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`)
  const end =
    result.error?.message ?? (result.signal ? `ended by ${result.signal}` : `exit code ${result.status}`)
  throw new Refusal(`${command.join(" ")} failed (${end})`)
}

/**
 * Runs a script's main function: a Refusal, or a place that may not be written, ends it with one sentence and exit
 * code 1; anything else is a bug of ours and keeps its stack.
 */
export async function runMain(script, main) {
  try {
    await main()
  } catch (error) {
    const isMachine = ["EACCES", "EPERM", "EROFS", "ENOSPC"].includes(error.code)
    if (!(error instanceof Refusal || isMachine)) throw error
    say(script, error.message)
    process.exitCode = 1
  }
}
