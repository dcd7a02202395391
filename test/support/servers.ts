/** Servers on loopback that do one thing each, and say what they heard. */
import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"

export type TestServer = AsyncDisposable & {
  port: number
  /** what each connection said, in the order of the connections */
  heard: string[]
  sockets: Socket[]
}

/** @param serve is called for each connection, which nothing else reads or ends */
export async function serverOf(
  serve: (socket: Socket) => void,
  host = "127.0.0.1",
  port = 0,
): Promise<TestServer> {
  const heard: string[] = []
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, socket => {
    const index = sockets.push(socket) - 1
    heard[index] = ""
    socket.on("data", data => {
      heard[index] += data.toString("latin1")
    })
    // How a connection ends is what the other side looks at.
    socket.on("error", () => undefined)
    serve(socket)
  })
  await once(server.listen({ host, port }), "listening")
  return {
    port: portOf(server),
    heard,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("the server has no port")
  return address.port
}

/** Says back what it hears, and ends when the other side does. */
export const echoServer = (host?: string, port?: number) =>
  serverOf(socket => socket.pipe(socket), host, port)

/** Says a text when somebody comes, and echoes. */
export const bannerServer = (banner: string) =>
  serverOf(socket => {
    socket.write(banner)
    socket.pipe(socket)
  })

/** Takes connections and never says a word. */
export const silentServer = (host?: string) => serverOf(socket => socket.on("end", () => socket.end()), host)

/** Answers the first request and ends. */
export const onceServer = (answer: string) =>
  serverOf(socket => socket.once("data", () => socket.end(answer)))

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(2)
}
