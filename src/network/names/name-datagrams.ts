/** Questions for names that come as datagrams, as nearly all do. */
import { closeSync } from "node:fs"
import { duplicateFrom } from "../../kernel/libc.ts"
import { answerTo } from "./name-answers.ts"
import type { NameServer } from "./name-server.ts"
import type { SyntheticNames } from "./synthetic-names.ts"

/** Questions answered before everything else of this process gets its turn. */
const questionsPerTurn = 256
/** How long to wait when there is no descriptor left for the copy. */
const retryMs = 50

type Socket = Bun.udp.Socket<"buffer">
/** As Bun 1.4.5 takes it; its types leave the descriptor out. */
type Options = Bun.udp.SocketOptions<"buffer"> & { fd: number }

/** @param descriptor a bound socket; closed with the server */
export async function serveDatagrams(descriptor: number, names: SyntheticNames): Promise<NameServer> {
  const server = new DatagramServer(descriptor, names)
  await server.open()
  return server
}

/**
 * Bun reads a socket until nothing is left in it, and so stays with one that fills as fast as it is read: two programs
 * that ask without end would keep every connection of the sandbox waiting. After so many questions in one turn the
 * socket is given up for a copy of itself in the next turn; what arrives in between waits in the kernel, or is lost.
 */
class DatagramServer implements NameServer {
  readonly #descriptor: number
  readonly #names: SyntheticNames
  #socket: Socket | undefined
  #questions = 0
  #closed = false

  constructor(descriptor: number, names: SyntheticNames) {
    this.#descriptor = descriptor
    this.#names = names
  }

  async open(): Promise<void> {
    const options: Options = {
      fd: duplicateFrom(this.#descriptor, 3),
      socket: {
        data: (socket, message, port, address) => this.#answer(socket, message, { port, address }),
        // Somebody asked and went away before the answer: nobody else need know.
        error: () => undefined,
      },
    }
    this.#socket = await Bun.udpSocket(options)
    if (this.#closed) this.#socket.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket?.close()
    closeSync(this.#descriptor)
  }

  #answer(socket: Socket, message: Uint8Array, from: { port: number; address: string }): void {
    if (socket.closed) return
    if (this.#questions++ === 0) setImmediate(() => this.#nextTurn())
    const answer = answerTo(message, this.#names)
    if (answer !== undefined) send(socket, answer, from)
    if (this.#questions === questionsPerTurn) socket.close()
  }

  #nextTurn(): void {
    const gaveUp = this.#questions >= questionsPerTurn
    this.#questions = 0
    if (gaveUp) this.#openAgain()
  }

  #openAgain(): void {
    if (this.#closed) return
    // The sandbox may have used up our descriptors for a moment, with connections.
    this.open().catch(() => setTimeout(() => this.#openAgain(), retryMs).unref())
  }
}

/** What cannot be sent at once is lost, as datagrams are: nothing waits in our memory. */
function send(
  socket: Socket,
  answer: Uint8Array,
  { port, address }: { port: number; address: string },
): void {
  try {
    socket.send(answer, port, address)
  } catch (cause) {
    // Whoever asked cannot be reached: its own affair. Everything else is a bug.
    if (!(cause instanceof Error && "code" in cause)) throw cause
  }
}
