/**
 * The steps that make a sandbox without bubblewrap (the landlock backend): what that does for the process that becomes the
 * command, and a process that ends the session when it is over, whoever ends first.
 */
import { bytesOf } from "../base/path-bytes.ts"
import { scopes } from "../kernel/landlock-rights.ts"
import type { Step } from "../kernel/step-program.ts"
import { type StepContext, step, words } from "./step.ts"

export type BareSteps = {
  /** where the command starts */
  project: string
  /** the session's own directory, removed in the end */
  directory: string
}

const anything = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }
const lastDescriptor = 0xffff_ffff

/**
 * A Landlock domain in which signals stay (landlock(7), LANDLOCK_SCOPE_SIGNAL), and in it a second process, a sibling. By
 * one kill(2) of that one all end that the domain holds, and nobody else, however fast they multiply: the session's
 * processes are in a domain of their own within, and do not reach it.
 * @param skips how many steps further on the second process goes on (`endSession`)
 */
export function enterSession({ numbers, memory }: StepContext, skips: number): Step[] {
  const noNewPrivileges = 38
  const attributes = memory.place(words(0n, 0n, scopes.signal))
  const [sameParent, setParentTid, childSignal] = [0x8000, 0x10_0000, 17]
  // Only the copy of the one that forks is written to: that tells the two apart.
  const forked = memory.place(new Uint8Array(8))
  const atOnce = memory.place(words(0n, 0n))
  const [waitPrivately, tryAgain] = [128, -11]
  return [
    step("prctl", numbers.prctl, [noNewPrivileges, 1]),
    step("landlock_create_ruleset", numbers.landlock_create_ruleset, [attributes, 24, 0], 3),
    step("landlock_restrict_self", numbers.landlock_restrict_self, [3, 0]),
    step("close", numbers.close, [3]),
    {
      ...step("clone", numbers.clone, [sameParent | setParentTid | childSignal, 0, forked, 0, 0]),
      goesOnWith: { from: 0, to: Number.MAX_SAFE_INTEGER },
    },
    {
      // futex(2): EAGAIN where the number is not 0, ETIMEDOUT where it is.
      ...step("futex", numbers.futex, [forked, waitPrivately, 0, atOnce]),
      goesOnWith: { from: tryAgain, to: tryAgain },
      otherwise: { skips },
    },
  ]
}

/** How many steps further the last one of `enterSession` skips: to behind as many others. */
export function behind(others: readonly Step[]): number {
  return others.length + 1
}

/** The directory the command starts in, and no capabilities: root's would be those of the host. */
export function becomeOrdinary({ numbers, memory }: StepContext, { project }: BareSteps): Step[] {
  const header = Buffer.alloc(8)
  header.writeUInt32LE(0x2008_0522) // _LINUX_CAPABILITY_VERSION_3
  const [ambient, clearAll] = [47, 4]
  return [
    step("prctl", numbers.prctl, [ambient, clearAll]),
    step("capset", numbers.capset, [memory.place(header), memory.place(new Uint8Array(24))]),
    step(`changing to ${project}`, numbers.chdir, [memory.placeString(bytesOf(project))]),
  ]
}

/** Directories of the session can be closed to their owner; nobody is left to fill them again. */
const removal = `for try in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$1" && exit
  chmod -R u+rwX -- "$1"
  sleep 0.1
done 2>/dev/null`

/**
 * What the second process does: it waits until the supervisor's end of the socket is shut, which its death does too, ends
 * everything, says so, and waits until the supervisor is gone. What is left of the session's directory then it removes.
 * @param guardian the number of the socket
 */
export function endSession(
  { numbers, memory }: StepContext,
  { directory }: BareSteps,
  guardian: number,
): Step[] {
  const whatever = (name: string, call: number, words: Step["arguments"]): Step => ({
    ...step(name, call, words),
    goesOnWith: anything,
  })
  const set = (signals: bigint) =>
    whatever("rt_sigprocmask", numbers.rt_sigprocmask, [2, memory.place(words(signals)), 0, 8])
  const hungUp = 0x2000n // POLLRDHUP
  const polled = memory.place(words(BigInt(guardian) | (hungUp << 32n)))
  const polledForNothing = memory.place(words(BigInt(guardian)))
  const place = (text: string) => memory.placeString(bytesOf(text))
  const [everybody, kill, readWrite, currentDirectory] = [-1, 9, 2, -100]
  return [
    // The terminal's signals are meant for the command.
    set(2n ** 64n - 1n),
    whatever("setsid", numbers.setsid, []),
    whatever("chdir", numbers.chdir, [place("/")]),
    // Whoever reads what the command writes waits for the last one who could.
    whatever("close_range", numbers.close_range, [0, guardian - 1, 0]),
    whatever("close_range", numbers.close_range, [guardian + 1, lastDescriptor, 0]),
    whatever("ppoll", numbers.ppoll, [polled, 1, 0, 0, 8]),
    whatever("kill", numbers.kill, [everybody, kill]),
    whatever("write", numbers.write, [guardian, place("."), 1]),
    whatever("ppoll", numbers.ppoll, [polledForNothing, 1, 0, 0, 8]),
    {
      ...step("faccessat", numbers.faccessat, [currentDirectory, place(directory), 0]),
      otherwise: { skips: 6 },
    },
    set(0n),
    whatever("openat", numbers.openat, [currentDirectory, place("/dev/null"), readWrite, 0]),
    whatever("dup", numbers.dup, [0]),
    whatever("dup", numbers.dup, [0]),
    whatever("execve", numbers.execve, [
      place("/bin/sh"),
      memory.placeStrings(["sh", "-c", removal, "cordon", directory].map(bytesOf)),
      memory.placeStrings([bytesOf("PATH=/usr/bin:/bin")]),
    ]),
    whatever("exit_group", numbers.exit_group, [1]),
  ]
}
