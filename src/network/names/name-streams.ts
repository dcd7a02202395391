/** Questions for names that come as streams, each with its length before it (RFC 7766). */
import { HeldBytes } from "../streams/held-bytes.ts"
import { answerTo } from "./name-answers.ts"
import type { NameServer } from "./name-server.ts"
import type { SyntheticNames } from "./synthetic-names.ts"

const limits = {
  /** connections at one time; with one more, the one that was silent for longest is closed */
  connections: 64,
  /** seconds without a question, or without room for the answers */
  idle: 10,
  /** bytes of a question: a name, and the padding that some clients add (RFC 8467) */
  question: 2048,
  /** questions of one connection that are answered before everything else gets its turn */
  questionsPerTurn: 64,
} as const

const lengthBytes = 2

type Connection = {
  /** questions, the last one perhaps in part */
  asked: HeldBytes
  /** answers that the program has not made room for yet */
  unsent: HeldBytes
  /** nothing more will be asked */
  ended: boolean
  /** there is more to answer in the next turn */
  waits: boolean
}
type Socket = Bun.Socket<Connection>

/** As Bun 1.4.5 takes it; its types leave the descriptor out. */
type Options = { fd: number; allowHalfOpen: boolean; socket: Bun.SocketHandler<Connection> }

/** @param descriptor a listening socket; closed with the server */
export function serveStreams(descriptor: number, names: SyntheticNames): NameServer {
  const open = new Set<Socket>()
  const attend = (socket: Socket) => {
    // The last one in the set is the one that did something last.
    open.delete(socket)
    open.add(socket)
    socket.timeout(limits.idle)
    answerSome(socket, names)
  }
  const options: Options = {
    fd: descriptor,
    // A program may say that it has no more questions and wait for the answers.
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.data = { asked: new HeldBytes(), unsent: new HeldBytes(), ended: false, waits: false }
        open.add(socket)
        socket.timeout(limits.idle)
        const [silent] = open
        if (open.size > limits.connections) silent?.terminate()
      },
      data(socket, bytes) {
        socket.data.asked.add(bytes)
        attend(socket)
      },
      drain: attend,
      end(socket) {
        socket.data.ended = true
        attend(socket)
      },
      timeout(socket) {
        socket.terminate()
      },
      close(socket) {
        open.delete(socket)
      },
      error(socket) {
        socket.terminate()
      },
    },
  }
  const listener = Bun.listen(options as unknown as Bun.TCPSocketListenOptions<Connection>)
  return { close: () => listener.stop(true) }
}

/** Answers some of what is held, and reads on when nothing is left: no more is held than Bun reads at once. */
function answerSome(socket: Socket, names: SyntheticNames): void {
  const { data } = socket
  if (data.waits || !flush(socket)) return
  const answers = answersTo(data.asked, names)
  if (answers === "too long") {
    socket.terminate()
    return
  }
  data.unsent.add(answers)
  const sent = flush(socket)
  if (!sent || hasQuestion(data.asked)) {
    socket.pause()
    // What is not sent calls us when there is room.
    if (sent) answerLater(socket, names)
  } else if (data.ended) socket.end()
  else socket.resume()
}

function answerLater(socket: Socket, names: SyntheticNames): void {
  socket.data.waits = true
  setImmediate(() => {
    socket.data.waits = false
    if (socket.readyState > 0) answerSome(socket, names)
  })
}

function answersTo(asked: HeldBytes, names: SyntheticNames): Buffer | "too long" {
  const answers: Uint8Array[] = []
  for (let count = 0; count < limits.questionsPerTurn; count++) {
    const question = nextQuestion(asked)
    if (question === "too long") return question
    if (question === undefined) break
    const answer = answerTo(question, names)
    if (answer !== undefined) answers.push(lengthOf(answer), answer)
  }
  return Buffer.concat(answers)
}

/** @returns whether everything is sent */
function flush(socket: Socket): boolean {
  const { unsent } = socket.data
  if (unsent.length > 0) unsent.drop(Math.max(socket.write(unsent.bytes), 0))
  return unsent.length === 0
}

function hasQuestion(asked: HeldBytes): boolean {
  const { bytes } = asked
  if (bytes.length < lengthBytes) return false
  const length = bytes.readUInt16BE(0)
  return length > limits.question || bytes.length >= lengthBytes + length
}

function nextQuestion(asked: HeldBytes): Uint8Array | "too long" | undefined {
  if (!hasQuestion(asked)) return undefined
  const { bytes } = asked
  const end = lengthBytes + bytes.readUInt16BE(0)
  if (end > lengthBytes + limits.question) return "too long"
  const question = bytes.subarray(lengthBytes, end)
  asked.drop(end)
  return question
}

function lengthOf(answer: Uint8Array): Buffer {
  const bytes = Buffer.alloc(lengthBytes)
  bytes.writeUInt16BE(answer.length)
  return bytes
}
