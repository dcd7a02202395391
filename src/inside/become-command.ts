/** The end of the last steps: the process becomes the command, or says why it cannot. */
import { exitCode } from "../base/exit-code.ts"
import { bytesOf } from "../base/path-bytes.ts"
import { printable } from "../base/printable.ts"
import type { Step } from "../kernel/step-program.ts"
import type { Architecture } from "../kernel/system-calls.ts"
import { type StepContext, words } from "./step.ts"

type Command = {
  /** the file that is executed, as the sandbox sees it */
  program: string
  words: readonly string[]
  environment: Readonly<Record<string, string>>
}

type MachineContext = StepContext & { architecture: Architecture }

const currentDirectory = -100
const closeOnExec = 0o2000000 // O_CLOEXEC

/** As execvp(3): what the kernel takes for no program is a script for the shell, unless it is one for another machine. */
export function becomeCommand(command: Command, context: MachineContext): Step[] {
  const { memory, numbers } = context
  const file = memory.placeString(bytesOf(command.program))
  const environment = memory.placeStrings(
    Object.entries(command.environment).map(([name, value]) => bytesOf(`${name}=${value}`)),
  )
  const execFormatError = -8
  const execute = (path: number, argv: readonly string[], says: string, result: number): Step => ({
    call: numbers.execve,
    arguments: [path, memory.placeStrings(argv.map(bytesOf)), environment],
    goesOnWith: { from: result, to: result },
    otherwise: { says, status: exitCode.notExecutable },
  })
  const says = `cordon: ${printable(command.program)} cannot be executed\n`
  const shell = "/bin/sh"
  return [
    execute(file, command.words, says, execFormatError),
    ...refuseForeign(file, command.program, context),
    execute(
      memory.placeString(bytesOf(shell)),
      [shell, command.program, ...command.words.slice(1)],
      says,
      Number.MAX_SAFE_INTEGER,
    ),
  ]
}

/** The shell would look for commands in it, and say that there is none (127). What cannot be read, it says itself. */
function refuseForeign(
  file: number,
  name: string,
  { memory, numbers, architecture }: MachineContext,
): Step[] {
  const program = printable(name)
  const says = `cordon: ${program} is no program for this machine\ncordon: → get the one for ${architecture}\n`
  const start = memory.reserve(8)
  const atOnce = memory.place(words(0n, 0n))
  const [elf, waitPrivately, tryAgain] = [0x464c_457f, 128, -11]
  const goOn = (result: number, otherwise: Step["otherwise"]) => ({
    goesOnWith: { from: result, to: result },
    otherwise,
  })
  return [
    { call: numbers.openat, arguments: [currentDirectory, file, closeOnExec, 0], ...goOn(3, { skips: 3 }) },
    { call: numbers.read, arguments: [3, start, 4], ...goOn(4, { skips: 2 }) },
    // futex(2): EAGAIN where the number is another, ETIMEDOUT where it is this one (elf(5)).
    {
      call: numbers.futex,
      arguments: [start, waitPrivately, elf, atOnce],
      ...goOn(tryAgain, { says, status: exitCode.notExecutable }),
    },
  ]
}
