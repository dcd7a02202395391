/** What `cordon doctor` tries on this machine: each protection's own calls, with no lasting effect. */
import { closeSync, writeSync } from "node:fs"
import { searchBubblewrap, trial } from "../../host/bubblewrap.ts"
import type { Trials } from "../../host/findings.ts"
import { errnoNames } from "../../kernel/errno.ts"
import { createMemoryFile, landlockVersion, SystemError } from "../../kernel/libc.ts"
import { askForFilter, askForNotification, listenerFlags } from "../../kernel/seccomp-support.ts"
import { StepMemory, stepProgram } from "../../kernel/step-program.ts"
import { callNumbers, presentArchitecture } from "../../kernel/system-calls.ts"

export function tryHost(uid: number): Trials {
  return {
    bubblewrap: tryBubblewrap(uid),
    landlock: tryLandlock(),
    seccomp: {
      filter: resultOf(askForFilter(0)),
      action: resultOf(askForNotification()),
      flags: resultOf(askForFilter(listenerFlags)),
    },
    memoryProgram: tryMemoryProgram(),
  }
}

function tryBubblewrap(uid: number): Trials["bubblewrap"] {
  const found = searchBubblewrap()
  return "why" in found ? found : { ...found, ...trial(found, uid) }
}

/** landlock_create_ruleset(2), LANDLOCK_CREATE_RULESET_VERSION: makes no ruleset. */
function tryLandlock(): Trials["landlock"] {
  try {
    return { abi: landlockVersion(), failure: "" }
  } catch (cause) {
    if (!(cause instanceof SystemError)) throw cause
    return { abi: 0, failure: errnoName(cause.errno) }
  }
}

/** The way in which a launch hands over its last steps: a program that lies in memory only, executed. */
function tryMemoryProgram(): string {
  try {
    const file = createMemoryFile("cordon-doctor")
    try {
      writeSync(file, emptyProgram())
      const { exitCode, signalCode } = Bun.spawnSync([`/proc/self/fd/${file}`], {
        stdio: ["ignore", "ignore", "ignore"],
      })
      return exitCode === 0 ? "" : `it ended with ${signalCode ?? exitCode}`
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (cause instanceof SystemError) return cause.message
    // The errors of spawning: EACCES where the kernel made the file not executable.
    if (code === undefined) throw cause
    return `execve: ${code}`
  }
}

function emptyProgram(): Uint8Array {
  const architecture = presentArchitecture()
  const exit = {
    call: callNumbers(architecture).exit_group,
    arguments: [0],
    goesOnWith: { from: 0, to: 0 },
    otherwise: { says: "", status: 1 },
  }
  return stepProgram([exit], new StepMemory(), architecture)
}

function resultOf(result: number): string {
  return result >= 0 ? "" : errnoName(-result)
}

function errnoName(errno: number): string {
  return errnoNames[errno] ?? `errno ${errno}`
}
