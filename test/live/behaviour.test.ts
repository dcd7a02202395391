/** What takes time or a partner: pipes, terminals, signals and threads behave as on the host. */
import { describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type LiveWay, liveMode, liveWays } from "../support/live-modes.ts"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })

async function inside(world: World, code: string, mode: LiveWay) {
  return await world.cordon([...liveMode(world, mode), "--", python ?? "", "-c", code])
}

const waits = `
import fcntl, os, select, signal, subprocess, sys, threading, time
def child(code): return subprocess.Popen([sys.executable, "-c", "import fcntl, os, signal, sys, time\\n" + code], stdout=subprocess.PIPE)
def waits(process): 
    try: process.wait(0.2); return False
    except subprocess.TimeoutExpired: return True
`

describe.each([...liveWays])("live: %s:", mode => {
  test("a FIFO opens when its other end does, whichever comes first, and blocks nobody else", async () => {
    using world = new World()
    const got = await world.shell(
      `
    mkfifo one two
    cat one > read & echo first > one; wait
    (sleep 0.2; cat two > read2) & (echo second > two; echo opened) & touch other; wait
    exec 5<>one; echo third >&5; read line <&5; echo $line
    cat read read2`,
      { options: liveMode(world, mode) },
    )
    expect(got).toEqual({ code: 0, stdout: "opened\nthird\nfirst\nsecond\n", stderr: "" })
  })

  test.skipIf(python === null)(
    "processors that a program may use are what it chose, however many files it opens [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const got = await inside(
        world,
        `
import os
def opened():
    for i in range(300): os.close(os.open("file-%d" % i, os.O_WRONLY | os.O_CREAT))
    return os.sched_getaffinity(0)
every = os.sched_getaffinity(0)
print(opened() == every)
for one in every:
    os.sched_setaffinity(0, {one})
    print(opened() == {one})
    break
`,
        mode,
      )
      expect(got).toEqual({ code: 0, stdout: "True\nTrue\n", stderr: "" })
    },
  )

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
# At its end python takes its handler away, and the next ring would kill it.
signal.setitimer(signal.ITIMER_REAL, 0)
print(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)
`,
        mode,
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
        mode,
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
        mode,
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
end, calls = time.time() + 1.5, 0
# A busy machine takes longer for as many.
def going(): return time.time() < end or calls <= 500
def swap():
    while going():
        path.raw = b".envrc".ljust(16, b"\\0"); how[0] = 0o101
        path.raw = b"okk".ljust(16, b"\\0"); how[0] = 0
def links():
    while going():
        for target in ("okk", ".envrc"):
            os.symlink(target, "l.new"); os.rename("l.new", "l")
def parents():
    while going():
        os.mkdir("d"); os.rename("d", "e"); os.rmdir("e")
for target in (swap, links, parents): threading.Thread(target=target).start()
while going():
    for number, arguments in ((437, (-100, path, how, 24)), (257, (-100, path, 0o101, 0o755)), (258, (-100, path, 0o755)), (259, (-100, path, 0o100755, 0)),
        (266, (b"okk", -100, path)), (265, (-100, b"okk", -100, path, 0)), (257, (-100, b"l", 0o101, 0o755)), (257, (-100, b"d/.envrc", 0o101, 0o755))):
        fd = libc.syscall(number, *arguments)
        if number in (437, 257) and fd >= 0: os.close(fd)
        calls += 1
print(calls > 500, os.path.lexists(".envrc"), os.path.lexists("e/.envrc"))
`,
        mode,
      )
      expect(got).toEqual({ code: 0, stdout: "True False False\n", stderr: "" })
    },
  )

  test.skipIf(python === null)(
    "a file that was opened is the program's alone: its lock and its writer go when it closes it [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const got = await inside(
        world,
        `
import ctypes, errno, fcntl, os
libc = ctypes.CDLL(None, use_errno=True)
other = os.open("lock", os.O_RDWR | os.O_CREAT)
held, busy = 0, 0
for at in range(1500):
    for how in (os.O_RDONLY, os.O_RDWR):
        fd = os.open("lock", how); fcntl.flock(fd, fcntl.LOCK_EX); os.close(fd)
        try: fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.flock(other, fcntl.LOCK_UN)
        except BlockingIOError: held += 1
text = b"#!/bin/true\\n"
for at in range(400):
    fd = os.open("program", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755); os.write(fd, text); os.close(fd)
    try: os.waitpid(os.posix_spawn("./program", ["program"], {}), 0)
    except OSError as error: busy += error.errno == errno.ETXTBSY
print(held, busy)
`,
        mode,
      )
      expect(got).toEqual({ code: 0, stdout: "0 0\n", stderr: "" })
    },
  )

  test("many processes at once, and callers that are killed in the middle of calls", async () => {
    using world = new World()
    const got = await world.shell(
      `
    for round in 1 2 3 4 5; do
      sh -c 'while :; do echo x > a$$; mv a$$ b$$; rm b$$; done' & loops="$loops $!"
      mkfifo f$round; (echo x > f$round) & loops="$loops $!"
    done
    sleep 0.3; kill -9 $loops; wait 2>/dev/null
    for at in $(seq 300); do (echo $at > file$at) & done; wait
    ls file* | wc -l`,
      { options: liveMode(world, mode) },
    )
    expect({ code: got.code, stdout: got.stdout.trim() }).toEqual({ code: 0, stdout: "300" })
  })

  test("a program whose memory nobody may look at goes on", async () => {
    using world = new World()
    const code = `${rawCallsPrelude()}
    sys("prctl", 4, 0, 0, 0, 0)
    write("file"); fs.renameSync("file", "other"); console.log(fs.readFileSync("other", "utf8"))`
    expect(await world.script(code, { options: liveMode(world, mode) })).toEqual({
      code: 0,
      stdout: "x\n",
      stderr: "",
    })
  })

  test.skipIf(python === null)(
    "a FIFO opened for reading waits for a writer, however short its stay [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const got = await inside(
        world,
        `${waits}
os.mkfifo("fifo")
reader = child("fd = os.open('fifo', os.O_RDONLY); print(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, os.read(fd, 9))")
print("waits", waits(reader))
# It counts as a reader while it waits, once it has come so far.
for _ in range(1000):
    try: os.close(os.open("fifo", os.O_WRONLY | os.O_NONBLOCK)); break
    except OSError: time.sleep(0.01)
print(reader.wait(), reader.stdout.read())
reader = child("fd = os.open('fifo', os.O_RDONLY); print('opened', flush=True); print(os.read(fd, 9))")
print("waits", waits(reader))
writer = os.open("fifo", os.O_WRONLY)
print(reader.stdout.readline())
# Somebody has it open for writing: the next one need not wait, though nothing was written.
second = os.open("fifo", os.O_RDONLY); third = os.open("/proc/self/fd/" + str(second), os.O_RDONLY); os.close(second); os.close(third)
os.write(writer, b"text"); print(reader.wait(), reader.stdout.read())
os.close(writer)
fd = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK); print(os.read(fd, 9), bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK))
`,
        mode,
      )
      expect(got).toEqual({
        code: 0,
        stdout: `waits True
0 b"0 b''\\n"
waits True
b'opened\\n'
0 b"b'text'\\n"
b'' True
`,
        stderr: "",
      })
    },
  )

  test.skipIf(python === null)(
    "a signal ends the wait for a writer, and so does death [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const got = await inside(
        world,
        `${waits}
os.mkfifo("fifo")
class Rung(Exception): pass
def ring(*_): raise Rung()
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try: os.open("fifo", os.O_RDONLY); print("opened")
except Rung: print("rung")
signal.signal(signal.SIGALRM, lambda *_: None)
reader = child("signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05); print(os.read(os.open('fifo', os.O_RDONLY), 9)); signal.setitimer(signal.ITIMER_REAL, 0)")
print("waits", waits(reader))
fd = os.open("fifo", os.O_WRONLY); os.write(fd, b"text"); print(reader.wait(), reader.stdout.read()); os.close(fd)
reader = child("os.open('fifo', os.O_RDONLY)")
print("waits", waits(reader))
reader.kill(); print(reader.wait())
def lacks_reader():
    try: os.close(os.open("fifo", os.O_WRONLY | os.O_NONBLOCK)); return False
    except OSError: return True
end = time.time() + 10
while not lacks_reader() and time.time() < end: time.sleep(0.01)
print(lacks_reader())
`,
        mode,
      )
      expect(got).toEqual({
        code: 0,
        stdout: `rung
waits True
0 b"b'text'\\n"
waits True
-9
True
`,
        stderr: "",
      })
    },
  )

  test.skipIf(python === null)(
    "a partner on the host, which holds one FIFO without writing and waits at another [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      await world.host("mkfifo", "in", "out")
      const host = world.host(
        "sh",
        "-c",
        'exec 3> in; : > begun; exec 4< out; read line <&4; echo "heard $line" >&3',
      )
      const { outcome } = world.start([
        ...liveMode(world, mode),
        "--",
        "sh",
        "-c",
        "exec 3< in; exec 4> out; echo this >&4; read line <&3; echo $line",
      ])
      expect(await outcome).toEqual({ code: 0, stdout: "heard this\n", stderr: "" })
      await host
      expect(await eventually(() => existsSync(join(world.project, "begun")) || undefined)).toBe(true)
    },
  )

  test.skipIf(python === null)(
    "a file under another program's lease opens when that gives it back [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World({ project: { file: "text" } })
      const got = await inside(
        world,
        `${waits}
for lease, how in ((fcntl.F_WRLCK, os.O_RDONLY), (fcntl.F_RDLCK, os.O_WRONLY)):
    ready, tell = os.pipe()
    holder = os.fork()
    if holder == 0:
        def give_back(*_): time.sleep(0.2); os.write(tell, b"given back "); fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        signal.signal(signal.SIGIO, give_back)
        fd = os.open("file", os.O_RDONLY); fcntl.fcntl(fd, fcntl.F_SETLEASE, lease); os.write(tell, b"leased ")
        end = time.time() + 20
        while time.time() < end: time.sleep(0.05)
    os.read(ready, 20)
    try: os.open("file", how | os.O_NONBLOCK)
    except BlockingIOError as error: print(error.strerror)
    fd = os.open("file", how)
    print(os.read(ready, 20), fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)
    os.kill(holder, 9); os.wait()
`,
        mode,
      )
      expect(got).toEqual({
        code: 0,
        stdout: "Resource temporarily unavailable\nb'given back ' 0\n".repeat(2),
        stderr: "",
      })
    },
  )
})
