/** The thread of the stage that serves the live engine. */
import { borderSocketTypes } from "../../src/inside/guardian.ts"
import { openBorderSockets } from "../../src/kernel/border-sockets.ts"
import { dropCapabilities, openRoot, ownUmask } from "../../src/kernel/file-calls.ts"
import { Listener } from "../../src/kernel/listener.ts"
import { openMounts } from "../../src/kernel/namespaces.ts"
import { rawCall } from "../../src/kernel/raw-call.ts"
import { outerNamespace } from "../../src/kernel/sockets.ts"
import { giveTheWord, receiveDescriptors } from "../../src/kernel/spawn.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { CallServer, callHandlers } from "../../src/live/engine.ts"
import { Gate } from "../../src/live/gate.ts"
import { HostFiles } from "../../src/live/host-files.ts"
import { Permissions } from "../../src/live/permissions.ts"
import { startSession } from "../../src/live/session.ts"
import { Umasks } from "../../src/live/umasks.ts"
import { UnixSockets } from "../../src/live/unix-sockets.ts"
import type { Dial } from "../../src/network/streams/dial.ts"
import { rulesOf } from "../policy/naive-model.ts"
import type { FromStageWorker, ToStageWorker } from "./network-stage.ts"

declare const self: {
  onmessage: (event: { data: ToStageWorker }) => void
  postMessage: (message: FromStageWorker) => void
}

self.onmessage = ({ data: { socket, hostPorts, alone, full } }) => {
  const handover = receiveDescriptors(socket)
  if (handover === undefined) return
  const handed = [...handover.descriptors]
  const border = alone ? undefined : openBorderSockets(handed.splice(0, borderSocketTypes.length))
  if (border !== undefined && full !== undefined)
    rawCall(callNumbers(presentArchitecture()).listen, border.streams, full)
  self.postMessage({ border })
  ownUmask()
  dropCapabilities()
  const session = startSession(new Listener(handed[0] ?? -1), openRoot(handover.process), {
    permissions: new Permissions(
      new Gate(rulesOf([{ does: "write", text: "/", layer: "base", locked: false }])),
      [],
    ),
    hostFiles: new HostFiles([]),
    processes: undefined,
    umasks: new Umasks(0o022),
    reads: "continue",
    network: alone
      ? undefined
      : { hostPorts: new Set(hostPorts), dialled: (dial: Dial) => self.postMessage({ dial }) },
    outerNamespace: outerNamespace(handover.process),
    unixSockets: new UnixSockets([]),
    mounts: openMounts(handover.process),
  })
  giveTheWord(socket)
  new CallServer(session, callHandlers()).serve()
}
