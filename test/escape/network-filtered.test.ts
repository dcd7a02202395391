/**
 * In `filtered` mode every connection of every program is decided on by host name and port. What an attacker inside would
 * try to get round that, each beside what is allowed and works.
 */
import { describe, expect, test } from "bun:test"
import { type HostNames, runWithNames } from "../support/host-names.ts"
import { anyMethod, pythonServer } from "../support/server-program.ts"
import { echoService, greetingService, webService } from "../support/services.ts"
import { World } from "../support/world.ts"

/** Loopback has to be named by its address as well as by a name that leads there: otherwise it is a rebinding. */
const names: HostNames = {
  "api.example": "127.0.0.1",
  "other.example": "127.0.0.1",
  "evil.example": "127.0.0.1",
  "inner.example": "127.0.0.1",
}

/** Only what is listed: the preset's `*` is not among it. */
function policy(...allowed: (string | number)[]): string[] {
  return ["--trust", "untrusted", ...allowed.flatMap(host => ["--allow-host", String(host)])]
}

/** Runs a shell script in a sandbox with such hosts allowed. */
async function shell(allowed: readonly (string | number)[], script: string, more: readonly string[] = []) {
  using world = new World()
  const words = [...policy(...allowed), ...more, "-q", "--", "bash", "-c", script]
  return await runWithNames(world, names, { words })
}

const curl = "curl -sS --max-time 10"

describe("a name that is allowed", () => {
  test("is reached on its port, by programs that know nothing of proxies", async () => {
    using web = webService()
    const url = `http://api.example:${web.port}/x`
    const allowed = [`api.example:${web.port}`, `127.0.0.1:${web.port}`]
    const { stdout, stderr, code } = await shell(
      allowed,
      `${curl} ${url} && exec 3<>/dev/tcp/api.example/${web.port} && printf 'GET /raw HTTP/1.0\\r\\nHost: api.example\\r\\n\\r\\n' >&3 && tail -n 1 <&3`,
    )
    expect({ stdout, stderr, code }).toEqual({
      stdout: "hello from the hosthello from the host",
      stderr: "",
      code: 0,
    })
    expect(web.heard.map(line => line.split(" ").at(-1))).toEqual(["/x", "/raw"])
  })

  test("speaks first when its protocol is so", async () => {
    using greeting = greetingService()
    const allowed = [`api.example:${greeting.port}`, "127.0.0.1"]
    const { stdout } = await shell(
      allowed,
      `exec 3<>/dev/tcp/api.example/${greeting.port}; head -n 1 <&3; echo again >&3; head -n 1 <&3`,
    )
    expect(stdout).toBe("220 hello\r\nagain\n")
  })

  test("is not reached on another port", async () => {
    using web = webService()
    using other = webService()
    const { stdout } = await shell(
      [`api.example:${web.port}`, "127.0.0.1"],
      `${curl} http://api.example:${web.port}/; ${curl} -o /dev/null -w ' %{http_code}' http://api.example:${other.port}/`,
    )
    expect(stdout).toBe("hello from the host 403")
    expect(other.heard).toEqual([])
  })
})

describe("what is not allowed", () => {
  test("gets an answer that a person can read, with the rule and the way to allow it", async () => {
    using web = webService()
    const { stdout } = await shell(["api.example"], `${curl} -i http://evil.example:${web.port}/secret`)
    expect(stdout).toStartWith("HTTP/1.1 403 ")
    expect(stdout).toContain("evil.example")
    expect(stdout).toContain("--allow-host")
    expect(web.heard).toEqual([])
  })

  test("gets an alert over TLS, and a reset otherwise", async () => {
    using echo = echoService()
    const { stdout, stderr } = await shell(
      ["api.example"],
      `${curl} https://evil.example:${echo.port}/; echo $?; exec 3<>/dev/tcp/evil.example/${echo.port}; printf '\\x01\\x02' >&3; cat <&3; echo $?`,
    )
    expect(stderr).toMatch(/alert|denied/i)
    expect(stderr).toMatch(/reset/i)
    expect(stdout).toBe("35\n1\n")
    expect(echo.heard).toEqual([])
  })

  test("by its address is judged as an address", async () => {
    using web = webService()
    const { stdout } = await shell(
      ["api.example"],
      [
        `${curl} -o /dev/null -w '%{http_code} ' http://192.0.2.2:${web.port}/`,
        `${curl} -o /dev/null -w '%{http_code} ' --connect-to ::169.254.169.254:80 http://x/`,
        `${curl} -o /dev/null -w '%{http_code} ' http://10.0.0.1/`,
        `${curl} -o /dev/null -w '%{http_code} ' 'http://[2001:db8::1]/'`,
      ].join(";"),
    )
    expect(stdout.trim()).toBe("403 403 403 403")
  })

  test("is out of reach on the host's loopback, by any spelling of it", async () => {
    using web = webService()
    const spellings = ["127.0.0.1", "localhost", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]", "x.localhost"]
    const { stdout } = await shell(
      ["*"],
      spellings
        .map(name => `${curl} -o /dev/null http://${name}:${web.port}/ 2>/dev/null; echo $?`)
        .join("\n"),
      ["--net", "filtered"],
    )
    expect(stdout).toBe("7\n".repeat(spellings.length))
    expect(web.heard).toEqual([])
  })
})

describe("a name that leads somewhere else", () => {
  test("does not lead to loopback unless that is allowed by its address (DNS rebinding)", async () => {
    using web = webService()
    const script = `${curl} -o /dev/null -w '%{http_code}' http://api.example:${web.port}/`
    expect((await shell([`api.example:${web.port}`], script)).stdout).toBe("403")
    expect(web.heard).toEqual([])
    expect((await shell([`api.example:${web.port}`, "127.0.0.1"], script)).stdout).toBe("200")
  })

  test("is not reached behind another one (domain fronting)", async () => {
    using web = webService()
    const allowed = [`api.example:${web.port}`, "127.0.0.1"]
    const url = `http://api.example:${web.port}/`
    const request = (path: string, host: string) => `GET ${path} HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n`
    const { stdout } = await shell(
      allowed,
      `${curl} -o /dev/null -w '%{http_code} ' -H 'Host: evil.example' ${url}
exec 3<>/dev/tcp/api.example/${web.port}
printf '${request("/", "api.example")}' >&3; head -n 1 <&3
printf '${request("/fronted", "evil.example")}' >&3; timeout 5 cat <&3 | grep -ao '403 Forbidden'`,
    )
    expect(stdout).toBe("403 HTTP/1.1 200 OK\r\n403 Forbidden\n")
    expect(web.heard).toEqual([`GET api.example /`])
  })
})

test("a server to which CONNECT is a request like any other is asked for no other host behind it", async () => {
  const heard: string[] = []
  // As net/http of Go: an answer, and the next request on the same connection.
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        const [line = "", host = ""] = bytes.toString("latin1").split("\r\n")
        heard.push(`${line} ${host}`)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`)
      },
    },
  })
  const there = `api.example:${server.port}`
  const say = (line: string, host: string) =>
    `printf '${line} HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n' >&3; head -n 1 <&3`
  const script = `
exec 3<>/dev/tcp/api.example/${server.port}
${say("GET /", there)}
exec 3<>/dev/tcp/api.example/${server.port}
${say(`CONNECT ${there}`, there)}
${say("GET /fronted", "evil.example")}`
  const { stdout } = await shell([there, "127.0.0.1"], script)
  server.stop(true)
  expect(stdout).toStartWith("HTTP/1.1 200 OK\r\nHTTP/1.1 403 Forbidden\r\n")
  expect(heard).toEqual([`GET / HTTP/1.1 Host: ${there}`])
})

test("a server that takes any word for a method is asked for no other host by one", async () => {
  await using server = await pythonServer(anyMethod)
  const { port } = server
  const asked = (method: string, host: string) => `
exec 3<>/dev/tcp/api.example/${port}
printf '${method} / HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | grep -ao 'site .*\\|[0-9]* Bad Request'`
  const hosts = ["(GET", "\\0GET", '"GET"'].map(method => asked(method, "evil.example"))
  const script = [asked("FIND", `api.example:${port}`), ...hosts].join("")
  const { stdout } = await shell([`api.example:${port}`, "127.0.0.1"], script)
  expect(stdout).toBe(`site api.example:${port}\n${"400 Bad Request\n".repeat(3)}`)
})

/** Behind HAProxy: whoever connects may say first, in either version of the PROXY protocol, for whom it does. */
const behindProxy = `
from wsgiref.simple_server import make_server, WSGIRequestHandler
class Handler(WSGIRequestHandler):
    def setup(self):
        super().setup()
        begin = self.rfile.peek(16)
        if begin.startswith(b"PROXY "): self.rfile.readline()
        if begin.startswith(b"\\r\\n\\r\\n\\0\\r\\nQUIT\\n"): self.rfile.read(16)
def answer(asked, start):
    start("200 OK", [])
    return [("site " + asked["HTTP_HOST"]).encode()]
server = make_server("127.0.0.1", 0, answer, handler_class=Handler)
print(server.server_port, flush=True)
server.serve_forever()`

test("a server that takes the PROXY protocol is asked for no other host behind it", async () => {
  await using server = await pythonServer(behindProxy)
  const { port } = server
  const asked = (first: string, host: string) => `
exec 3<>/dev/tcp/api.example/${port}
printf '${first}GET / HTTP/1.0\\r\\nHost: ${host}\\r\\n\\r\\n' >&3; timeout 5 cat <&3 | grep -ao 'site .*\\|[0-9]* Bad Request'`
  const versions = [
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\\r\\n",
    "PROXY UNKNOWN\\r\\n",
    "\\r\\n\\r\\n\\0\\r\\nQUIT\\n\\041\\021\\0\\0",
  ]
  const script = [asked("", `api.example:${port}`), ...versions.map(first => asked(first, "evil.example"))]
  const { stdout } = await shell([`api.example:${port}`, "127.0.0.1"], script.join(""))
  expect(stdout).toBe(`site api.example:${port}\n${"400 Bad Request\n".repeat(3)}`)
})

describe("ways round the border", () => {
  const python = (code: string) => `python3 -c '${code.replaceAll("'", `'"'"'`)}'`

  test("the border itself answers nobody that the engine did not bring there", async () => {
    using web = webService()
    const fastOpen = `
import socket
s = socket.socket()
try:
    s.sendto(b"GET / HTTP/1.0\\r\\n\\r\\n", 0x20000000, ("198.18.0.2", 1))
    print("answer", s.recv(100))
except OSError as error: print("refused")
`
    const { stdout } = await shell([`api.example:${web.port}`, "127.0.0.1"], python(fastOpen))
    expect(stdout).toBe("refused\n")
    expect(web.heard).toEqual([])
  })

  test("nothing but connections and names gets through: no datagrams, no raw sockets, no hypervisor", async () => {
    const code = `
import socket
def attempt(name, act):
    try: print(name, act())
    except OSError as error: print(name, error.errno)
def send(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(address); s.send(b"x"); s.settimeout(1); return s.recv(10)
attempt("public", lambda: send(("8.8.8.8", 53)))
attempt("quic", lambda: send((socket.gethostbyname("api.example"), 443)))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1))
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW))
`
    const { stdout } = await shell(["api.example", "*"], python(code))
    expect(stdout.trim().split("\n")).toEqual([
      "public 101",
      "quic 111",
      "raw 1",
      "ping 13",
      "vsock 97",
      "packet 97",
    ])
  })

  test("names are answered by Cordon, and none is asked of anybody", async () => {
    const { stdout } = await shell(
      ["api.example"],
      "getent ahostsv4 $(head -c 30 /dev/urandom | od -An -tx1 | tr -d ' \\n').evil.example | head -n 1 | cut -d. -f1,2; getent ahostsv6 api.example | head -n 1; cat /etc/resolv.conf | head -n 1",
    )
    expect(stdout).toMatch(/^198\.1[89]\n.*nameserver 198\.18\.0\.1\n$/s)
  })

  test("a second thread that changes the address during connect gains nothing", async () => {
    using allowed = webService()
    using denied = webService()
    const code = `
import ctypes, socket, struct, threading, time
libc = ctypes.CDLL(None, use_errno=True)
good = socket.gethostbyname("api.example"); evil = socket.gethostbyname("evil.example")
def pack(host, port): return struct.pack("!2s H 4s 8x", struct.pack("=H", 2), port, socket.inet_aton(host))
a, b = pack(good, ${allowed.port}), pack(evil, ${denied.port})
memory = ctypes.create_string_buffer(a, 16)
stop = False
def flip():
    while not stop:
        ctypes.memmove(memory, b, 16); ctypes.memmove(memory, a, 16)
threading.Thread(target=flip, daemon=True).start()
end = time.time() + 2
while time.time() < end:
    s = socket.socket()
    if libc.connect(s.fileno(), memory, 16) == 0:
        try: s.sendall(b"GET /raced HTTP/1.0\\r\\nHost: evil.example\\r\\n\\r\\n"); s.recv(100)
        except OSError: pass
    s.close()
stop = True
`
    await shell([`api.example:${allowed.port}`, "127.0.0.1"], python(code))
    expect(denied.heard).toEqual([])
  })
})

describe("ports of the host", () => {
  test("are reached inside where they are named, and only those", async () => {
    using web = webService()
    using other = webService()
    const { stdout } = await shell(
      ["api.example"],
      `${curl} http://127.0.0.1:${web.port}/; echo; ${curl} http://localhost:${web.port}/; echo; ${curl} http://127.0.0.1:${other.port}/ 2>&1 | cut -c1-8`,
      ["--host-port", String(web.port)],
    )
    expect(stdout).toBe("hello from the host\nhello from the host\ncurl: (7\n")
    expect(other.heard).toEqual([])
  })
})

test("a service of the sandbox's own is its own: any port, any address of loopback", async () => {
  const { stdout } = await shell(
    ["api.example"],
    `python3 -m http.server 8080 >/dev/null 2>&1 & for i in $(seq 50); do ${curl} -o /dev/null -w '%{http_code}' http://localhost:8080/ 2>/dev/null && break; sleep 0.3; done; kill %1`,
  )
  expect(stdout.slice(-3)).toBe("200")
})
