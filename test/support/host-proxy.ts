/** A proxy as companies have them: node's own HTTP server, which tunnels what it is asked for. */
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createSecureServer } from "node:https"
import { connect, type Socket } from "node:net"
import { join } from "node:path"

export type HostProxy = AsyncDisposable & {
  port: number
  /** targets of the tunnels that were asked for, and with which login */
  asked: { target: string; host: string | undefined; login: string | undefined }[]
}

export type HostProxyOptions = {
  /** `user:password` without which nobody gets through */
  login?: string
  /** where names lead that the proxy alone knows */
  hosts?: Readonly<Record<string, string>>
  /** PEM texts: TLS to the proxy */
  tls?: { key: string; cert: string }
  /** what it says in place of an answer of its own */
  answer?: string
}

export async function hostProxy({
  login,
  hosts = {},
  tls,
  answer,
}: HostProxyOptions = {}): Promise<HostProxy> {
  const asked: HostProxy["asked"] = []
  const sockets = new Set<Socket>()
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    const given = request.headers["proxy-authorization"]
    const target = request.url ?? ""
    const plain = given?.startsWith("Basic ") ? Buffer.from(given.slice(6), "base64").toString() : given
    asked.push({ target, host: request.headers.host, login: plain })
    client.on("error", () => undefined)
    if (answer !== undefined) return void client.end(answer)
    if (plain !== login) return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    const [, name = "", port = ""] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? []
    const server = connect({ host: hosts[name] ?? name, port: Number(port), allowHalfOpen: true })
    server.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"))
    server.on("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n")
      server.write(head)
      client.pipe(server).pipe(client)
    })
  })
  server.on("connection", (socket: Socket) => sockets.add(socket))
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("no port")
  return {
    port: address.port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** A certificate that signs itself, by openssl(1). @returns PEM texts, and where the certificate lies */
export function selfSigned(name: string, directory: string): { key: string; cert: string; file: string } {
  const [key, file] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)]
  const words = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
  ]
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`]
  const { status, stderr } = spawnSync("openssl", [...words, ...subject, "-keyout", key, "-out", file])
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  return { key: readFileSync(key, "utf8"), cert: readFileSync(file, "utf8"), file }
}
