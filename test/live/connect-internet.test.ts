/** connect(2) of IPv4 and IPv6 sockets where there is a border, with a real one that says how it was reached. */
import { describe, expect, setDefaultTimeout, test } from "bun:test"
import type { Dial } from "../../src/network/streams/dial.ts"
import { landingOf } from "../../src/network/streams/landing.ts"
import { type NetworkReport, type NetworkRun, runOnStage } from "../support/network-stage.ts"

setDefaultTimeout(40_000)

const systemPath = { PATH: "/usr/local/bin:/usr/bin:/bin" }
const python = Bun.which("python3", systemPath)
const noPython = python === null

const prelude = `
import errno, os, select, signal, socket, sys, threading, time
V6ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
def name(code): return errno.errorcode.get(code, "0")
def tcp(family=socket.AF_INET): return socket.socket(family)
def connect(s, *address): return name(s.connect_ex(address))
`

const stage = (code: string, options: Partial<NetworkRun> = {}) =>
  runOnStage([python ?? "", "-u", "-c", prelude + code], options)

/** What was dialled, in order. */
const dialled = ({ dials }: NetworkReport) => dials.map(({ to }) => `${to.address} ${to.port}`)

/** How a connection is known: our end of it, and where it was made to. */
function keyOf({ from, to }: Dial, hostPorts: readonly number[] = []): string {
  const parts = to.address.includes(":") ? undefined : to.address.split(".").map(Number)
  const ipv4 = parts?.reduce((number, part) => number * 256 + part, 0)
  const landing = landingOf({ ...to, ipv4 }, new Set(hostPorts))
  const at = [24, 16, 8, 0].map(shift => ((landing?.address ?? 0) >>> shift) & 0xff).join(".")
  return `${from.address} ${from.port} ${at} ${landing?.port}`
}
const accepted = ({ accepted: all }: NetworkReport) =>
  all.map(({ from, at }) => `${from.address} ${from.port} ${at.address} ${at.port}`)

/** Each connection at the border was announced, and each announcement had its connection. */
function expectAllAnnounced(report: NetworkReport, hostPorts: readonly number[] = []): void {
  expect(report.dials.map(dial => keyOf(dial, hostPorts)).sort()).toEqual(accepted(report).sort())
}

describe.skipIf(noPython)(`programs [skipped when there is no python3]`, () => {
  test("where each address leads", async () => {
    const hostPorts = [5432]
    const report = await stage(
      `
server = tcp(); server.bind(("127.0.0.1", 7000)); server.listen()
for address in [("203.0.113.80", 443), ("198.18.5.6", 80), ("198.19.255.254", 1), ("198.18.0.2", 9), ("8.8.8.8", 53), ("10.0.0.1", 22),
    ("169.254.169.254", 80), ("240.0.0.1", 1), ("127.0.0.1", 5432), ("127.9.9.9", 5432), ("0.0.0.0", 5432), ("127.0.0.1", 7000), ("0.0.0.0", 7000),
    ("127.0.0.1", 5433), ("224.0.0.1", 1), ("255.255.255.255", 1)]:
    s = tcp(); print(address, connect(s, *address), s.getpeername() if address[1] == 80 else "")
for address in [("2001:db8::1", 443), ("::ffff:203.0.113.80", 443), ("::ffff:198.18.5.6", 80), ("::1", 5432), ("::", 5432), ("::ffff:127.0.0.1", 7000), ("::1", 7000), ("ff02::1", 1), ("64:ff9b::1", 1)]:
    print(address, connect(tcp(socket.AF_INET6), *address))
`,
      { hostPorts },
    )
    expect(report.stderr).toBe("")
    expect(dialled(report)).toEqual([
      ..."203.0.113.80 443,198.18.5.6 80,198.19.255.254 1,198.18.0.2 9,8.8.8.8 53,10.0.0.1 22".split(","),
      ..."169.254.169.254 80,240.0.0.1 1,127.0.0.1 5432,127.9.9.9 5432,0.0.0.0 5432".split(","),
      ..."2001:db8::1 443,203.0.113.80 443,198.18.5.6 80,::1 5432,:: 5432,64:ff9b::1 1".split(","),
    ])
    expectAllAnnounced(report, hostPorts)
    expect(report.dials.every(({ program, process }) => program.includes("python") && process > 1)).toBe(true)
    expect(report.stdout.split("\n").filter(line => !/ 0 ?$/.test(line))).toEqual([
      "('198.18.5.6', 80) 0 ('198.18.5.6', 1)",
      "('169.254.169.254', 80) 0 ('198.18.0.2', 1)",
      "('127.0.0.1', 5433) ECONNREFUSED ",
      "('224.0.0.1', 1) ENETUNREACH ",
      "('255.255.255.255', 1) ENETUNREACH ",
      "('::1', 7000) ECONNREFUSED",
      "('ff02::1', 1) ENETUNREACH",
      "",
    ])
  })

  test("sockets for IPv6 alone, and those that have an address", async () => {
    const report = await stage(`
def six(only, *bound):
    s = tcp(socket.AF_INET6); s.setsockopt(*V6ONLY, only)
    for address in bound: s.bind(address)
    return s
print(connect(six(1), "2001:db8::1", 1), connect(six(1), "::ffff:192.0.2.1", 2), connect(six(0), "2001:db8::2", 3))
print(connect(six(0, ("::", 0)), "2001:db8::3", 4), connect(six(0, ("::ffff:127.0.0.1", 0)), "2001:db8::4", 5))
print(connect(six(1, ("::", 0)), "2001:db8::5", 6), connect(six(0, ("::1", 0)), "2001:db8::6", 7), connect(six(1, ("::1", 0)), "::ffff:192.0.2.1", 8))
server = six(1, ("::1", 7000)); server.listen()
s = six(1); print(connect(s, "::1", 7000), connect(s, "2001:db8::7", 9), s.getsockopt(*V6ONLY))
s = six(1); print(connect(s, "2001:db8::8", 10), connect(s, "2001:db8::8", 10), s.getpeername()[0])
`)
    expect(report.stdout).toBe(
      "0 0 0\n0 0\nENETUNREACH ENETUNREACH ENETUNREACH\n0 EISCONN 1\n0 EISCONN ::ffff:198.18.0.2\n",
    )
    expect(report.dials.map(({ to }) => to.port)).toEqual([1, 2, 3, 4, 5, 10])
    expectAllAnnounced(report)
  })

  test("what does not wait is told so, and each connection is announced once", async () => {
    const report = await stage(`
s = tcp(); s.setblocking(False)
print(connect(s, "203.0.113.80", 443), select.select([], [s], [], 5)[1] == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
print(connect(s, "203.0.113.80", 443), connect(s, "203.0.113.80", 443), connect(s, "203.0.113.81", 444))
s.setblocking(True); print(len(s.recv(1000)) > 10, s.recv(1), os.get_blocking(s.fileno()))
s = tcp(); print(connect(s, "203.0.113.82", 445), connect(s, "203.0.113.82", 445), os.get_blocking(s.fileno()))
import ctypes; unspecified = bytes(16)
print(ctypes.CDLL(None).connect(s.fileno(), unspecified, 16), connect(s, "203.0.113.83", 446))
s = tcp(); print(connect(s, "127.0.0.1", 9), connect(s, "203.0.113.84", 447))
s = tcp(); s.listen(); print(connect(s, "203.0.113.85", 448))
s = tcp(); s.settimeout(5); s.connect(("203.0.113.86", 449)); print("timeout", s.gettimeout())
`)
    expect(report.stderr).toBe("")
    expect(report.stdout.split("\n")).toEqual([
      "EINPROGRESS True 0",
      "0 EISCONN EISCONN",
      "True b'' True",
      "0 EISCONN True",
      "0 0",
      "ECONNREFUSED 0",
      "EISCONN",
      "timeout 5.0",
      "",
    ])
    expect(report.dials.map(({ to }) => to.port)).toEqual([443, 445, 446, 447, 449])
    expectAllAnnounced(report)
  })

  test("programs that choose their own end, and two connections from one port", async () => {
    const report = await stage(`
s = tcp(); s.bind(("0.0.0.0", 5000)); print(connect(s, "203.0.113.80", 1), s.getsockname())
s = tcp(); s.bind(("127.0.0.1", 0)); print(connect(s, "203.0.113.80", 2))
both = [tcp(), tcp()]
for at, s in enumerate(both):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("198.18.0.1", 6000)); print(connect(s, "198.18.1.%d" % (at + 1), 80))
s = tcp(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("198.18.0.1", 6000)); print(connect(s, "198.18.1.1", 81))
`)
    expect(report.stdout).toBe("0 ('198.18.0.1', 5000)\n0\n0\n0\nEADDRNOTAVAIL\n")
    expect(report.dials.map(({ from }) => from.port).filter(port => port === 6000)).toHaveLength(2)
    expect(report.dials[1]?.from.address).toBe("127.0.0.1")
    expectAllAnnounced(report)
  })

  test("TCP fast open is no way past the announcement", async () => {
    const report = await stage(`
s = tcp(); s.setsockopt(socket.IPPROTO_TCP, 30, 1); print(connect(s, "203.0.113.80", 443), s.getsockopt(socket.IPPROTO_TCP, 30), len(s.recv(1000)) > 10)
def send(*address):
    try: return tcp().sendto(b"x", socket.MSG_FASTOPEN, address)
    except OSError as error: return name(error.errno)
print(send("198.18.5.6", 80), send("203.0.113.80", 443))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print(connect(u, "203.0.113.80", 443), connect(u, "198.18.5.6", 443), connect(u, "198.18.0.1", 53))
`)
    expect(report.stdout).toBe("0 0 True\nECONNREFUSED ENETUNREACH\nENETUNREACH 0 0\n")
    expect(report.dials).toHaveLength(1)
    expectAllAnnounced(report)
  })

  test("the socket is the calling thread's, and the program that of its process", async () => {
    const report = await stage(`
import ctypes, subprocess
libc = ctypes.CDLL(None, use_errno=True)
mine = tcp(); number = mine.fileno()
def alone():
    libc.unshare(0x400) # CLONE_FILES
    os.close(number)
    own = tcp(); os.dup2(own.fileno(), number); shared = socket.socket(fileno=number)
    print(connect(shared, "203.0.113.1", 1), shared.getpeername()[0]); shared.detach()
thread = threading.Thread(target=alone); thread.start(); thread.join()
try: mine.getpeername(); print("connected")
except OSError as error: print(name(error.errno))
threads = [threading.Thread(target=lambda: connect(tcp(), "203.0.113.2", 2)) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
child = os.fork()
if child == 0: connect(tcp(), "203.0.113.3", 3); os._exit(0)
os.waitpid(child, 0)
subprocess.run(["bash", "-c", "exec 3<>/dev/tcp/203.0.113.4/4; read line <&3; echo \${#line}"])
`)
    expect(report.stdout).toMatch(/^0 198.18.0.2\nENOTCONN\n\d\d+\n$/)
    const by = new Map(report.dials.map(dial => [dial.to.port, dial]))
    expect(new Set([1, 2].map(port => by.get(port)?.process)).size).toBe(1)
    expect(by.get(3)?.process).not.toBe(by.get(1)?.process)
    expect(by.get(4)?.program).toBe("/usr/bin/bash")
    expect(report.dials).toHaveLength(23)
    expectAllAnnounced(report)
  })

  test("threads that change address and socket under the call bring nothing unannounced to the border", async () => {
    const hostPorts = [5432]
    const report = await stage(
      `
import ctypes
sys.setswitchinterval(0.00001)
libc = ctypes.CDLL(None, use_errno=True)
server = tcp(); server.bind(("127.0.0.1", 7000)); server.listen(1000)
def drain():
    while True: server.accept()[0].close()
threading.Thread(target=drain, daemon=True).start()
def bytes_of(address, port): return b"\\2\\0" + port.to_bytes(2, "big") + socket.inet_aton(address) + bytes(8)
all = [bytes_of(*pair) for pair in (("203.0.113.80", 443), ("198.18.5.6", 1), ("127.0.0.1", 1), ("127.0.0.1", 5432), ("127.0.0.1", 7000), ("198.18.0.2", 1), ("0.0.0.0", 1))]
address = ctypes.create_string_buffer(all[0], 16)
end = time.time() + 1.5
place = os.dup(server.fileno())
def flip():
    while time.time() < end:
        for one in all: ctypes.memmove(address, one, 16)
def swap():
    while time.time() < end:
        fresh = tcp(); os.dup2(fresh.fileno(), place); fresh.close()
for target in (flip, swap): threading.Thread(target=target).start()
calls = 0
while time.time() < end:
    libc.connect(place, address, 16); calls += 1
    fresh = tcp(); libc.connect(fresh.fileno(), address, 16); fresh.close()
print(calls > 100); os._exit(0)
`,
      { hostPorts },
    )
    expect(report.stdout).toBe("True\n")
    const known = new Set(report.dials.map(dial => keyOf(dial, hostPorts)))
    const unknown = accepted(report).filter(key => !known.has(key) && !key.includes(" 127.0.0.1 1"))
    expect(unknown).toEqual([])
    // Whoever dials the border's own port of loopback reaches it, and is no connection of anybody's.
    expect(known.size).toBeGreaterThan(20)
  })

  test("500 connections at once, none lost", async () => {
    const report = await stage(`
all = []
for at in range(500):
    s = tcp(); s.setblocking(False); connect(s, "198.18.%d.%d" % (1 + at // 250, 1 + at % 250), 80); all.append(s)
for s in all: s.settimeout(10)
print(sum(len(s.recv(1000)) > 10 for s in all))
`)
    expect(report.stdout).toBe("500\n")
    expect(report.dials).toHaveLength(500)
    expectAllAnnounced(report)
  })
})

describe.skipIf(noPython)(`a border whose queue is full [skipped when there is no python3]`, () => {
  const full = 0
  test("those that wait do, and nobody else with them; signals and timeouts end it", async () => {
    const report = await stage(
      `
first = [tcp() for _ in range(3)]
for s in first: s.setblocking(False); connect(s, "203.0.113.80", 1)
server = tcp(); server.bind(("127.0.0.1", 7000)); server.listen(100)
def waits(): connect(tcp(), "203.0.113.80", 2)
for _ in range(20): threading.Thread(target=waits, daemon=True).start()
if os.fork() == 0: waits(); os._exit(0)
time.sleep(1)
began = time.time(); print([connect(tcp(), "127.0.0.1", 7000) for _ in range(50)].count("0"), time.time() - began < 1.0)
s = tcp(); s.settimeout(0.2)
try: s.connect(("203.0.113.80", 3))
except TimeoutError: print("timed out")
s = tcp(); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, (100000).to_bytes(16, "big") if False else b"\\0" * 8 + (100000).to_bytes(8, "little")); print(connect(s, "203.0.113.80", 4))
class Rung(Exception): pass
def ring(*_): raise Rung()
signal.signal(signal.SIGALRM, ring); signal.setitimer(signal.ITIMER_REAL, 1)
s = tcp()
try: s.connect(("203.0.113.80", 5)); print("connected")
except Rung: print("rung")
child = os.fork()
if child == 0: tcp().connect(("203.0.113.80", 6)); os._exit(0)
time.sleep(1); os.kill(child, 9); print(os.waitpid(child, 0)[1])
os._exit(0)
`,
      { full },
    )
    expect(report.stderr).toBe("")
    expect(report.stdout).toBe("50 True\ntimed out\nEINPROGRESS\nrung\n9\n")
    expect(new Set(report.dials.map(({ to }) => to.port))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
  })
})

describe.skipIf(noPython)(`without a border [skipped when there is no python3]`, () => {
  test("connections are made as they are, in the sandbox's own network", async () => {
    const report = await stage(
      `
server = tcp(); server.bind(("127.0.0.1", 7000)); server.listen()
print(connect(tcp(), "127.0.0.1", 7000), connect(tcp(), "203.0.113.80", 443), connect(tcp(socket.AF_INET6), "2001:db8::1", 1), connect(tcp(), "198.18.0.1", 1))
`,
      { alone: true },
    )
    expect(report.stdout).toBe("0 ENETUNREACH ENETUNREACH ENETUNREACH\n")
    expect(report.dials).toEqual([])
  })
})

const lacksCurl = Bun.which("curl", systemPath) === null
test.skipIf(lacksCurl)("curl, with names that are numbers [skipped when there is no curl]", async () => {
  const url = ["http://198.18.3.4/", "http://203.0.113.80:8080/x", "http://[2001:db8::5]:81/"]
  const report = await runOnStage(["/usr/bin/curl", "-sS", "--http0.9", ...url])
  expect(dialled(report)).toEqual(["198.18.3.4 80", "203.0.113.80 8080", "2001:db8::5 81"])
  expect(report.dials.map(({ program }) => program)).toEqual(Array(3).fill("/usr/bin/curl"))
  expectAllAnnounced(report)
})

const node = Bun.which("node")
test.skipIf(node === null)("node's sockets [skipped when there is no node]", async () => {
  const code = `
const net = require("net")
for (const [host, port] of [["198.18.3.4", 80], ["2001:db8::5", 81]])
  net.connect({ host, port }).on("data", data => process.stdout.write(data.length > 10 ? "+" : "-")).on("error", console.error)
`
  const report = await runOnStage([node ?? "", "-e", code])
  expect(report.stdout).toBe("++")
  expect(dialled(report).sort()).toEqual(["198.18.3.4 80", "2001:db8::5 81"])
  expectAllAnnounced(report)
})
