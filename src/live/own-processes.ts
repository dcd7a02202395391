/**
 * Which processes are the sandbox's, where it has no PID namespace: those that stem from the command, or that we adopted
 * because their parents ended, and are under its filters, which nobody takes off.
 */
import { processStatus } from "./caller.ts"

const ofNetwork = /^\/proc\/\d+\/(?:task\/\d+\/)?net(?:\/|$)/

/** Longer lines of ancestors are nobody's. */
const ancestorsMax = 10_000
const inProc = /^\/proc\/(\d+)(?=\/|$)/

export class OwnProcesses {
  readonly offline: boolean
  readonly #supervisor = process.pid
  readonly #filtersOutside = processStatus("self")?.filters ?? 0

  /** @param offline the network is to be off: what proc_pid_net(5) tells is the host's */
  constructor({ offline }: { offline: boolean }) {
    this.offline = offline
  }

  /** @param id of a process or a thread */
  isOwn(id: number): boolean {
    for (let next = id, ancestors = 0; ancestors < ancestorsMax; ancestors++) {
      const status = processStatus(next)
      if (status === undefined || status.filters <= this.#filtersOutside) return false
      // The command, and whoever lost its parent (prctl(2), PR_SET_CHILD_SUBREAPER).
      if (status.parent === this.#supervisor) return true
      next = status.parent
    }
    return false
  }

  /** Whether the path is that of a process outside, of something below it, or of the list of all. @param path canonical */
  isBeyond(path: string): boolean {
    return path === "/proc" || (this.offline && ofNetwork.test(path)) || this.isOthers(path)
  }

  /** The same without the list. */
  isOthers(path: string): boolean {
    const [, id] = inProc.exec(path) ?? []
    return id !== undefined && !this.isOwn(Number(id))
  }
}

/** Whether the path lies in the directory of a process. */
export function isOfProcess(path: string): boolean {
  return inProc.test(path)
}
