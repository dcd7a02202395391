/** Signals to our process are meant for the command. */
import { close } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { failedWith, failure, openAtPath } from "../kernel/path-calls.ts"
import { ignoreSignal, isIgnored, restoreSignal, signalNumbers } from "../kernel/signals.ts"

/** A terminal gives these to its whole foreground process group, the command included: once is enough. */
const fromTerminal = ["SIGINT", "SIGQUIT", "SIGWINCH"] as const
const always = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const

export type Forwarding = {
  /** there is a command now: those that came wait for it no longer */
  to: (command: number) => void
  /** everything is as it was before */
  undo: () => void
}

/**
 * From here on signals do not end this process. Those that come before there is a command wait for it. What our caller
 * ignores stays ignored, for the command as well (nohup(1)).
 */
export function forwardSignals(): Forwarding {
  const early: NodeJS.Signals[] = []
  let command: number | undefined
  const forward = (name: NodeJS.Signals) => {
    if (command === undefined) early.push(name)
    else sendSignal(command, name)
  }
  const forwarded = hasTerminal() ? always : [...always, ...fromTerminal]
  const heard = forwarded.filter(name => !isIgnored(signalNumbers[name]))
  for (const name of heard) process.on(name, forward)
  // Where they are not forwarded they must not end us either; SIGWINCH does nothing by itself.
  const ignored = (forwarded === always ? (["SIGINT", "SIGQUIT"] as const) : []).filter(
    name => !isIgnored(signalNumbers[name]),
  )
  for (const name of ignored) ignoreSignal(signalNumbers[name])
  return {
    to: started => {
      command = started
      for (const name of early) sendSignal(started, name)
    },
    undo: () => {
      for (const name of heard) process.off(name, forward)
      for (const name of ignored) restoreSignal(signalNumbers[name])
      // They were meant for us after all.
      for (const name of early) process.kill(process.pid, name)
    },
  }
}

/** The PID is the command's as long as bubblewrap runs, which ends with it and with us. */
export function sendSignal(command: number, signal: NodeJS.Signals): void {
  try {
    process.kill(command, signal)
  } catch (cause) {
    // It has ended already.
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause
  }
}

/** Whether there is a controlling terminal (tty(4)). */
function hasTerminal(): boolean {
  const path = "/dev/tty"
  const descriptor = openAtPath(path, flags.readOnly)
  if (descriptor >= 0) {
    close(descriptor)
    return true
  }
  if (failedWith(descriptor, errno.noDeviceOrAddress, errno.noEntry, errno.access)) return false
  throw failure("opening", path, descriptor)
}
