/** From what a plan says to the server of a session's calls, in whichever thread that is. */
import { HostError } from "../base/error.ts"
import { borderSocketTypes } from "../inside/guardian.ts"
import { openBorderSockets } from "../kernel/border-sockets.ts"
import { dropCapabilities, openRoot, ownUmask } from "../kernel/file-calls.ts"
import { Listener } from "../kernel/listener.ts"
import { noMounts, openMounts } from "../kernel/namespaces.ts"
import { outerNamespace } from "../kernel/sockets.ts"
import { giveTheWord, receiveDescriptors } from "../kernel/spawn.ts"
import { CallServer, callHandlers, type Interruption } from "../live/engine.ts"
import { Gate } from "../live/gate.ts"
import { HostFiles } from "../live/host-files.ts"
import { MemoryRoom } from "../live/memory-room.ts"
import { OwnProcesses } from "../live/own-processes.ts"
import { Permissions } from "../live/permissions.ts"
import { startSession } from "../live/session.ts"
import { Umasks } from "../live/umasks.ts"
import { UnixSockets } from "../live/unix-sockets.ts"
import type { Dial } from "../network/streams/dial.ts"
import { enterGroup } from "./enter-group.ts"
import type { FromEngine, Preparation } from "./messages.ts"
import { refuseReplaced } from "./replaced.ts"

type Tell = (message: FromEngine) => void
type Inside = { process: number; notifying: number | undefined }
type Policy = Omit<Parameters<typeof startSession>[2], "network" | "outerNamespace" | "mounts">

/** What nearly every program opens, before it does anything (ld.so(8)), as the distributions have it. */
const openedFirst = [
  "/etc/ld.so.cache",
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
]

export class EngineStart {
  readonly #preparation: Preparation
  readonly #tell: Tell
  readonly #policy: Policy
  readonly #handlers = callHandlers()
  #inside: Inside | undefined

  /** Takes some milliseconds: to be made while bubblewrap builds the sandbox. */
  constructor(preparation: Preparation, tell: Tell) {
    const { rules, mountPoints, stateFiles, reads, umask, bare, memory, unixSockets } = preparation
    const processes = bare && new OwnProcesses(bare)
    this.#preparation = preparation
    this.#tell = tell
    const gate = new Gate(rules)
    // Decided while there is time.
    for (const path of openedFirst) gate.readAsSpelled(path)
    this.#policy = {
      permissions: new Permissions(gate, mountPoints, {
        processes,
        room: memory === undefined ? undefined : new MemoryRoom(memory),
      }),
      processes,
      hostFiles: new HostFiles(stateFiles),
      umasks: new Umasks(umask),
      unixSockets: new UnixSockets(unixSockets),
      reads,
    }
  }

  /** Takes what the process inside hands over, and waits for it. @returns whether there is somebody who waits for the word */
  takeOver(): boolean {
    const { socket, bound, mountPoints, entry, network } = this.#preparation
    const handover = receiveDescriptors(socket)
    // Nothing started inside; who waits for the end of bubblewrap hears of it.
    if (handover === undefined) return false
    const { process } = handover
    const handed = [...handover.descriptors]
    const given = this.#orRefuse(() => {
      refuseReplaced(process, { bound, mountPoints })
      if (entry !== undefined) enterGroup(entry, process)
      return { border: network && openBorderSockets(handed.splice(0, borderSocketTypes.length)) }
    })
    if (given === undefined) return false
    this.#inside = { process, notifying: handed[0] }
    this.#tell({ kind: "ready", command: process, border: given.border })
    return true
  }

  /**
   * The command may start.
   * @returns what serves its calls; undefined when nothing is decided on in this session, or it is over already
   */
  begin(interruption?: Interruption): CallServer | undefined {
    const { socket, network } = this.#preparation
    const { process, notifying } = this.#inside ?? {}
    if (process === undefined) return undefined
    if (notifying === undefined) {
      giveTheWord(socket)
      return undefined
    }
    // What is made on behalf of a program is made with its umask; other threads keep their own.
    ownUmask()
    // A supervisor started by root could do more than the program may.
    dropCapabilities()
    const surroundings = orEnded(() => ({
      root: openRoot(process),
      outerNamespace: outerNamespace(process),
      mounts: this.#policy.processes === undefined ? openMounts(process) : noMounts,
    }))
    if (surroundings === undefined) return undefined
    // Its first call waits until there is somebody to answer.
    giveTheWord(socket)
    const { root, ...rest } = surroundings
    const dialled = (dial: Dial) => this.#tell({ kind: "dialled", dial })
    return new CallServer(
      startSession(new Listener(notifying), root, {
        ...this.#policy,
        ...rest,
        network: network && { hostPorts: new Set(network.hostPorts), dialled },
      }),
      this.#handlers,
      interruption,
    )
  }

  /** What the machine does not give stops the run: the supervisor hears why. */
  #orRefuse<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause
      this.#tell({ kind: "refused", message: cause.message, hint: cause.hint })
      return undefined
    }
  }
}

/** @returns undefined when the process inside was killed before it became the command */
function orEnded<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (cause) {
    const { code, errno } = cause as { code?: string; errno?: number }
    if (["ENOENT", "ESRCH"].includes(code ?? "") || [2, 3].includes(errno ?? 0)) return undefined
    throw cause
  }
}
