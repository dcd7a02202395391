/** Starts processes and looks at them; every one is ended by its own id. */
import { readdirSync, readFileSync } from "node:fs"

/** What is left of a process: 128+N when signal N ended it, as shells have it. */
export type Outcome = { code: number; stdout: string; stderr: string }

export type Start = {
  cwd: string
  env: Readonly<Record<string, string>>
  /** what the process reads; nothing when absent */
  stdin?: string | Uint8Array
}

/** Long enough for a machine that is busy with other things; a run takes some 20 ms. An emulated one needs more (scripts/kernel.mjs). */
const limitMs = 30_000 * Number(process.env.CORDON_TEST_PATIENCE ?? 1)

/** Runs words to their end. @throws Error when that takes too long */
export async function run(words: readonly string[], start: Start): Promise<Outcome> {
  const { process, outcome } = launch(words, start)
  let late = false
  const timer = setTimeout(() => {
    late = true
    process.kill("SIGKILL")
  }, limitMs)
  const ended = await outcome.finally(() => clearTimeout(timer))
  if (late) throw new Error(`took longer than ${limitMs} ms: ${words.join(" ")}`)
  return ended
}

export type Running = { process: Bun.Subprocess; outcome: Promise<Outcome> }

/** Starts words; the outcome comes when they have ended and closed their streams. */
export function launch(words: readonly string[], { cwd, env, stdin }: Start): Running {
  const process = Bun.spawn([...words], {
    cwd,
    env,
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  })
  const outcome = Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.exited,
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }))
  return { process, outcome }
}

/** Waits until a look gives something; undefined when it never does. */
export async function eventually<T>(look: () => T | undefined, limit = 10_000): Promise<T | undefined> {
  const end = performance.now() + limit
  for (let found = look(); ; found = look()) {
    if (found !== undefined || performance.now() > end) return found
    await Bun.sleep(20)
  }
}

/** Ids of the processes of this machine whose command line holds a text; this process is not among them. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(id => Number.isInteger(id) && id !== process.pid && commandLineOf(id).includes(text))
}

/** The words of a process, "" when it has ended meanwhile. */
export function commandLineOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return ""
    throw error
  }
}

/** Ids of the children of a process, none when it has ended (proc_pid_task_children(5)). */
export function childrenOf(id: number): number[] {
  try {
    return readdirSync(`/proc/${id}/task`).flatMap(thread =>
      readFileSync(`/proc/${id}/task/${thread}/children`, "utf8")
        .trim()
        .split(" ")
        .filter(Boolean)
        .map(Number),
    )
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ESRCH") return []
    throw error
  }
}
