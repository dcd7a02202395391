/**
 * A ClientHello to a server that speaks HTTP: one that takes any word for a method (Python's wsgiref) finds a request in
 * it, when its first line ends like one, and the next lines say for which of its hosts.
 */
import { expect, test } from "bun:test"
import { runWithNames } from "../support/host-names.ts"
import { World } from "../support/world.ts"

const server = `
from wsgiref.simple_server import make_server
def answer(asked, start):
    start("200 OK", [])
    return [("site " + asked["HTTP_HOST"]).encode()]
server = make_server("127.0.0.1", 0, answer)
print(server.server_port, flush=True)
server.serve_forever()`

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

test("a ClientHello asks a server that speaks HTTP for no other host", async () => {
  using world = new World({ project: { "client.py": client } })
  const http = Bun.spawn(["python3", "-c", server], { stdio: ["ignore", "pipe", "ignore"] })
  try {
    const { value } = await http.stdout.getReader().read()
    const port = Number(Buffer.from(value ?? []).toString())
    const allowed = [`api.example:${port}`, "127.0.0.1"].flatMap(host => ["--allow-host", host])
    const script = `python3 client.py ${port} evil.example`
    const words = ["--trust", "untrusted", ...allowed, "-q", "--", "bash", "-c", script]
    const names = { "api.example": "127.0.0.1" }
    const { stdout, stderr } = await runWithNames(world, names, { words })
    const expected = `site api.example:${port}\n${"alert\n".repeat(3)}`
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: "" })
  } finally {
    http.kill("SIGKILL")
    await http.exited
  }
})
