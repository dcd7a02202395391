/** ClientHellos of real TLS clients. */
import { once } from "node:events"
import { createServer } from "node:net"
import { connect } from "node:tls"

/** What this runtime's TLS says first. @param servername "" = none */
export async function realHello(servername: string, alpn: string[] = []): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer(socket => {
    socket.on("error", () => undefined)
    let hello = Buffer.alloc(0)
    socket.on("data", data => {
      hello = Buffer.concat([hello, data as Buffer])
      if (hello.length >= 5 && hello.length >= 5 + hello.readUInt16BE(3)) {
        resolve(hello)
        socket.destroy()
      }
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  const socket = connect({
    host: "127.0.0.1",
    port: address.port,
    ...(servername === "" ? {} : { servername }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: alpn }),
  })
  socket.on("error", () => undefined)
  const hello = await promise
  server.close()
  return hello
}
