/** The thread of our process that serves the live engine where the main thread is busy with connections. */
import { EngineStart } from "./engine-start.ts"
import type { FromEngine, ToEngine } from "./messages.ts"

declare const self: {
  onmessage: (event: { data: ToEngine }) => void
  postMessage: (message: FromEngine) => void
}

// What comes before the command runs once: compiling it would take half as long as the launch (scripts/build.mjs).
Bun.unsafe.setJITPolicy(1000)

let start: EngineStart | undefined

self.onmessage = ({ data }) => {
  if (data.kind === "begin") begin()
  else {
    start = new EngineStart(data, message => self.postMessage(message))
    if (start.takeOver() && !data.waits) begin()
  }
}

/** The thread blocks in system calls from now on. */
function begin(): void {
  start?.begin()?.serve()
}
