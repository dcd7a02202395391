/** SOCKS proxies that say what the test says, and an honest one of version 5 that wants a login. */
import { connect } from "node:net"
import { serverOf, type TestServer } from "./servers.ts"

export type Spoken = Pick<TestServer, "port" | "sockets"> &
  AsyncDisposable & {
    /** what was heard, in hexadecimal, one text for each answer */
    heard: string[]
  }

/** Answers the first, the second … message of each connection with these bytes, and then says no more. */
export async function scriptedSocks(...answers: readonly (Uint8Array | "end" | "reset")[]): Promise<Spoken> {
  const heard: string[] = []
  const server = await serverOf(socket => {
    let step = 0
    socket.on("data", (bytes: Buffer) => {
      heard.push(bytes.toString("hex"))
      const answer = answers[step++]
      if (answer === "end") socket.end()
      else if (answer === "reset") socket.resetAndDestroy()
      else if (answer !== undefined) socket.write(answer)
    })
  })
  return {
    port: server.port,
    sockets: server.sockets,
    heard,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** One that lets in who has the login, and connects to 127.0.0.1 whatever it is asked for. */
export async function honestSocks({ user, password }: { user: string; password: string }): Promise<Spoken> {
  const heard: string[] = []
  const wanted = [
    1,
    Buffer.byteLength(user),
    ...Buffer.from(user),
    Buffer.byteLength(password),
    ...Buffer.from(password),
  ]
  const server = await serverOf(socket => {
    let step = 0
    socket.on("data", (bytes: Buffer) => {
      if (step > 2) return
      heard.push(bytes.toString("hex"))
      step++
      if (step === 1)
        socket.write(bytes.subarray(2).includes(2) ? Buffer.from([5, 2]) : Buffer.from([5, 255]))
      else if (step === 2) socket.write(Buffer.from([1, bytes.equals(Buffer.from(wanted)) ? 0 : 1]))
      else {
        const there = connect({
          port: bytes.readUInt16BE(bytes.length - 2),
          host: "127.0.0.1",
          allowHalfOpen: true,
        })
        there.on("error", () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])))
        there.on("connect", () => {
          socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]))
          socket.pipe(there).pipe(socket)
        })
      }
    })
  })
  return {
    port: server.port,
    sockets: server.sockets,
    heard,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
