/** Our process while the command runs: it passes signals on, keeps the time, and ends with the command. */
import { HostError } from "../base/error.ts"
import { exitCode } from "../base/exit-code.ts"
import { releaseCode } from "../kernel/memory.ts"
import { endProcess, exitStatus, killNamespaces } from "../kernel/spawn.ts"
import { type Begun, beginSession } from "./begin.ts"
import { SessionClock } from "./clock.ts"
import { after, type Timer } from "./deadlines.ts"
import type { EngineHost } from "./engine.ts"
import { makeGroup, type SessionGroup } from "./group.ts"
import type { FromEngine } from "./messages.ts"
import { preparationOf, waitsForBorder } from "./preparation.ts"
import { type Forwarding, sendSignal } from "./signals.ts"

import type { Sandbox, SessionBorder, Supervised } from "./supervised.ts"

/** Milliseconds after which a session is taken to last: then memory that the start needed is given back. */
const settledMs = 200

/**
 * Stays with the sandbox, and ends with it: this process exits with the status of the command.
 * @param begun undefined where the sandbox is to be begun here
 */
export function supervise(supervised: Supervised, begun?: Begun): Promise<never> {
  const { plan, engine } = supervised
  if ((plan.landlock?.scopeAbstractSockets === true) !== engine.scoped)
    throw new Error("bug: the sandbox and who connects on its behalf are not in one Landlock domain")
  if (plan.network.mode === "filtered" && !engine.threaded)
    throw new Error("bug: nobody is free for the connections of the sandbox")
  return new Supervision(supervised).stayWith(begun ?? begin(supervised))
}

function begin({ invocation, bare }: Supervised): Begun {
  try {
    return beginSession(invocation)
  } catch (cause) {
    bare?.discard()
    throw cause
  }
}

class Supervision {
  readonly #supervised: Supervised
  readonly #clock: SessionClock
  readonly #engine: EngineHost
  readonly #umask = process.umask()
  #child: number | undefined
  #socket = -1
  #settling: Timer | undefined
  #group: SessionGroup | undefined
  #border: Promise<SessionBorder> | undefined
  #opened: SessionBorder | undefined
  #fail: (why: unknown) => void = () => undefined

  constructor(supervised: Supervised) {
    this.#supervised = supervised
    this.#engine = supervised.engine.host
    this.#clock = new SessionClock(supervised.tell)
  }

  stayWith(begun: Begun): Promise<never> {
    return new Promise((_, reject) => {
      this.#fail = reject
      try {
        this.#stay(begun)
      } catch (cause) {
        this.#giveUp(cause)
      }
    })
  }

  #stay({ child, socket, gate, signals }: Begun): void {
    const { plan, engine, lastSteps } = this.#supervised
    this.#child = child
    this.#socket = socket
    process.on("SIGCHLD", this.#end)
    // It keeps this process from ending only while bubblewrap runs: not before, nor when all is given up.
    this.#engine.hold()
    this.#clock.start(plan.limits.timeMs, () => this.#endSandbox(child))
    this.#engine.hear(
      message => this.#hear(message, signals),
      why => this.#giveUp(new Error(`bug: the live engine stopped: ${why}`)),
    )
    const opening = gate.open(socket, lastSteps)
    // In this thread one thing comes after the other, and bubblewrap waits for the one.
    const opened = engine.threaded ? opening : opening.then(() => this.#prepare(socket))
    opened.catch(why => this.#giveUp(why))
    if (engine.threaded) this.#prepare(socket)
    this.#end()
  }

  /** The command waits inside for the word to start. */
  #prepare(socket: number): void {
    const { plan } = this.#supervised
    try {
      this.#group = plan.limits.group && makeGroup(plan.limits.group, plan.session)
    } catch (cause) {
      this.#giveUp(cause)
      return
    }
    this.#engine.tell(preparationOf(this.#supervised, { socket, umask: this.#umask, group: this.#group }))
  }

  #hear(message: FromEngine, signals: Forwarding): void {
    switch (message.kind) {
      case "refused":
        this.#giveUp(new HostError(message.message, message.hint))
        break
      case "dialled":
        void this.#border?.then(border => border.dialled(message.dial))
        break
      case "ready":
        this.#clock.command = message.command
        signals.to(message.command)
        this.#settling = after(settledMs, this.#settle)
        if (message.border !== undefined) this.#open({ sockets: message.border, process: message.command })
    }
  }

  /** What comes from inside before it is open waits in the kernel. */
  #open(sandbox: Sandbox): void {
    const { openBorder, plan } = this.#supervised
    if (plan.network.mode !== "filtered") return
    this.#border = openBorder({ ...sandbox, network: plan.network })
    this.#border.then(
      border => {
        this.#opened = border
        if (waitsForBorder(this.#supervised.plan)) this.#engine.tell({ kind: "begin" })
      },
      cause => this.#giveUp(cause),
    )
  }

  /** What ends a session without namespaces may have been killed while the command still held the socket to it. */
  readonly #settle = () => {
    releaseCode()
    this.#end()
  }

  readonly #end = () => {
    const status = this.#child === undefined ? undefined : exitStatus(this.#child)
    if (status === undefined) {
      this.#endWithoutEnd()
      return
    }
    this.#clock.cancel()
    this.#endProcesses()
    for (const text of this.#group?.remove() ?? []) this.#supervised.tell(text)
    const code = this.#clock.isOver ? exitCode.timedOut : status
    this.#record(code)
    // Another thread may wait in the kernel and would never hear of it.
    endProcess(code)
  }

  #record(status: number): void {
    const { log } = this.#supervised
    if (this.#opened !== undefined) this.#opened.end(status)
    else {
      log?.record({ kind: "end", status })
      log?.close()
    }
  }

  /** A command that another program inside traces has not ended for us before that one has (ptrace(2)): all end at once. */
  #endSandbox(child: number): void {
    this.#supervised.bare?.beginEnd(this.#socket)
    sendSignal(child, "SIGKILL")
  }

  #endProcesses(): void {
    const { bare, tell } = this.#supervised
    if (bare === undefined) killNamespaces()
    else for (const text of bare.end(this.#socket)) tell(text)
  }

  /** Without the process that ends a session without namespaces, it is over. */
  #endWithoutEnd(): void {
    const { bare } = this.#supervised
    const { command } = this.#clock
    if (bare !== undefined && command !== undefined && !bare.isWatchedOver(this.#socket, command))
      sendSignal(command, "SIGKILL")
  }

  #giveUp(why: unknown): void {
    process.off("SIGCHLD", this.#end)
    // It would end this process with the status of what is killed here.
    this.#settling?.cancel()
    this.#engine.release()
    if (this.#child !== undefined) process.kill(this.#child, "SIGKILL")
    if (this.#supervised.bare !== undefined) this.#endProcesses()
    this.#group?.remove()
    // What it listens on would keep this process from ending.
    this.#border?.then(
      border => border.end(exitCode.refused),
      () => undefined,
    )
    this.#fail(why)
  }
}
