/** Signals to our process are meant for the command. */
import { closeSync, openSync } from "node:fs"
import { ignoreSignal, isIgnored, signalNumbers } from "../kernel/signals.ts"

/** A terminal gives these to its whole foreground process group, the command included: once is enough. */
const fromTerminal = ["SIGINT", "SIGQUIT", "SIGWINCH"] as const
const always = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const

/**
 * From here on signals do not end this process. Those that come before there is a command wait for it. What our caller
 * ignores stays ignored, for the command as well (nohup(1)).
 * @returns what to call with the command's PID
 */
export function forwardSignals(): (command: number) => void {
  const early: NodeJS.Signals[] = []
  let command: number | undefined
  const forward = (name: NodeJS.Signals) => {
    if (command === undefined) early.push(name)
    else sendSignal(command, name)
  }
  const forwarded = hasTerminal() ? always : [...always, ...fromTerminal]
  for (const name of forwarded) if (!isIgnored(signalNumbers[name])) process.on(name, () => forward(name))
  // Where they are not forwarded they must not end us either; SIGWINCH does nothing by itself.
  if (forwarded === always)
    for (const name of ["SIGINT", "SIGQUIT"] as const) ignoreSignal(signalNumbers[name])
  return started => {
    command = started
    for (const name of early) sendSignal(started, name)
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
  try {
    closeSync(openSync("/dev/tty", "r"))
    return true
  } catch (cause) {
    if (["ENXIO", "ENOENT", "EACCES"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false
    throw cause
  }
}
