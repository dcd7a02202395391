/** Services of the host that a sandbox must not reach, and the scripts that try to. */
import { once } from "node:events"
import { createServer } from "node:net"

/** What every listener says to whoever gets through. */
export const greeting = "hello from the host"

/** Where a listener is: a port of loopback, or the path of a unix socket (`\0name` for an abstract one). */
export type Place = { port: number } | { unix: string }

export type Listener = AsyncDisposable & { place: Place }

/** Listens on the host; greets and hangs up. */
export async function listen(place: { unix: string } | { hostname: string }): Promise<Listener> {
  const server = createServer(socket => socket.end(greeting))
  const target = "unix" in place ? { path: place.unix } : { host: place.hostname, port: 0 }
  await once(server.listen(target), "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    place: "unix" in place ? place : { port },
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

/** JavaScript that connects and prints what it hears, or `refused CODE`. */
export function connectScript(place: Place, hostname = "127.0.0.1"): string {
  const target = "unix" in place ? { path: place.unix } : { host: hostname, port: place.port }
  return `
const socket = require("node:net").connect(${JSON.stringify(target)})
socket.setTimeout(5000, () => { console.log("refused: silence"); process.exit(1) })
socket.on("data", data => process.stdout.write(data))
socket.on("error", error => { console.log("refused", error.code); process.exitCode = 1 })
`
}

/** JavaScript that listens and connects to itself inside, and prints what it hears. */
export function loopScript(place: Place): string {
  const target = "unix" in place ? { path: place.unix } : { host: "127.0.0.1", port: place.port }
  return `
const net = require("node:net")
const server = net.createServer(socket => socket.end("hello from inside"))
server.listen(${JSON.stringify(target)}, () => {
  const socket = net.connect("unix" in ${JSON.stringify(place)} ? ${JSON.stringify(target)} : server.address())
  socket.on("data", data => process.stdout.write(data))
  socket.on("close", () => server.close())
})
`
}
