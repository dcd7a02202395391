// A server of the internet, played by Node: both versions of HTTP on one port. Says on stdout where it listens, and what
// it was asked, a JSON line each.
const http2 = require("node:http2")
const https = require("node:https")
const { createHash } = require("node:crypto")
const { readFileSync } = require("node:fs")

const [key, cert, protocols = "h2,http/1.1"] = process.argv.slice(2)
const identity = { key: readFileSync(key), cert: readFileSync(cert) }
const server = protocols.includes("h2")
  ? http2.createSecureServer({ ...identity, allowHTTP1: protocols.includes("http/1.1") })
  : https.createServer(identity)

const say = value => process.stdout.write(`${JSON.stringify(value)}\n`)

const pages = {
  "/echo": (request, response) => {
    response.setHeader("x-echo", request.headers.authorization ?? "none")
    response.end(JSON.stringify(request.headers))
  },
  "/echo/never": () => undefined,
  "/download": (request, response) =>
    pump(response, Number(new URL(request.url, "https://x").searchParams.get("bytes"))),
  "/upload": (request, response) => {
    let bytes = 0
    request.on("data", data => (bytes += data.length))
    request.on("end", () => response.end(`got ${bytes}`))
  },
  // Reads nothing until it is told to: whoever sends has to wait.
  "/reluctant": (request, response) => {
    let bytes = 0
    setTimeout(() => {
      request.on("data", data => (bytes += data.length))
      request.on("end", () => response.end(`got ${bytes}`))
    }, 500)
  },
  // The next event is sent when the client says that it has seen the last one.
  "/events": (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write("data: 0\n\n")
    waiting = count => (count > 3 ? response.end() : response.write(`data: ${count}\n\n`))
  },
  "/seen": (request, response) => {
    waiting(Number(new URL(request.url, "https://x").searchParams.get("next")))
    response.end()
  },
  "/cut": (request, response) => {
    response.writeHead(200, { "content-length": "1000" })
    response.write("half of it")
    setTimeout(() => (response.stream ? response.stream.close(2) : request.socket.destroy()), 100)
  },
  "/trailers": (_, response) => {
    response.addTrailers({ "grpc-status": "0" })
    response.end("content")
  },
}
let waiting = () => undefined

function pump(response, bytes) {
  const piece = Buffer.alloc(65_536, "x")
  let left = bytes
  const more = () => {
    while (left > 0) {
      const part = left < piece.length ? piece.subarray(0, left) : piece
      left -= part.length
      if (!response.write(part)) return response.once("drain", more)
    }
    response.end()
  }
  more()
}

server.on("request", (request, response) => {
  say({ method: request.method, url: request.url, version: request.httpVersion, headers: request.headers })
  const page = pages[request.url.split("?")[0]]
  if (page !== undefined) return page(request, response)
  response.statusCode = request.url.includes("/info/refs") ? 401 : 404
  response.setHeader("www-authenticate", 'Basic realm="git"')
  response.end("nothing here")
})

// RFC 6455: sends back what it hears, frame by frame.
server.on("upgrade", (request, socket) => {
  say({ method: request.method, url: request.url, version: "websocket", headers: request.headers })
  const accept = createHash("sha1").update(
    `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  )
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest("base64")}\r\n\r\n`,
  )
  socket.on("data", data => {
    const length = data[1] & 0x7f
    const mask = data.subarray(2, 6)
    const text = Buffer.from(data.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]))
    if ((data[0] & 0xf) === 8) return socket.end(Buffer.from([0x88, 0]))
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]))
  })
  socket.on("error", () => undefined)
})
server.on("sessionError", () => undefined)
server.on("tlsClientError", ({ code }) => say({ refused: code }))
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }))
