/**
 * The control socket of a running session: `cordon approve`, `allow` and `deny` come in here. It is abstract (unix(7)), so
 * nothing lies on the disk and nothing stays behind; and out of the sandbox's reach, which has a network of its own.
 */
import { BoundedLines } from "../../base/bounded-lines.ts"
import { UserError } from "../../base/error.ts"
import { controlPrefix } from "../../host/control-name.ts"
import { Outbox } from "../streams/outbox.ts"
import { type ControlReply, type ControlRequest, messageLine, readRequest } from "./control-messages.ts"
import { isOwnPeer } from "./control-peer.ts"

export type Controlled = {
  session: string
  /** carries out what is asked for @throws UserError when that is refused */
  reply: (request: ControlRequest) => ControlReply
  /** calls back when the status has changed @returns ends that */
  watch: (listener: () => void) => () => void
}

export type Control = { close(): void }

const requestMax = 64 << 10
/** A status has at most 256 questions. */
const waitingMax = 4 << 20
const clientsMax = 64
/** A client that says nothing is let go. */
const silenceSeconds = 30

type Client = { lines: BoundedLines; outbox: Outbox; unwatch: (() => void) | undefined; isDue: boolean }

/** @throws Error when there is a socket of that name already, which a fresh session's id makes impossible */
export function serveControl(controlled: Controlled): Control {
  let clients = 0
  const server = Bun.listen<Client>({
    unix: `\0${controlPrefix}${controlled.session}`,
    socket: {
      open: socket => {
        clients++
        socket.data = {
          lines: new BoundedLines(requestMax),
          outbox: new Outbox(waitingMax),
          unwatch: undefined,
          isDue: false,
        }
        if (clients > clientsMax || !isOwnPeer(descriptorOf(socket), true)) socket.terminate()
        else socket.timeout(silenceSeconds)
      },
      data: (socket, bytes) => {
        const { lines } = socket.data
        for (const line of lines.push(bytes)) answer(socket, line, controlled)
        if (lines.isOverfull || lines.tooLong > 0) socket.terminate()
      },
      drain: socket => socket.data.outbox.drain(socket),
      timeout: socket => socket.terminate(),
      error: socket => socket.terminate(),
      close: socket => {
        clients--
        socket.data.unwatch?.()
      },
    },
  })
  return { close: () => server.stop(true) }
}

type Socket = Bun.Socket<Client>

/** Of every socket of the runtime's, though its types do not tell. */
export function descriptorOf(socket: Bun.Socket<unknown>): number {
  return (socket as unknown as { fd: number }).fd
}

function answer(socket: Socket, line: string, controlled: Controlled): void {
  const request = readRequest(line)
  if (request?.kind === "watch" && socket.data.unwatch === undefined) {
    socket.timeout(0)
    socket.data.unwatch = controlled.watch(() => sendSoon(socket, controlled))
  }
  send(socket, request === undefined ? notUnderstood : replyTo(request, controlled))
}

const notUnderstood: ControlReply = {
  kind: "refused",
  why: "the session was started by another version of Cordon, and does not understand the request",
  hint: "use that version, or start the session again",
}

function replyTo(request: ControlRequest, { reply }: Controlled): ControlReply {
  try {
    return reply(request)
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    return { kind: "refused", why: cause.message, hint: cause.hint }
  }
}

/** Of many changes at once the person hears once. */
function sendSoon(socket: Socket, { reply }: Controlled): void {
  if (socket.data.isDue) return
  socket.data.isDue = true
  setTimeout(() => {
    socket.data.isDue = false
    if (socket.data.unwatch !== undefined) send(socket, reply({ kind: "status" }))
  }, 20)
}

function send(socket: Socket, reply: ControlReply): void {
  if (!socket.data.outbox.send(socket, messageLine(reply))) socket.terminate()
}
