/** The live engine in a thread of its own (worker.ts). */
import type { EngineHost } from "./engine.ts"
import type { FromEngine } from "./messages.ts"

/** As the build names it: a compiled program has its threads among its entries. */
const workerFile = "./supervise/worker.ts"

export function engineThread(): EngineHost {
  const worker = new Worker(workerFile)
  worker.unref()
  return {
    tell: message => worker.postMessage(message),
    hear: (message, failed) => {
      worker.onmessage = ({ data }: { data: FromEngine }) => message(data)
      worker.onerror = event => failed(event.message)
    },
    hold: () => worker.ref(),
    release: () => worker.unref(),
  }
}
