/**
 * Sockets of the host's services that no launch could hide: made later, bound by a relative path, renamed, in another
 * network namespace. And every way round the look at the address: links, descriptors, threads that change what was
 * looked at.
 */
import { expect, test } from "bun:test"
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { connectScript, greeting, type Listener, listen } from "../support/listener.ts"
import { eventually, launch } from "../support/process.ts"
import { cordonBinary, isRoot, World, writeFiles } from "../support/world.ts"

const systemPath = { PATH: "/usr/local/bin:/usr/bin:/bin" }
const python = Bun.which("python3", systemPath)
const modes = ["-n", "--net open"]
const refused = "refused EACCES\n"

/** Counts who comes. */
async function counting(unix: string): Promise<Listener & { count: () => number }> {
  let count = 0
  const server = createServer(socket => {
    count++
    socket.end(greeting)
  })
  await new Promise<void>(listening => server.listen(unix, listening))
  return {
    place: { unix },
    count: () => count,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

/** Runs a program inside, and something on the host once it says that it is there. */
async function meanwhile(
  world: World,
  code: string,
  options: readonly string[],
  act: () => Promise<unknown>,
) {
  const waiting = `require("fs").writeFileSync("started", ""); const wait = setInterval(() => { if (require("fs").existsSync("go")) { clearInterval(wait); run() } }, 10)\nfunction run() {\n${code}\n}`
  const running = world.start([...options, "--read", process.execPath, "--", process.execPath, "-e", waiting])
  await eventually(() =>
    Bun.file(join(world.project, "started")).size >= 0 && exists(world) ? true : undefined,
  )
  await act()
  writeFiles(world.project, { go: "" })
  return await running.outcome
}
const exists = (world: World) => Bun.spawnSync(["test", "-e", join(world.project, "started")]).exitCode === 0

test.each(modes)("with %s a socket that the host makes after the launch is out of reach", async mode => {
  using world = new World()
  const unix = join(world.project, "later.sock")
  let service: (Listener & { count: () => number }) | undefined
  const { stdout } = await meanwhile(world, connectScript({ unix }), mode.split(" "), async () => {
    service = await counting(unix)
  })
  expect(stdout).toBe(refused)
  expect(service?.count()).toBe(0)
  await service?.[Symbol.asyncDispose]()
})

test.each(modes)("with %s a named socket that the host makes after the launch is reached", async mode => {
  using world = new World({
    home: { ".config/cordon/policy.yaml": "network: { unix_sockets: [~/.agent/named.sock] }\n" },
  })
  const unix = join(world.home, ".agent/named.sock")
  let service: Listener | undefined
  const { stdout } = await meanwhile(world, connectScript({ unix }), mode.split(" "), async () => {
    mkdirSync(join(world.home, ".agent"))
    service = await listen({ unix })
  })
  expect(stdout).toBe(greeting)
  await service?.[Symbol.asyncDispose]()
})

test("a named socket that is made anew is reached where the launch saw the old one", async () => {
  using world = new World({
    home: {
      ".hidden/": "",
      ".config/cordon/policy.yaml":
        "network: { unix_sockets: [~/.hidden/s] }\nfilesystem: { deny: [~/.hidden] }\n",
    },
  })
  const unix = join(world.home, ".hidden/s")
  const old = await listen({ unix })
  let service: Listener | undefined
  const { stdout } = await meanwhile(world, connectScript({ unix }), ["-n"], async () => {
    await old[Symbol.asyncDispose]()
    Bun.spawnSync(["rm", "-f", unix])
    service = await listen({ unix })
  })
  expect(stdout).toBe(greeting)
  await service?.[Symbol.asyncDispose]()
})

test("what leads to a host's socket leads nowhere: links, descriptors, other spellings, another name of it", async () => {
  using world = new World({ home: { "other/": "" }, project: { "sub/": "" } })
  await using service = await counting(join(world.home, "other/host.sock"))
  await using inProject = await counting(join(world.project, "bound.sock"))
  renameSync(join(world.project, "bound.sock"), join(world.project, "renamed.sock"))
  linkSync(join(world.home, "other/host.sock"), join(world.project, "linked.sock"))
  symlinkSync(join(world.home, "other/host.sock"), join(world.project, "symlink.sock"))
  symlinkSync(join(world.home, "other"), join(world.project, "directory"))
  const ways = [
    "renamed.sock",
    "linked.sock",
    "symlink.sock",
    "directory/host.sock",
    "sub/../renamed.sock",
    "../../other/host.sock",
    "/proc/self/cwd/renamed.sock",
    "/proc/self/cwd/../../other/host.sock",
    "/proc/thread-self/cwd/renamed.sock",
    `/proc/self/root${world.project}/renamed.sock`,
    join(world.home, "other/host.sock"),
    "/proc/self/fd/9/host.sock",
    "/dev/fd/9/host.sock",
    "own-link",
    "own-directory/host.sock",
  ]
  const code = `
import os, socket, json
os.symlink("renamed.sock", "own-link"); os.symlink(${JSON.stringify(join(world.home, "other"))}, "own-directory")
os.dup2(os.open(${JSON.stringify(join(world.home, "other"))}, os.O_RDONLY | os.O_DIRECTORY), 9)
got = []
def attempt(way):
    client = socket.socket(socket.AF_UNIX)
    try: client.connect(way); got.append("connected " + way)
    except OSError as error:
        if error.errno != 13: got.append(way + " " + str(error))
for way in ${JSON.stringify(ways)}: attempt(way)
os.fchdir(9); attempt("host.sock"); os.chdir("sub" if os.path.exists("sub") else "/")
pid = os.fork()
if pid == 0:
    os.fchdir(9); import time; time.sleep(5); os._exit(0)
import time; time.sleep(0.1)
attempt("/proc/%d/cwd/host.sock" % pid); os.kill(pid, 9)
print(json.dumps(got))
`
  const { stdout, stderr } = await world.cordon(["-q", "-n", "--", python ?? "python3", "-c", code])
  expect({ stdout, stderr }).toEqual({ stdout: "[]\n", stderr: "" })
  expect(service.count() + inProject.count()).toBe(0)
})

test("a socket that was bound by a relative path is out of reach, and reached by name when the policy names it", async () => {
  using world = new World()
  const server = launch(
    [
      python ?? "python3",
      "-c",
      `
import socket
server = socket.socket(socket.AF_UNIX); server.bind("relative.sock"); server.listen()
open("ready", "w").close()
while True:
    client = server.accept()[0]
    client.send(b"hello from the host"); client.shutdown(socket.SHUT_WR); client.recv(1)
`,
    ],
    { cwd: world.project, env: world.env },
  )
  const ready = join(world.project, "ready")
  await eventually(() => (Bun.spawnSync(["test", "-e", ready]).exitCode === 0 ? true : undefined))
  const unix = join(world.project, "relative.sock")
  expect((await world.script(connectScript({ unix }), { options: ["-n"] })).stdout).toBe(refused)
  expect((await world.script(connectScript({ unix: "relative.sock" }), { options: ["-n"] })).stdout).toBe(
    refused,
  )
  writeFiles(world.home, { ".config/cordon/policy.yaml": `network: { unix_sockets: ["${unix}"] }\n` })
  expect((await world.script(connectScript({ unix }), { options: ["-n"] })).stdout).toBe(greeting)
  server.process.kill("SIGKILL")
  await server.outcome
})

const noNamespace =
  Bun.spawnSync(isRoot ? ["unshare", "-n", "true"] : ["unshare", "-Urn", "true"]).exitCode !== 0
test.skipIf(noNamespace)(
  "a socket of another network namespace, a container's in a shared directory, is out of reach [skipped when unshare(1) makes none]",
  async () => {
    using world = new World()
    const server = launch(
      [
        ...(isRoot ? ["unshare", "-n"] : ["unshare", "-Urn"]),
        python ?? "python3",
        "-c",
        `
import socket, time
server = socket.socket(socket.AF_UNIX); server.bind("container.sock"); server.listen()
open("ready", "w").close(); time.sleep(60)
`,
      ],
      { cwd: world.project, env: world.env },
    )
    const ready = join(world.project, "ready")
    await eventually(() => (Bun.spawnSync(["test", "-e", ready]).exitCode === 0 ? true : undefined))
    const unix = join(world.project, "container.sock")
    for (const mode of modes)
      expect((await world.script(connectScript({ unix }), { options: mode.split(" ") })).stdout).toBe(refused)
    server.process.kill("SIGKILL")
    await server.outcome
  },
)

test("a named path cannot be given to another socket of the host's", async () => {
  using world = new World({ project: { "run/": "" } })
  await using service = await counting(join(world.project, "host.sock"))
  writeFiles(world.home, {
    ".config/cordon/policy.yaml": `network: { unix_sockets: ["${world.project}/run/agent.sock", "${world.project}/absent/host.sock"] }\n`,
  })
  const code = `
import os, socket
def tries(name, act):
    try: act(); print(name, "worked")
    except OSError as error: pass
# A socket that was there at the launch is hidden by a mount; this one comes up by another name.
open("started", "w").close()
import time
while not os.path.exists("go"): time.sleep(0.01)
tries("rename", lambda: os.rename("moved.sock", "run/agent.sock"))
tries("link", lambda: os.link("moved.sock", "run/agent.sock"))
tries("symlink", lambda: os.symlink("../moved.sock", "run/agent.sock"))
tries("bind", lambda: socket.socket(socket.AF_UNIX).bind("run/agent.sock"))
os.mkdir("new"); tries("into", lambda: os.rename("moved.sock", "new/host.sock"))
tries("directory", lambda: os.rename("new", "absent"))
tries("link above", lambda: os.symlink(".", "absent"))
for path in ("run/agent.sock", "absent/host.sock", "new/host.sock", os.getcwd() + "/run/agent.sock", os.getcwd() + "/absent/host.sock"):
    tries("connect to " + path, lambda: socket.socket(socket.AF_UNIX).connect(path))
`
  const running = world.start(["-q", "-n", "--", python ?? "python3", "-c", code])
  await eventually(() => (exists(world) ? true : undefined))
  await using late = await counting(join(world.project, "moved.sock"))
  writeFiles(world.project, { go: "" })
  const { stdout, stderr } = await running.outcome
  // What is allowed besides: moving a socket that nobody named to where nobody named one.
  expect({ stdout, stderr }).toEqual({ stdout: "into worked\n", stderr: "" })
  expect(service.count() + late.count()).toBe(0)
})

test("threads that change the address, or the socket, under the call reach nothing of the host's", async () => {
  using world = new World()
  await using service = await counting(join(world.project, "host.sock"))
  renameSync(join(world.project, "host.sock"), join(world.project, "h"))
  const code = `
import ctypes, os, socket, sys, threading, time
sys.setswitchinterval(0.00001)
libc = ctypes.CDLL(None, use_errno=True)
own = socket.socket(socket.AF_UNIX); own.bind("o"); own.listen(1000)
def drain():
    while True: own.accept()[0].close()
threading.Thread(target=drain, daemon=True).start()
named = socket.socket(socket.AF_UNIX); named.bind("\\0abstract"); named.listen(1000)
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen(1000)
host, inside, abstract = b"\\1\\0h\\0", b"\\1\\0o\\0", b"\\1\\0\\0a"
loopback = b"\\2\\0" + tcp.getsockname()[1].to_bytes(2, "big") + b"\\x7f\\0\\0\\1" + bytes(8)
address = ctypes.create_string_buffer(inside, 16)
end = time.time() + 1.5
def flip():
    while time.time() < end:
        for bytes_ in (host, inside, host, abstract, host, loopback): ctypes.memmove(address, bytes_, len(bytes_))
kinds = [socket.socket(socket.AF_UNIX), socket.socket(), socket.socket(socket.AF_UNIX)]
place = os.dup(kinds[0].fileno())
def swap():
    while time.time() < end:
        for family in (socket.AF_UNIX, socket.AF_INET):
            fresh = socket.socket(family); os.dup2(fresh.fileno(), place); fresh.close()
for target in (flip, flip, swap): threading.Thread(target=target).start()
calls, got = 0, set()
while time.time() < end:
    for fd, size in ((place, 4), (place, 16)):
        result = libc.connect(fd, address, size)
        got.add(0 if result == 0 else ctypes.get_errno())
        calls += 1
    fresh = socket.socket(socket.AF_UNIX)
    libc.connect(fresh.fileno(), address, 4)
    try:
        if fresh.recv(19, socket.MSG_DONTWAIT) == b"hello from the host": print("reached")
    except OSError: pass
    libc.bind(fresh.fileno(), address, 4)
    fresh.close()
print(calls > 300, 0 in got, 13 in got, flush=True)
os._exit(0)
`
  for (const mode of modes) {
    const { stdout } = await world.cordon([...mode.split(" "), "--", python ?? "python3", "-c", code])
    expect(stdout).toBe("True True True\n")
    expect(service.count()).toBe(0)
    Bun.spawnSync(["rm", "-f", join(world.project, "o")])
  }
}, 30_000)

test("sockets that come from outside lead nowhere from inside", async () => {
  using world = new World()
  const unix = `\0cordon-test-${crypto.randomUUID()}`
  await using _abstract = await listen({ unix })
  await using tcp = await listen({ hostname: "127.0.0.1" })
  const port = "port" in tcp.place ? tcp.place.port : 0
  const hand = `
import socket, subprocess, sys
family = socket.AF_UNIX if sys.argv[1] == "unix" else socket.AF_INET
given = socket.socket(family)
sys.exit(subprocess.run(sys.argv[2:], stdin=given).returncode)
`
  const use = `
import socket, sys
given = socket.socket(fileno=0)
address = "\\0" + sys.argv[1] if given.family == socket.AF_UNIX else ("127.0.0.1", int(sys.argv[1]))
try: given.connect(address); print(given.recv(100).decode())
except OSError as error: print(error.strerror)
`
  const py = python ?? "python3"
  for (const [family, where] of [
    ["unix", unix.slice(1)],
    ["inet", String(port)],
  ] as const) {
    const inside = await world.host(
      py,
      "-c",
      hand,
      family,
      cordonBinary,
      "-q",
      "-n",
      "--",
      py,
      "-c",
      use,
      where,
    )
    expect(inside).toBe("Permission denied\n")
    expect(await world.host(py, "-c", hand, family, py, "-c", use, where)).toBe(`${greeting}\n`)
  }
})

test("nor by sending what connects as it is sent (MSG_FASTOPEN)", async () => {
  using world = new World()
  await using tcp = await listen({ hostname: "127.0.0.1" })
  const port = "port" in tcp.place ? tcp.place.port : 0
  // One that nobody connected, and one that listened, as systemd.socket(5) hands them to a service.
  const hand = `
import socket, subprocess, sys
for listens in (False, True):
    given = socket.socket()
    if listens: given.bind(("127.0.0.1", 0)); given.listen()
    sys.stdout.flush(); subprocess.run(sys.argv[1:], stdin=given)
`
  const use = `
import socket, sys
given = socket.socket(fileno=0)
if given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN): given.shutdown(socket.SHUT_RDWR)
MSG_FASTOPEN, address = 0x20000000, ("127.0.0.1", int(sys.argv[1]))
for send in (lambda: given.sendto(b"x", MSG_FASTOPEN, address), lambda: given.sendmsg([b"x"], [], MSG_FASTOPEN, address)):
    try: send(); print(given.recv(100).decode()); break
    except OSError as error: print(error.strerror)
`
  const py = python ?? "python3"
  const words = [py, "-c", use, String(port)]
  const refused = "Operation not supported\n"
  for (const mode of ["-n", "--net=filtered"])
    expect(await world.host(py, "-c", hand, cordonBinary, "-q", mode, "--", ...words)).toBe(refused.repeat(4))
  expect(await world.host(py, "-c", hand, ...words)).toBe(`${greeting}\n`.repeat(2))
})

test("a name that a socket gets while it is bound makes nobody else's socket the program's", async () => {
  using world = new World()
  await using listener = await counting(join(world.project, "host.sock"))
  // Sent by with SO_PASSCRED, a socket gets an abstract name; here at any moment of its bind(2).
  const code = `
import os, random, socket, time
def reached(path):
    client = socket.socket(socket.AF_UNIX)
    try: client.connect(path); return "connected"
    except OSError as error: return error.strerror
def bound(path, late):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    start = time.monotonic() + 0.005
    if os.fork() == 0:
        while time.monotonic() < start + late: pass
        one.send(b"x"); os._exit(0)
    while time.monotonic() < start: pass
    try: one.bind(path); return True
    except OSError: return False
    finally: os.wait()
tries = [bound("./host.sock", random.uniform(0, 0.002)) for _ in range(200)]
print(any(tries), reached("host.sock"))
server = socket.socket(socket.AF_UNIX); server.bind("./own.sock"); server.listen()
print(server.getsockname(), reached("own.sock"))
`
  for (const mode of ["-n", "--net=open"]) {
    const { stdout, stderr } = await world.cordon(["-q", mode, "--", python ?? "python3", "-c", code])
    expect({ stdout, stderr }).toEqual({
      stdout: "False Permission denied\n./own.sock connected\n",
      stderr: "",
    })
    rmSync(join(world.project, "own.sock"))
  }
  expect(listener.count()).toBe(0)
}, 20_000)

test("descriptors that programs inside hand each other work, sockets too", async () => {
  using world = new World()
  const code = `
import array, os, socket
server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen()
left, right = socket.socketpair()
if os.fork() == 0:
    fresh = socket.socket(socket.AF_UNIX)
    socket.send_fds(left, [b"x"], [fresh.fileno(), os.open(".", os.O_RDONLY)])
    os._exit(0)
_, (fd, directory), _, _ = socket.recv_fds(right, 1, 2)
os.wait(); os.chdir("/"); os.fchdir(directory)
given = socket.socket(fileno=fd); given.connect("s"); server.accept()[0].send(b"yes")
print(given.recv(3).decode(), given.getpeername())
`
  const { stdout, stderr } = await world.cordon(["-q", "-n", "--", python ?? "python3", "-c", code])
  expect({ stdout, stderr }).toEqual({ stdout: "yes s\n", stderr: "" })
})

test("no socket can take a protected name or one in a denied place; other names work", async () => {
  using world = new World({
    project: { ".git/hooks/": "", "secret/": "" },
    home: { ".config/cordon/policy.yaml": "filesystem: { deny: [./secret, '**/.env'] }\n" },
  })
  const code = `
import os, socket
def binds(path):
    try: socket.socket(socket.AF_UNIX).bind(path); return "bound"
    except OSError as error: return error.strerror
os.mkdir("new"); os.symlink(".git/hooks", "hooks")
for path in (".envrc", ".git/hooks/pre-commit", "new/.git", "hooks/x", "./new/.envrc", os.getcwd() + "/.envrc", ".env", "new/.env", "secret/x", "/etc/x", "../x"):
    print(path.replace(os.getcwd(), ""), binds(path), os.path.lexists(path))
for path in ("own.sock", "new/own.sock", os.getcwd() + "/absolute.sock", "/tmp/own.sock", os.environ["XDG_RUNTIME_DIR"] + "/own.sock"):
    print(path.replace(os.getcwd(), ""), binds(path), os.path.lexists(path))
`
  const { stdout, stderr } = await world.cordon(["-q", "-n", "--", python ?? "python3", "-c", code])
  expect(stderr).toBe("")
  const lines = stdout.trim().split("\n")
  expect(lines.slice(0, 9).filter(line => !line.endsWith("Permission denied False"))).toEqual([])
  expect(lines.slice(9, 11).map(line => /Read-only|Permission/.test(line) && line.endsWith("False"))).toEqual(
    [true, true],
  )
  expect(lines.slice(11).filter(line => !line.endsWith("bound True"))).toEqual([])
  expect(lines.length).toBe(16)
})
