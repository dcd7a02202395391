/**
 * What is no HTTP to us and a request to a server that is allowed: which of the server's hosts it is for nobody would have
 * judged. Python's wsgiref takes any word for a method, and so finds a request in a ClientHello whose first line ends like
 * one; Java's own server takes any three words, Ruby's WEBrick any two; Python's http.server takes a body that it left unread
 * for the next request.
 */
import { expect, test } from "bun:test"
import { freePort } from "../support/border.ts"
import { runWithNames } from "../support/host-names.ts"
import { anyMethod, pythonServer, serverProgram } from "../support/server-program.ts"
import { World } from "../support/world.ts"

/** No byte of the lengths and names is one that Python takes for a space. */
const client = `
import socket, sys
port, host = int(sys.argv[1]), sys.argv[2]
def hello(data):
    extensions = b"AA" + len(data).to_bytes(2, "big") + data
    body = b"\\3\\3" + b"r" * 32 + b"\\0" + b"\\0\\2\\x13\\1" + b"\\1\\0" + len(extensions).to_bytes(2, "big") + extensions
    message = b"\\1" + len(body).to_bytes(3, "big") + body
    return b"\\x16\\3\\1" + len(message).to_bytes(2, "big") + message
def request(host): return b" / HTTP/1.1\\nHost: " + host.encode() + b"\\n\\n"
def site(bytes):
    connection = socket.create_connection(("api.example", port), timeout=10)
    try:
        connection.sendall(bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while more := connection.recv(65536): answer += more
    except OSError: return "reset"
    return "alert" if answer[:1] == b"\\x15" else answer.decode("latin1").split("\\n")[-1]
print(site((b"FIND" + request("api.example:%d" % port)).replace(b"\\n", b"\\r\\n")))
print(site(hello(b"x" * 60 + request(host))))
late = request(host)
print(site(hello(b"x" * 60) + b"\\x17\\3\\3" + len(late).to_bytes(2, "big") + late))
print(site(hello(b"x" * 60) + b"\\x15\\3\\3" + len(late).to_bytes(2, "big") + late))
`

const names = { "api.example": "127.0.0.1" }

test("a ClientHello asks a server that speaks HTTP for no other host", async () => {
  using world = new World({ project: { "client.py": client } })
  await using server = await pythonServer(anyMethod)
  const { port } = server
  const allowed = [`api.example:${port}`, "127.0.0.1"].flatMap(host => ["--allow-host", host])
  const script = `python3 client.py ${port} evil.example`
  const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
  const { stdout, stderr } = await runWithNames(world, names, { words })
  const expected = `site api.example:${port}\n${"alert\n".repeat(3)}`
  expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: "" })
})

const javaServer = `
import com.sun.net.httpserver.HttpServer;
class Server {
  public static void main(String[] words) throws Exception {
    var at = new java.net.InetSocketAddress("127.0.0.1", Integer.parseInt(words[0]));
    var server = HttpServer.create(at, 0);
    server.createContext("/", asked -> {
      byte[] answer = ("site " + asked.getRequestHeaders().getFirst("Host") + "\\n").getBytes();
      asked.sendResponseHeaders(200, answer.length);
      asked.getResponseBody().write(answer);
      asked.close();
    });
    server.start();
    System.out.println("ready");
  }
}`

const java = Bun.which("java")
test.skipIf(java === null)(
  "three words ask Java's own server for no other host [skipped when java is not installed]",
  async () => {
    using world = new World()
    const port = freePort()
    const source = `${world.root}/Server.java`
    await Bun.write(source, javaServer)
    await using _server = await serverProgram([java ?? "", source, String(port)])
    const allowed = [`api.example:${port}`, "127.0.0.1"].flatMap(host => ["--allow-host", host])
    const asked = (line: string, host: string) => `
exec 3<>/dev/tcp/api.example/${port}
printf '${line}\\r\\nHost: ${host}\\r\\nConnection: close\\r\\n\\r\\n' >&3; timeout 10 cat <&3 | grep -ao 'site .*\\|[0-9]* Bad Request'`
    const odd = ["(GET / ", "(\\n / x", "FOO ftp://x/ "].map(line => asked(line, "evil.example"))
    const script = [asked("GET / HTTP/1.1", `api.example:${port}`), ...odd].join("")
    const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
    const { stdout } = await runWithNames(world, names, { words })
    expect(stdout).toBe(`site api.example:${port}\n${"400 Bad Request\n".repeat(3)}`)
  },
)

const webrick = `
require "webrick"
class Site < WEBrick::HTTPServlet::AbstractServlet
  def service(asked, answer)
    answer.body = "site #{asked.host}"
  end
end
quiet = WEBrick::Log.new(File::NULL)
server = WEBrick::HTTPServer.new(Port: ARGV[0].to_i, BindAddress: "127.0.0.1", Logger: quiet, AccessLog: [])
server.mount("/", Site)
puts "ready"
$stdout.flush
server.start`

const hasWebrick = Bun.which("ruby") !== null && Bun.spawnSync(["ruby", "-rwebrick", "-e", ""]).success
test.skipIf(!hasWebrick)(
  "two words ask WEBrick for no other host [skipped when Ruby has no WEBrick]",
  async () => {
    using world = new World()
    const port = freePort()
    await using _server = await serverProgram(["ruby", "-e", webrick, String(port)])
    const allowed = [`api.example:${port}`, "127.0.0.1"].flatMap(host => ["--allow-host", host])
    const asked = (text: string) => `
exec 3<>/dev/tcp/api.example/${port}
printf '${text}' >&3; timeout 10 cat <&3 | grep -ao 'site .*\\|[0-9]* Bad Request'`
    const own = `GET / HTTP/1.1\\r\\nHost: api.example:${port}\\r\\nConnection: close\\r\\n\\r\\n`
    const odd = ["(GET http://evil.example/", "(GET\\thttp://evil.example/"].map(line => `${line}\\r\\n`)
    const script = [own, ...odd].map(asked).join("")
    const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
    const { stdout } = await runWithNames(world, names, { words })
    expect(stdout).toBe("site api.example\n400 Bad Request\n400 Bad Request\n")
  },
)

const bodiless = `
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        answer = ("site %s\\n" % self.headers["Host"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()`

test("a body that a server leaves unread is no request to another of its hosts", async () => {
  using world = new World()
  await using server = await pythonServer(bodiless)
  const { port } = server
  const allowed = [`api.example:${port}`, "127.0.0.1"].flatMap(host => ["--allow-host", host])
  const head = `GET / HTTP/1.1\\r\\nHost: api.example:${port}\\r\\n`
  const hidden = "GET / HTTP/1.1\\r\\nHost: evil.example\\r\\n\\r\\n"
  const length = hidden.replaceAll("\\r\\n", "..").length
  const say = (text: string) => `
exec 3<>/dev/tcp/api.example/${port}
printf '${text}' >&3; timeout 10 cat <&3 | grep -a '^site'`
  const script =
    say(`${head}\\r\\n${head}Connection: close\\r\\n\\r\\n`) +
    say(`${head}Content-Length: ${length}\\r\\n\\r\\n${hidden}`)
  const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
  const { stdout } = await runWithNames(world, names, { words })
  const lines = stdout.trim().split("\n")
  expect(lines.slice(0, 2)).toEqual([`site api.example:${port}`, `site api.example:${port}`])
  // Its own answer may be lost: whoever closes before all is read resets.
  expect(stdout).not.toContain("evil.example")
})
