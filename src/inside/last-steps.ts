/**
 * What the process does that becomes the command, once bubblewrap has built the sandbox around it: as a list of system
 * calls (kernel/step-program.ts), in the order of losing power. Each ends the process when it fails.
 */
import { readRights, scopes, scopesSignals, writeRights } from "../kernel/landlock-rights.ts"
import type { SignalSet } from "../kernel/signals.ts"
import { type Step, StepMemory, stepProgram } from "../kernel/step-program.ts"
import { type Architecture, callNumbers } from "../kernel/system-calls.ts"
import type { BareSandbox, LandlockWall, ResourceLimit } from "../plan/launch-plan.ts"
import { type BareSteps, becomeOrdinary, behind, endSession, enterSession } from "./bare.ts"
import { becomeCommand } from "./become-command.ts"
import { type Guardian, reportTo } from "./guardian.ts"
import { installFilter, type StepContext, step, words } from "./step.ts"

export type LastSteps = {
  /** the file that is executed, as the sandbox sees it */
  program: string
  words: readonly string[]
  environment: Readonly<Record<string, string>>
  /** the program for seccomp(2) that refuses calls */
  filter: Uint8Array
  /** Landlock beneath the mounts; undefined where the kernel has none */
  landlock: LandlockWall | undefined
  /** Landlock is all there is, for reading too; undefined where bubblewrap has built the sandbox */
  bare: (BareSteps & Pick<BareSandbox, "readable">) | undefined
  resources: readonly ResourceLimit[]
  /** who keeps an eye on it: nobody may be left inside when they are gone */
  guardian: Guardian
  guardianDescriptor: number
  /** signals that are ignored up to here and not by the command */
  restoredSignals: readonly number[]
  /** the signals that are held back from the command as they are from Cordon; from bubblewrap more are */
  signalMask: SignalSet
}

/** Descriptors below this are none of ours. */
const firstOwn = 100
const lastDescriptor = 0xffff_ffff
const currentDirectory = -100
const pathOnly = 0o12000000 // O_PATH | O_CLOEXEC
const noFollow: Record<Architecture, number> = { x86_64: 0o400000, aarch64: 0o100000 }

type Context = StepContext & { steps: LastSteps; architecture: Architecture }

/** The executable that does it all and becomes the command. */
export function lastStepsProgram(steps: LastSteps, architecture: Architecture): Uint8Array {
  const { guardian, guardianDescriptor, bare } = steps
  const context = { memory: new StepMemory(), numbers: callNumbers(architecture), steps, architecture }
  const command = [
    ...restoreSignals(context),
    ...(bare === undefined ? [] : becomeOrdinary(context, bare)),
    ...limitResources(context),
    ...wall(context),
    ...refuseCalls(context),
    ...reportTo(guardian, guardianDescriptor, context),
    step("close_range", context.numbers.close_range, [3, lastDescriptor, 0]),
    ...becomeCommand(steps, context),
  ]
  const all = [
    ...closeForeign(context),
    ...(bare === undefined ? [] : enterSession(context, behind(command))),
    ...command,
    ...(bare === undefined ? [] : endSession(context, bare, guardianDescriptor)),
  ]
  return stepProgram(all, context.memory, architecture)
}

/** From here on the lowest free descriptor is 3, and the numbers of new ones are known. */
function closeForeign({ numbers }: Context): Step[] {
  return [step("close_range", numbers.close_range, [3, firstOwn - 1, 0])]
}

/** rt_sigaction(2) with SIG_DFL: struct sigaction of zeros, a mask of 8 bytes. Those that waited come with the last. */
function restoreSignals({ numbers, memory, steps }: Context): Step[] {
  const [byDefault, mask] = [memory.place(new Uint8Array(32)), memory.place(words(steps.signalMask))]
  const setMask = 2
  return [
    ...steps.restoredSignals.map(signal =>
      step("rt_sigaction", numbers.rt_sigaction, [signal, byDefault, 0, 8]),
    ),
    step("rt_sigprocmask", numbers.rt_sigprocmask, [setMask, mask, 0, 8]),
  ]
}

/** prlimit64(2), soft and hard: without capabilities nobody inside raises it again. */
function limitResources({ numbers, memory, steps }: Context): Step[] {
  const kinds = { data: 2, processes: 6 } // RLIMIT_DATA, RLIMIT_NPROC
  return steps.resources.map(({ resource, most }) => {
    // The first process of the sandbox is bubblewrap's, and of the same user.
    const limit = BigInt(resource === "processes" ? most + 1 : most)
    const pair = memory.place(words(limit, limit))
    return {
      ...step("prlimit64", numbers.prlimit64, [0, kinds[resource], pair, 0]),
      // EPERM: the caller's own limit is lower, and holds.
      goesOnWith: { from: -1, to: 0 },
    }
  })
}

/** landlock(7): mounts can be undone in a new namespace, this cannot. Without mounts it is about reading too. */
function wall(context: Context): Step[] {
  const { numbers, memory, steps } = context
  const { landlock, bare } = steps
  if (landlock === undefined) return []
  const rights = writeRights(landlock.abi)
  const signals = scopesSignals(landlock) ? scopes.signal : 0n
  const scoped = signals | (landlock.scopeAbstractSockets ? scopes.abstractSockets : 0n)
  const handled = rights.directories | (bare === undefined ? 0n : readRights.directories)
  const attributes = memory.place(words(handled, 0n, scoped))
  const size = landlock.abi >= 6 ? 24 : landlock.abi >= 4 ? 16 : 8
  return [
    step("landlock_create_ruleset", numbers.landlock_create_ruleset, [attributes, size, 0], 3),
    ...landlock.writable.flatMap(tree => allow(tree, rights, context)),
    ...allowReading(bare?.readable ?? [], context),
    step("landlock_restrict_self", numbers.landlock_restrict_self, [3, 0]),
    step("close", numbers.close, [3]),
  ]
}

type Tree = LandlockWall["writable"][number]

function allow(
  { path, kind }: Tree,
  rights: ReturnType<typeof writeRights>,
  { numbers, memory }: Context,
): Step[] {
  const opened = memory.placePath(path)
  const rule = memory.place(pathBeneath(kind === "file" ? rights.files : rights.directories))
  return [
    step(`opening ${path}`, numbers.openat, [currentDirectory, opened, pathOnly, 0], 4),
    step("landlock_add_rule", numbers.landlock_add_rule, [3, 1, rule, 0]),
    step("close", numbers.close, [4]),
  ]
}

/** What was listed a moment ago can be gone by now, or a link: then it is not allowed. Of these there are hundreds. */
function allowReading(trees: readonly Tree[], { numbers, memory, architecture }: Context): Step[] {
  const [file, directory] = [readRights.files, readRights.directories].map(rights =>
    memory.place(pathBeneath(rights)),
  )
  const close = step("close", numbers.close, [4])
  const openFlags = pathOnly | noFollow[architecture]
  const opened = { from: 4, to: 4 }
  const [added, behindBoth] = [{ from: -4095, to: 0 }, { skips: 3 }]
  const add = (rule = 0): Step => ({
    ...step("landlock_add_rule", numbers.landlock_add_rule, [3, 1, rule, 0]),
    goesOnWith: added,
  })
  const adding = { file: add(file), directory: add(directory) }
  return trees.flatMap(({ path, kind }) => [
    {
      call: numbers.openat,
      arguments: [currentDirectory, memory.placePath(path), openFlags, 0],
      goesOnWith: opened,
      otherwise: behindBoth,
    },
    adding[kind],
    close,
  ])
}

/** struct landlock_path_beneath_attr, packed: the rights, and descriptor 4 */
function pathBeneath(rights: bigint): Uint8Array {
  const attributes = Buffer.alloc(12)
  attributes.writeBigUInt64LE(rights)
  attributes.writeInt32LE(4, 8)
  return attributes
}

function refuseCalls(context: Context): Step[] {
  return [installFilter(context.steps.filter, context)]
}
