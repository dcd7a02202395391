/** From another terminal to a running session: finds the sessions of this person, and asks them. */
import { BoundedLines } from "../../base/bounded-lines.ts"
import { controlPrefix } from "../../host/control-name.ts"
import { boundSessions } from "../../host/sockets.ts"
import { Outbox } from "../streams/outbox.ts"
import { descriptorOf } from "./control.ts"
import {
  type ControlReply,
  type ControlRequest,
  messageLine,
  readReply,
  type SessionStatus,
} from "./control-messages.ts"
import { isOwnPeer } from "./control-peer.ts"

const replyMax = 4 << 20
const requestMax = 64 << 10
/** A session answers at once; one that is stopped (Ctrl-Z) does not. */
const patienceMs = 2_000
/** Anybody on this machine can give sockets such names. */
const sessionsMax = 1000

/** The running sessions of this person, in the order of their ids. */
export async function runningSessions(): Promise<SessionStatus[]> {
  const sessions = boundSessions().sort().slice(0, sessionsMax)
  const replies = await Promise.all(sessions.map(session => askSession(session, { kind: "status" })))
  return replies.flatMap(reply => (reply?.kind === "status" ? [reply.status] : []))
}

/** @returns undefined when the session has ended, does not answer, or is somebody else's */
export function askSession(session: string, request: ControlRequest): Promise<ControlReply | undefined> {
  return new Promise(resolve => {
    const connection = connectSession(session, request, {
      onReply: reply => {
        resolve(reply)
        connection.close()
      },
      onEnd: () => {
        clearTimeout(timer)
        resolve(undefined)
      },
    })
    const timer = setTimeout(() => connection.close(), patienceMs)
  })
}

export type Listening = {
  onReply: (reply: ControlReply) => void
  /** once, whatever the reason */
  onEnd: () => void
}

/** Asks, and hears every reply until either side ends it. */
export function connectSession(
  session: string,
  request: ControlRequest,
  { onReply, onEnd }: Listening,
): { close(): void } {
  const lines = new BoundedLines(replyMax)
  const outbox = new Outbox(requestMax)
  let socket: Bun.Socket<undefined> | undefined
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    socket?.terminate()
    onEnd()
  }
  const connected = Bun.connect({
    unix: `\0${controlPrefix}${session}`,
    socket: {
      open: opened => {
        socket = opened
        // Another user could have made a socket of that name, and show questions of their own invention.
        if (isOver || !isOwnPeer(descriptorOf(opened), false)) opened.terminate()
        else outbox.send(opened, messageLine(request))
      },
      data: (_, bytes) => {
        for (const line of lines.push(bytes)) {
          const reply = readReply(line)
          if (reply === undefined) return end()
          onReply(reply)
        }
        if (lines.isOverfull) end()
      },
      drain: opened => outbox.drain(opened),
      error: end,
      close: end,
    },
  })
  connected.catch((cause: NodeJS.ErrnoException) => {
    end()
    // There is none of that name any more, or it takes nobody.
    if (!["ECONNREFUSED", "ENOENT", "EAGAIN", "ECONNRESET"].includes(cause.code ?? "")) throw cause
  })
  return { close: end }
}
