/** Sessions under way: when they have started, who belongs to them, and what is left of them. */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { commandLineOf, eventually, launch, type Running } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

/** The live engine runs in a thread of its own where the network is filtered, and in the main one where it is not. */
export const everyNetwork = ["filtered", "off"] as const

export function worldWith(network: (typeof everyNetwork)[number]): World {
  return new World({ env: { CORDON_NET: network } })
}

/** A word that no other process of the machine has among its own. */
export function uniqueSleep(): string {
  return `${3600 + Math.floor(Math.random() * 1e6)}.${process.pid}`
}

/** Starts a shell script, and waits until it has made the file `started`. */
export function startShell(world: World, script: string): Promise<Running> {
  return startWords(world, [cordonBinary, "-q", "--", "sh", "-c", script])
}

/** The same with words that come to start Cordon. */
export async function startWords(world: World, words: readonly string[]): Promise<Running> {
  const running = launch(words, { cwd: world.project, env: world.env })
  if (!(await appears(world, "started"))) {
    running.process.kill("SIGKILL")
    throw new Error(`it never started: ${JSON.stringify(await running.outcome)}`)
  }
  return running
}

/** Whether a file is made in the project, sooner or later. */
export async function appears(world: World, name: string): Promise<boolean> {
  const path = join(world.project, name)
  return (await eventually(() => (existsSync(path) ? true : undefined))) === true
}

/** The process that is Cordon in a world. @throws Error when there is none */
export function cordonOf(world: World): number {
  const found = processesOf(world.root).find(id => linkOf(id, "exe") === realpathSync(cordonBinary))
  if (found === undefined) throw new Error("Cordon does not run")
  return found
}

function linkOf(id: number, name: string): string {
  try {
    return readlinkSync(`/proc/${id}/${name}`)
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) return ""
    throw error
  }
}

/**
 * Processes of the machine that belong to a world: by a word of theirs, or by a variable that they were started with.
 * This one is not among them, nor is who started it.
 */
export function processesOf(...marks: readonly string[]): number[] {
  const own = new Set([process.pid, process.ppid])
  return readdirSync("/proc")
    .map(Number)
    .filter(id => Number.isInteger(id) && !own.has(id))
    .filter(id => marks.some(mark => commandLineOf(id).includes(mark) || environmentOf(id).includes(mark)))
}

/** The variables that a process was started with, "" when it has ended or is another user's. */
function environmentOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/environ`, "latin1")
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) return ""
    throw error
  }
}

/** What is left of a world's processes after a while, by their words; it is ended. */
export async function leftOvers(limitMs: number, ...marks: readonly string[]): Promise<string[]> {
  await eventually(() => (processesOf(...marks).length === 0 ? true : undefined), limitMs)
  const left = processesOf(...marks)
  const words = left.map(id => `${id} ${commandLineOf(id).slice(0, 200)}`)
  for (const id of left) process.kill(id, "SIGKILL")
  return words
}
