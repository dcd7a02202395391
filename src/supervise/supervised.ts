/** What a supervisor is given, and what it is handed when the sandbox is there. */
import type { SessionLog } from "../audit/session-log.ts"
import type { BorderSockets } from "../kernel/border-sockets.ts"
import type { Invocation } from "../kernel/invocation.ts"
import type { Dial } from "../network/streams/dial.ts"
import type { FilteredNetwork, LaunchPlan } from "../plan/launch-plan.ts"
import type { PathPolicy } from "../policy/policy.ts"
import type { Engine } from "./engine.ts"
import type { Preparation } from "./messages.ts"

export type Supervised = {
  invocation: Invocation
  /** what the invocation's late file is to hold */
  lastSteps: () => Promise<Uint8Array>
  engine: Engine
  /** made when bubblewrap has all that it waits for */
  rules: () => PathPolicy
  reads: Preparation["reads"]
  plan: Pick<LaunchPlan, "limits" | "session" | "stateFiles" | "network" | "unixSockets" | "landlock">
  /** where the sandbox has something else than the host's directory holds */
  mountPoints: readonly string[]
  /** where it has what the host has there, which somebody may have replaced (replaced.ts) */
  bound: readonly string[]
  /** of a sandbox without namespaces, which does not end by itself */
  bare: BareSession | undefined
  /** opens the border of a session whose connections are decided on: loaded when it is needed, while the sandbox is built */
  openBorder: (sandbox: Sandbox & { network: FilteredNetwork }) => Promise<SessionBorder>
  /** of a session that somebody wants recorded; the border's own is closed by it */
  log: SessionLog | undefined
  /** says a line to the person at once: this process may end right after */
  tell: (text: string) => void
}

/** @param socket our end of the one to the process that ends the session (inside/bare.ts) */
export type BareSession = {
  /** a child of ours has ended. @returns whether the process is there that will end the session */
  isWatchedOver: (socket: number, command: number) => boolean
  /** ends all of its processes; that they have, a child of ours tells */
  beginEnd: (socket: number) => void
  /** @returns what a person should know of how that went */
  end: (socket: number) => string[]
  /** nothing was started in it */
  discard: () => void
}

/** What a border needs of a sandbox that is there. */
export type Sandbox = {
  sockets: BorderSockets
  /** PID of the command */
  process: number
}

export type SessionBorder = {
  dialled: (dial: Dial) => void
  /** the command has ended: what has to be written down is, before this returns */
  end: (status: number) => void
}
