/** What takes time or a partner: pipes, terminals, signals and threads behave as on the host. */
import { expect, test } from "bun:test"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })

async function inside(world: World, code: string) {
  return await world.cordon(["--", python ?? "", "-c", code])
}

test("a FIFO opens when its other end does, whichever comes first, and blocks nobody else", async () => {
  using world = new World()
  const got = await world.shell(`
    mkfifo one two
    cat one > read & echo first > one; wait
    (sleep 0.2; cat two > read2) & (echo second > two; echo opened) & touch other; wait
    exec 5<>one; echo third >&5; read line <&5; echo $line
    cat read read2`)
  expect(got).toEqual({ code: 0, stdout: "opened\nthird\nfirst\nsecond\n", stderr: "" })
})

test.skipIf(python === null)(
  "a signal ends the wait for the reader of a FIFO [skipped when there is no /usr/bin/python3]",
  async () => {
    using world = new World()
    const got = await inside(
      world,
      `
import os, signal, fcntl
os.mkfifo("fifo")
class Rung(Exception): pass
def ring(*_): raise Rung()
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try: os.open("fifo", os.O_WRONLY); print("opened")
except Rung: print("rung")
if os.fork() == 0: os.execvp("sh", ["sh", "-c", "sleep 0.3; cat fifo >/dev/null"])
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
fd = os.open("fifo", os.O_WRONLY)
print(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)
`,
    )
    expect(got).toEqual({ code: 0, stdout: "rung\n0\n", stderr: "" })
  },
)

test.skipIf(python === null)(
  "/dev/tty is the terminal of the program's own session [skipped when there is no /usr/bin/python3]",
  async () => {
    using world = new World()
    const got = await inside(
      world,
      `
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.write(os.open("/dev/tty", os.O_RDWR), b"to my own terminal")
    os._exit(0)
print(os.read(master, 100).decode(), flush=True)
os.waitpid(pid, 0)
if os.fork() == 0:
    os.setsid()
    try: os.open("/dev/tty", os.O_RDWR)
    except OSError as error: print(error.strerror, flush=True)
    os._exit(0)
os.wait()
`,
    )
    expect(got).toEqual({ code: 0, stdout: "to my own terminal\nNo such device or address\n", stderr: "" })
  },
)

test.skipIf(python === null)(
  "threads in parallel, under a storm of signals [skipped when there is no /usr/bin/python3]",
  async () => {
    using world = new World()
    const got = await inside(
      world,
      `
import os, signal, threading
for number in (signal.SIGURG, signal.SIGALRM):
    signal.signal(number, lambda *_: None)
    # As Go and Node do. Without it a call that waits for its turn is interrupted: docs/limitations.md.
    signal.siginterrupt(number, False)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
wrong = []
def work(own):
    os.mkdir(f"d{own}")
    for at in range(150):
        path = f"d{own}/{at}"
        with open(path, "x") as file: file.write(path)
        os.rename(path, path + "r"); os.chmod(path + "r", 0o640); os.symlink(str(at) + "r", path)
        with open(path, "r+") as file:
            if file.read() != path: wrong.append(path)
        os.kill(os.getpid(), signal.SIGURG)
threads = [threading.Thread(target=work, args=(own,)) for own in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
signal.setitimer(signal.ITIMER_REAL, 0)
print(len(wrong), sum(len(os.listdir(f"d{own}")) for own in range(8)))
`,
    )
    expect(got).toEqual({ code: 0, stdout: "0 2400\n", stderr: "" })
  },
)

test.skipIf(python === null)(
  "threads that change paths under the check get no protected name [skipped when there is no /usr/bin/python3]",
  async () => {
    using world = new World({ project: { okk: "x" } })
    const got = await inside(
      world,
      `
import ctypes, os, sys, threading, time
sys.setswitchinterval(0.00001)
libc = ctypes.CDLL(None, use_errno=True)
path, how = ctypes.create_string_buffer(b"okk", 16), (ctypes.c_uint64 * 3)()
end = time.time() + 1.5
def swap():
    while time.time() < end:
        path.raw = b".envrc".ljust(16, b"\\0"); how[0] = 0o101
        path.raw = b"okk".ljust(16, b"\\0"); how[0] = 0
def links():
    while time.time() < end:
        for target in ("okk", ".envrc"):
            os.symlink(target, "l.new"); os.rename("l.new", "l")
def parents():
    while time.time() < end:
        os.mkdir("d"); os.rename("d", "e"); os.rmdir("e")
for target in (swap, links, parents): threading.Thread(target=target).start()
calls = 0
while time.time() < end:
    for number, arguments in ((437, (-100, path, how, 24)), (257, (-100, path, 0o101, 0o755)), (258, (-100, path, 0o755)), (259, (-100, path, 0o100755, 0)),
        (266, (b"okk", -100, path)), (265, (-100, b"okk", -100, path, 0)), (257, (-100, b"l", 0o101, 0o755)), (257, (-100, b"d/.envrc", 0o101, 0o755))):
        fd = libc.syscall(number, *arguments)
        if number in (437, 257) and fd >= 0: os.close(fd)
        calls += 1
print(calls > 500, os.path.lexists(".envrc"), os.path.lexists("e/.envrc"))
`,
    )
    expect(got).toEqual({ code: 0, stdout: "True False False\n", stderr: "" })
  },
)

test("many processes at once, and callers that are killed in the middle of calls", async () => {
  using world = new World()
  const got = await world.shell(`
    for round in 1 2 3 4 5; do
      sh -c 'while :; do echo x > a$$; mv a$$ b$$; rm b$$; done' & loops="$loops $!"
      mkfifo f$round; (echo x > f$round) & loops="$loops $!"
    done
    sleep 0.3; kill -9 $loops; wait 2>/dev/null
    for at in $(seq 300); do (echo $at > file$at) & done; wait
    ls file* | wc -l`)
  expect({ code: got.code, stdout: got.stdout.trim() }).toEqual({ code: 0, stdout: "300" })
})

test("a program whose memory nobody may look at goes on", async () => {
  using world = new World()
  const code = `${rawCallsPrelude()}
    sys("prctl", 4, 0, 0, 0, 0)
    write("file"); fs.renameSync("file", "other"); console.log(fs.readFileSync("other", "utf8"))`
  expect(await world.script(code)).toEqual({ code: 0, stdout: "x\n", stderr: "" })
})
