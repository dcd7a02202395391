/**
 * The thread of our process that serves the live engine. It blocks in system calls, so that the main thread is free for
 * signals, clocks and the end.
 */
import { HostError } from "../base/error.ts"
import { dropCapabilities, openRoot, ownUmask } from "../kernel/file-calls.ts"
import { Listener } from "../kernel/listener.ts"
import { releaseCode } from "../kernel/memory.ts"
import { giveTheWord, receiveDescriptor } from "../kernel/spawn.ts"
import { Umasks } from "../live/caller.ts"
import { serve } from "../live/engine.ts"
import { Gate } from "../live/gate.ts"
import { HostFiles } from "../live/host-files.ts"
import { Permissions } from "../live/permissions.ts"
import { startSession } from "../live/session.ts"
import { enterGroup } from "./enter-group.ts"
import type { GroupEntry } from "./group.ts"
import type { FromWorker, ToWorker } from "./messages.ts"

declare const self: {
  onmessage: (event: { data: ToWorker }) => void
  postMessage: (message: FromWorker) => void
}

self.onmessage = ({ data }) => {
  const { socket, rules, mountPoints, stateFiles, reads, umask, entry } = data
  // While bubblewrap builds the sandbox.
  const policy = {
    permissions: new Permissions(new Gate(rules), mountPoints),
    hostFiles: new HostFiles(stateFiles),
    umasks: new Umasks(umask),
    reads,
  }
  const handover = receiveDescriptor(socket)
  // Nothing started inside; the main thread hears of the end of bubblewrap.
  if (handover === undefined) return
  if (entry !== undefined && !limited(entry, handover.process)) return
  self.postMessage({ kind: "ready", command: handover.process })
  // Names are not decided on in this session.
  if (handover.descriptor === undefined) return giveTheWord(socket)
  // What is made on behalf of a program is made with its umask; the main thread keeps its own.
  ownUmask()
  // A supervisor started by root could do more than the program may.
  dropCapabilities()
  const session = startSession(new Listener(handover.descriptor), openRoot(handover.process), policy)
  giveTheWord(socket)
  releaseCode()
  serve(session)
}

/** @returns whether the process is in the session's control group; the main thread hears why not */
function limited(entry: GroupEntry, process: number): boolean {
  try {
    enterGroup(entry, process)
    return true
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause
    self.postMessage({ kind: "refused", message: cause.message, hint: cause.hint })
    return false
  }
}
