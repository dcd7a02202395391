/** Runs programs of last steps for real, each in a process of its own: nobody comes back from them. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LastSteps, lastStepsProgram } from "../../src/inside/last-steps.ts"
import { answer, answers, assemble } from "../../src/kernel/bpf.ts"
import { presentArchitecture } from "../../src/kernel/system-calls.ts"
import { type Outcome, run } from "./process.ts"
import { guardianNumber, type Launching, type Report } from "./start-last-steps.ts"

/** Lets every call through. */
export const openFilter = assemble([answer(answers.allow)])

/** A directory for programs and for what they write. */
export class Stage implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "cordon-last-steps-"))
  #count = 0

  /** Runs a shell script as the command. */
  shell(script: string, change: Partial<LastSteps> = {}, launching: Partial<Launching> = {}) {
    return this.run({ program: "/bin/sh", words: ["sh", "-c", script], ...change }, launching)
  }

  run(change: Partial<LastSteps>, launching: Partial<Launching> = {}): Promise<Outcome> {
    const program = join(this.directory, `steps-${this.#count++}`)
    writeFileSync(program, lastStepsProgram(stepsWith(change), presentArchitecture()))
    chmodSync(program, 0o755)
    const all: Launching = { program, guardian: "alive", report: this.#report, ...launching }
    const starter = join(import.meta.dir, "start-last-steps.ts")
    const env = { PATH: "/usr/bin:/bin" }
    return run([process.execPath, starter, JSON.stringify(all)], { cwd: this.directory, env })
  }

  /** What the supervisor saw. */
  get report(): Report {
    return JSON.parse(readFileSync(this.#report, "utf8")) as Report
  }

  get #report(): string {
    return join(this.directory, "report.json")
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export function stepsWith(change: Partial<LastSteps> = {}): LastSteps {
  return {
    program: "/bin/true",
    words: ["true"],
    environment: { PATH: "/usr/bin:/bin" },
    filter: openFilter,
    landlock: undefined,
    bare: undefined,
    resources: [],
    guardian: { kind: "bubblewrap" },
    guardianDescriptor: guardianNumber,
    restoredSignals: [],
    signalMask: 0n,
    ...change,
  }
}
