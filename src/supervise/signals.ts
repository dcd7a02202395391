/** Signals to our process are meant for the command. */
import { close } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { failedWith, failure, openAtPath } from "../kernel/path-calls.ts"
import { isIgnored, signalNumbers } from "../kernel/signals.ts"

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
  const hasOwn = hasTerminal()
  const forward = (name: NodeJS.Signals) => {
    if (command === undefined) early.push(name)
    // The terminal has sent it to the command as well.
    else if (!hasOwn || !isFromTerminal(name)) sendSignal(command, name)
  }
  const heard = [...always, ...fromTerminal].filter(name => !isIgnored(signalNumbers[name]))
  for (const name of heard) process.on(name, forward)
  return {
    to: started => {
      command = started
      for (const name of early) sendSignal(started, name)
    },
    undo: () => {
      for (const name of heard) process.off(name, forward)
      // They were meant for us after all.
      for (const name of early) process.kill(process.pid, name)
    },
  }
}

function isFromTerminal(name: string): boolean {
  return fromTerminal.some(each => each === name)
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
