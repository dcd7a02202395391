/** Our process while the command runs: its main thread passes signals on, a second one serves the live engine. */
import { closeSync } from "node:fs"
import type { Invocation } from "../backends/invocation.ts"
import { HostError } from "../base/error.ts"
import { exitCode } from "../base/exit-code.ts"
import { openDescriptors } from "../kernel/descriptors.ts"
import { leaveKeyring } from "../kernel/keyring.ts"
import { dieWithParent } from "../kernel/libc.ts"
import { adoptOrphans, endProcess, exitStatus, killNamespaces, socketPair, spawn } from "../kernel/spawn.ts"
import type { LaunchPlan } from "../plan/launch-plan.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { SessionClock } from "./clock.ts"
import { makeGroup, type SessionGroup } from "./group.ts"
import type { FromWorker, ToWorker } from "./messages.ts"
import { forwardSignals } from "./signals.ts"

export type Supervised = {
  invocation: Invocation
  rules: PathPolicy
  reads: ToWorker["reads"]
  plan: Pick<LaunchPlan, "limits" | "session" | "mounts" | "stateFiles">
  /** says a line to the person at once: this process may end right after */
  tell: (text: string) => void
}

/** As the build names it: a compiled program has its threads among its entries. */
const workerFile = "./supervise/worker.ts"

/** Starts the sandbox, stays with it, and ends with it: this process exits with the status of the command. */
export function supervise({ invocation, rules, reads, plan, tell }: Supervised): Promise<never> {
  dieWithParent()
  adoptOrphans()
  const umask = process.umask()
  const [socket, inside] = socketPair()
  const placements = openDescriptors(invocation, inside)
  leaveKeyring()
  const worker = startWorker()
  const clock = new SessionClock(tell)
  let child: number | undefined
  let group: SessionGroup | undefined
  const end = () => {
    const status = child === undefined ? undefined : exitStatus(child)
    if (status === undefined) return
    killNamespaces()
    for (const text of group?.remove() ?? []) tell(text)
    // The other thread waits in the kernel and would never hear of it.
    endProcess(clock.isOver ? exitCode.timedOut : status)
  }
  process.on("SIGCHLD", end)
  const forward = forwardSignals()
  child = spawn(invocation, placements)
  worker.ref()
  for (const { descriptor } of placements) closeSync(descriptor)
  clock.start(plan.limits.timeMs, child)
  return new Promise((_, reject) => {
    const giveUp = (why: unknown) => {
      process.off("SIGCHLD", end)
      worker.unref()
      process.kill(child, "SIGKILL")
      group?.remove()
      reject(why)
    }
    worker.onmessage = ({ data }: { data: FromWorker }) => {
      if (data.kind === "refused") return giveUp(new HostError(data.message, data.hint))
      clock.command = data.command
      forward(data.command)
    }
    // Nobody answers the calls inside any more.
    worker.onerror = ({ message }) => giveUp(new Error(`bug: the live engine stopped: ${message}`))
    try {
      // The command waits inside for the word to start.
      group = plan.limits.group && makeGroup(plan.limits.group, plan.session)
    } catch (cause) {
      return giveUp(cause)
    }
    worker.postMessage({
      socket,
      rules,
      mountPoints: mountPointsOf(plan),
      stateFiles: plan.stateFiles,
      reads,
      umask,
      entry: group?.entry,
    } satisfies ToWorker)
    end()
  })
}

/** The thread keeps this process from ending only while bubblewrap runs: not before, nor when all is given up. */
function startWorker(): Worker {
  const worker = new Worker(workerFile)
  worker.unref()
  return worker
}

function mountPointsOf({ mounts, stateFiles }: Supervised["plan"]): string[] {
  return mounts.map(({ path }) => path).filter(path => !stateFiles.includes(path))
}
