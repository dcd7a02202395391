/** Timers that are kept although this thread may be waiting in a system call: who waits asks until when it may. */

/** The longest wait of setTimeout. */
const waitMsMax = 2 ** 31 - 1

const deadlines = new Set<number>()

export type Timer = { cancel: () => void }

/** Calls back when the time is over, however long it is. It keeps no process from ending. */
export function after(timeMs: number, then: () => void): Timer {
  const deadline = performance.now() + timeMs
  deadlines.add(deadline)
  let timer: ReturnType<typeof setTimeout>
  const wait = () => {
    const left = deadline - performance.now()
    if (left <= 0) {
      deadlines.delete(deadline)
      then()
    } else timer = setTimeout(wait, Math.min(left, waitMsMax)).unref()
  }
  wait()
  return {
    cancel: () => {
      clearTimeout(timer)
      deadlines.delete(deadline)
    },
  }
}

/** Milliseconds until the first of them, 0 when it is now; undefined when there is none. */
export function untilNextDeadline(): number | undefined {
  if (deadlines.size === 0) return undefined
  return Math.max(0, Math.min(...deadlines) - performance.now())
}
