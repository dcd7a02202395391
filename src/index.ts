/**
 * The library, for Node >= 20 and Bun: it drives the `cordon` program, so that a command started from code is
 * confined by the same policy, in the same way, as one started from a shell.
 */
import { spawn } from "node:child_process"
import type { Explanation } from "./policy/explanation.ts"

/** How to start the program. */
export type CordonOptions = {
  /** path of the program (default: `cordon` on the PATH) */
  program?: string
  /** project directory (default: the present one) */
  directory?: string
  /** further options as on the command line, such as `["--net", "off"]` */
  options?: readonly string[]
  /** the environment that Cordon starts with, and chooses from (default: this process's) */
  environment?: Readonly<Record<string, string | undefined>>
  /** ends the command and everything that it started */
  signal?: AbortSignal
}

/** How a command ended. */
export type RunResult = {
  /** the command's own, or Cordon's: 125 refused, 126 may not run, 127 not found; 128+N = ended by signal N */
  exitCode: number
  stdout: string
  stderr: string
}

export type { Explanation }

/** Cordon refused; the message is what it said. */
export class CordonError extends Error {
  override readonly name = "CordonError"
}

/**
 * Runs a command in a sandbox. The command is an argv: no shell looks at it.
 * @throws when the program cannot be started at all
 */
export function run(command: readonly string[], options: CordonOptions = {}): Promise<RunResult> {
  return start([...(options.options ?? []), "--", ...command], options)
}

/**
 * What the policy says about a path, a host, or `["env", NAME]`.
 * @throws CordonError when the question or the policy is not valid
 */
export async function explain(
  subject: string | readonly ["env", string],
  options: CordonOptions = {},
): Promise<Explanation> {
  const words = typeof subject === "string" ? [subject] : subject
  const { exitCode, stdout, stderr } = await start(
    ["--json", ...(options.options ?? []), "explain", ...words],
    options,
  )
  if (exitCode !== 0) throw new CordonError(stderr.trim())
  return (JSON.parse(stdout) as { data: Explanation }).data
}

function start(
  words: readonly string[],
  { program = "cordon", directory, environment, signal }: CordonOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const project = directory === undefined ? [] : ["--cwd", directory]
    const child = spawn(program, [...project, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...(environment ?? process.env) },
      ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" as const }),
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    child.on("error", reject)
    child.on("close", (code, name) => resolve({ exitCode: code ?? 128 + signalNumber(name), stdout, stderr }))
  })
}

/** Signals that end a process by default and that a caller may meet (signal(7), x86_64 and aarch64). */
function signalNumber(name: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGKILL: 9,
    SIGTERM: 15,
  }
  return (name === null ? undefined : numbers[name]) ?? 0
}
