/**
 * The thread of our process that serves the live engine. It blocks in system calls, so that the main thread is free for
 * signals, clocks and the end.
 */
import { HostError } from "../base/error.ts"
import { borderSocketTypes } from "../inside/guardian.ts"
import { openBorderSockets } from "../kernel/border-sockets.ts"
import { dropCapabilities, openRoot, ownUmask } from "../kernel/file-calls.ts"
import { Listener } from "../kernel/listener.ts"
import { noMounts, openMounts } from "../kernel/namespaces.ts"
import { outerNamespace } from "../kernel/sockets.ts"
import { giveTheWord, receiveDescriptors } from "../kernel/spawn.ts"
import { Umasks } from "../live/caller.ts"
import { serve } from "../live/engine.ts"
import { Gate } from "../live/gate.ts"
import { HostFiles } from "../live/host-files.ts"
import { OwnProcesses } from "../live/own-processes.ts"
import { Permissions } from "../live/permissions.ts"
import { startSession } from "../live/session.ts"
import { UnixSockets } from "../live/unix-sockets.ts"
import type { Dial } from "../network/streams/dial.ts"
import { enterGroup } from "./enter-group.ts"
import type { FromWorker, Preparation, ToWorker } from "./messages.ts"

declare const self: {
  onmessage: (event: { data: ToWorker }) => void
  postMessage: (message: FromWorker) => void
}

// What comes before the command runs once: compiling it would take half as long as the launch (scripts/build.mjs).
Bun.unsafe.setJITPolicy(50)

let begin: (() => void) | undefined

self.onmessage = ({ data }) => {
  if (data.kind === "begin") begin?.()
  else prepare(data)
}

function prepare(data: Preparation): void {
  const { socket, rules, mountPoints, stateFiles, reads, umask, entry, network } = data
  const processes = data.bare && new OwnProcesses(data.bare)
  // While bubblewrap builds the sandbox.
  const policy = {
    permissions: new Permissions(new Gate(rules), mountPoints, processes),
    processes,
    hostFiles: new HostFiles(stateFiles),
    umasks: new Umasks(umask),
    unixSockets: new UnixSockets(data.unixSockets),
    reads,
  }
  const handover = receiveDescriptors(socket)
  // Nothing started inside; the main thread hears of the end of bubblewrap.
  if (handover === undefined) return
  const handed = [...handover.descriptors]
  const given = orRefuse(() => {
    if (entry !== undefined) enterGroup(entry, handover.process)
    return { border: network && openBorderSockets(handed.splice(0, borderSocketTypes.length)) }
  })
  if (given === undefined) return
  self.postMessage({ kind: "ready", command: handover.process, border: given.border })
  begin = () => {
    const [notifying] = handed
    // Nothing is decided on in this session.
    if (notifying === undefined) return giveTheWord(socket)
    serveCalls(notifying, handover.process, { ...policy, socket, network })
  }
  if (!data.waits) begin()
}

type Serving = Parameters<typeof startSession>[2]

function serveCalls(
  notifying: number,
  process: number,
  {
    socket,
    network,
    ...policy
  }: Omit<Serving, "network" | "outerNamespace" | "mounts"> & Pick<Preparation, "socket" | "network">,
): void {
  // What is made on behalf of a program is made with its umask; the main thread keeps its own.
  ownUmask()
  // A supervisor started by root could do more than the program may.
  dropCapabilities()
  const surroundings = orEnded(() => ({
    root: openRoot(process),
    outerNamespace: outerNamespace(process),
    mounts: policy.processes === undefined ? openMounts(process) : noMounts,
  }))
  // The main thread hears of it as well.
  if (surroundings === undefined) return
  const { root, ...rest } = surroundings
  const session = startSession(new Listener(notifying), root, {
    ...policy,
    ...rest,
    network: network && { hostPorts: new Set(network.hostPorts), dialled },
  })
  giveTheWord(socket)
  Bun.unsafe.setJITPolicy(1)
  serve(session)
}

function dialled(dial: Dial): void {
  self.postMessage({ kind: "dialled", dial })
}

/** What the machine does not give stops the run: the main thread hears why. */
function orRefuse<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause
    self.postMessage({ kind: "refused", message: cause.message, hint: cause.hint })
    return undefined
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
