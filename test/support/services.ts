/** Services of the host that a sandbox may or may not reach, each on a port of its own. */
import type { Socket, TCPSocketListener } from "bun"

export type Service = Disposable & {
  port: number
  /** what was heard, connection by connection */
  heard: string[]
}

/** Answers every request with the Host that it was asked for. */
export function webService(hostname = "127.0.0.1"): Service {
  const heard: string[] = []
  const server = Bun.serve({
    hostname,
    port: 0,
    fetch: request => {
      heard.push(`${request.method} ${request.headers.get("host")} ${new URL(request.url).pathname}`)
      return new Response("hello from the host")
    },
  })
  return { port: server.port ?? 0, heard, [Symbol.dispose]: () => void server.stop(true) }
}

/** Speaks first, as ssh, smtp and mysql do, and then sends back what it hears. */
export function greetingService(hostname = "127.0.0.1"): Service {
  return streamService(hostname, socket => socket.write("220 hello\r\n"))
}

/** Sends back what it hears. */
export function echoService(hostname = "127.0.0.1"): Service {
  return streamService(hostname, () => undefined)
}

function streamService(hostname: string, greet: (socket: Socket<undefined>) => void): Service {
  const heard: string[] = []
  const listener: TCPSocketListener<undefined> = Bun.listen({
    hostname,
    port: 0,
    socket: {
      open: greet,
      data(socket, bytes) {
        heard.push(bytes.toString("latin1"))
        socket.write(bytes)
      },
    },
  })
  return { port: listener.port, heard, [Symbol.dispose]: () => listener.stop(true) }
}
