/**
 * A server of somebody else's that says what it took from each connection: whatever it saw of what we passed on, we must
 * have seen before it. It is another process, and ends with this one.
 */

/** Prints its port, then a JSON line `{ port, seen }` for each connection that has ended, `port` being the client's. */
export type Witness = {
  /** Sends bytes on a connection of their own, nothing after them. @returns what the server saw */
  seenIn(bytes: Uint8Array): Promise<string[]>
  close(): void
}

/** @param words a program that ends when nothing more comes on its standard input */
export async function startWitness(words: readonly string[]): Promise<Witness> {
  const child = Bun.spawn([...words], { stdio: ["pipe", "pipe", "inherit"] })
  // Nobody waits for it: it ends when we do.
  child.unref()
  const lines = linesOf(child.stdout)
  const { value: port } = await lines.next()
  if (!/^\d+$/.test(port ?? ""))
    throw new Error(`the server says ${port} instead of a port: ${words.join(" ")}`)
  return {
    async seenIn(bytes) {
      const own = await exchange(Number(port), bytes)
      for (;;) {
        const { value } = await lines.next()
        if (value === undefined) throw new Error("the server has ended")
        const { port, seen } = JSON.parse(value) as { port: number; seen: string[] }
        if (port === own) return seen
      }
    },
    close() {
      child.kill("SIGKILL")
    },
  }
}

/** @returns our own port, when the server has closed the connection */
async function exchange(port: number, bytes: Uint8Array): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let rest = bytes
  const write = (socket: Bun.Socket) => {
    rest = rest.subarray(Math.max(socket.write(rest), 0))
    if (rest.length === 0) socket.shutdown()
  }
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    socket: {
      open: write,
      drain: socket => {
        if (rest.length > 0) write(socket)
      },
      data: () => undefined,
      end: socket => socket.terminate(),
      close: () => resolve(),
      error: () => resolve(),
    },
  })
  const own = socket.localPort
  await promise
  return own
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  let held = ""
  for await (const bytes of stream) {
    held += decoder.decode(bytes, { stream: true })
    for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
      yield held.slice(0, end)
      held = held.slice(end + 1)
    }
  }
  return undefined
}

const endsWithUs = `process.stdin.on("end", () => process.exit()).resume()`

/** Node's HTTP server: a line for each request, its method, target and hosts. @param lenient as lenient as it can be */
export function httpServerOfNode(lenient: boolean): string[] {
  const script = `
const note = (request, socket) => socket.seen.push(JSON.stringify([
  request.method, request.url, request.rawHeaders.filter((_, at, all) => at % 2 === 1 && /^host$/i.test(all[at - 1]))]))
const serve = (request, response) => {
  note(request, request.socket)
  request.resume()
  response.end()
}
const server = require("node:http").createServer({ insecureHTTPParser: ${lenient}, requireHostHeader: false }, serve)
server.on("checkExpectation", serve)
for (const event of ["upgrade", "connect"]) server.on(event, (request, socket) => { note(request, socket); socket.destroy() })
server.on("clientError", (_, socket) => socket.destroy())
server.on("connection", socket => {
  const port = socket.remotePort
  socket.seen = []
  socket.on("close", () => console.log(JSON.stringify({ port, seen: socket.seen })))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
${endsWithUs}`
  return ["node", "-e", script]
}

/** Python's: lenient, and without chunks, so that only the first request of a connection tells anything. */
export const httpServerOfPython = [
  "python3",
  "-c",
  `
import http.server, json, os, re, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __getattr__(self, name):
        # No program has a method for a method of HTTP that is none.
        if re.fullmatch(r"do_[\\w!#$%&'*+.^\x60|~-]+", name, re.ASCII): return self.note
        raise AttributeError(name)
    def setup(self):
        super().setup()
        self.seen = []
    def note(self):
        if not self.seen: self.seen.append(json.dumps([self.command, self.path, self.headers.get_all("Host") or []]))
        self.close_connection = True
    def log_message(self, *words): pass
    def finish(self):
        try: super().finish()
        except OSError: pass
    def handle(self):
        try: super().handle()
        except Exception: pass
        print(json.dumps({"port": self.client_address[1], "seen": self.seen}), flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
`,
]

/** Node's TLS server, with no certificate: it gets as far as the server's name, and the protocols. */
export const tlsServerOfNode = [
  "node",
  "-e",
  `
let seen = []
const server = require("node:tls").createServer({
  SNICallback(name, done) { seen.push("name " + name); done(null, null) },
  ALPNCallback({ servername, protocols }) {
    seen.push("name " + (servername || ""), "protocols " + protocols.join(" "))
    return protocols[0]
  },
})
server.on("connection", socket => {
  const port = socket.remotePort
  seen = []
  socket.on("close", () => console.log(JSON.stringify({ port, seen })))
})
server.on("tlsClientError", (_, socket) => socket.destroy())
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
${endsWithUs}`,
]
