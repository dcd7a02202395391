/** connect(2) that has to wait for its turn: it comes, and signals and death come first where they do. */
import { expect, setDefaultTimeout, test } from "bun:test"
import { World } from "../support/world.ts"

setDefaultTimeout(40_000)

const python = Bun.which("python3", { PATH: "/usr/local/bin:/usr/bin:/bin" })
const modes = ["-n", "--net open"]

async function inside(code: string, mode = "-n") {
  using world = new World()
  const prelude = "import errno, os, signal, socket, sys, threading, time\n"
  return await world.cordon(["-q", ...mode.split(" "), "--", python ?? "", "-u", "-c", prelude + code])
}

/**
 * Servers with a queue of one, which `fill` fills. `drain` accepts so many, `drain_until` whatever comes until it is told
 * that it is enough: who fills again has to know that nobody accepts any more.
 */
const fullQueues = `
unix = socket.socket(socket.AF_UNIX); unix.bind("queue"); unix.listen(0)
tcp = socket.socket(); tcp.bind(("127.0.0.1", 0)); tcp.listen(0)
kept = []
def drain(server, count):
    for _ in range(count): kept.append(server.accept()[0])
def drain_until(enough, server):
    server.settimeout(0.05)
    while not enough.is_set():
        try: kept.append(server.accept()[0])
        except socket.timeout: pass
    server.settimeout(None)
def fill(server):
    for _ in range(2):
        client = socket.socket(server.family); client.setblocking(False); client.connect_ex(server.getsockname()); kept.append(client)
def say(result): print(errno.errorcode.get(result, result))
`

test.skipIf(python === null).each(modes)(
  "with %s it returns when the listener has room again [skipped when there is no python3]",
  async mode => {
    const got = await inside(
      `${fullQueues}
for server in unix, tcp:
    fill(server)
    waiting = [socket.socket(server.family) for _ in range(3)]
    results = []
    threads = [threading.Thread(target=lambda each=each: results.append(each.connect_ex(server.getsockname()))) for each in waiting]
    for thread in threads: thread.start()
    time.sleep(0.2); print(results)
    threading.Thread(target=drain, args=(server, 4), daemon=True).start()
    for thread in threads: thread.join()
    print(results, [each.gettimeout() for each in waiting], [os.get_blocking(each.fileno()) for each in waiting])
    waiting[0].send(b"x")
`,
      mode,
    )
    const line = "[0, 0, 0] [None, None, None] [True, True, True]\n"
    expect(got).toEqual({ code: 0, stdout: `[]\n${line}[]\n${line}`, stderr: "" })
  },
)

test.skipIf(python === null)(
  "nobody else waits meanwhile, files neither [skipped when there is no python3]",
  async () => {
    const got = await inside(`${fullQueues}
fill(unix); fill(tcp)
for server in unix, tcp:
    for _ in range(50): threading.Thread(target=lambda server=server: socket.socket(server.family).connect_ex(server.getsockname()), daemon=True).start()
other = socket.socket(socket.AF_UNIX); other.bind("other"); other.listen(200)
began = time.monotonic()
for at in range(100):
    socket.socket(socket.AF_UNIX).connect("other")
    with open("file%d" % at, "x"): pass
print(time.monotonic() - began < 5)
os._exit(0)
`)
    expect(got).toEqual({ code: 0, stdout: "True\n", stderr: "" })
  },
)

test.skipIf(python === null)(
  "signals, time limits and death end the wait [skipped when there is no python3]",
  async () => {
    const got = await inside(`${fullQueues}
class Rung(Exception): pass
def ring(*_): raise Rung()
for server in unix, tcp:
    fill(server)
    signal.signal(signal.SIGALRM, ring); signal.setitimer(signal.ITIMER_REAL, 0.2)
    try: socket.socket(server.family).connect(server.getsockname()); print("connected")
    except Rung: print("rung")
    signal.signal(signal.SIGALRM, lambda *_: None); signal.siginterrupt(signal.SIGALRM, False)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    enough = threading.Event(); draining = threading.Timer(0.6, drain_until, (enough, server)); draining.start()
    say(socket.socket(server.family).connect_ex(server.getsockname()))
    signal.setitimer(signal.ITIMER_REAL, 0)
    enough.set(); draining.join()
    fill(server); fill(server)
    timed = socket.socket(server.family); timed.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bytes(8) + (100000).to_bytes(8, "little"))
    say(timed.connect_ex(server.getsockname()))
    child = os.fork()
    if child == 0: socket.socket(server.family).connect(server.getsockname()); os._exit(0)
    time.sleep(0.1); os.kill(child, signal.SIGTERM); print(os.waitpid(child, 0)[1])
os._exit(0)
`)
    expect(got.stderr).toBe("")
    expect(got.stdout).toBe("rung\n0\nEAGAIN\n15\nrung\n0\nEINPROGRESS\n15\n")
  },
)

test.skipIf(python === null)(
  "a connection that another thread ends while it is waited for [skipped when there is no python3]",
  async () => {
    const got = await inside(`${fullQueues}
fill(tcp)
waiting = socket.socket()
result = []
thread = threading.Thread(target=lambda: result.append(waiting.connect_ex(tcp.getsockname()))); thread.start()
time.sleep(0.2); waiting.shutdown(socket.SHUT_RDWR)
time.sleep(0.2); drain(tcp, 2); thread.join(5)
print(thread.is_alive() or result != [])
os._exit(0)
`)
    expect(got).toEqual({ code: 0, stdout: "True\n", stderr: "" })
  },
)
