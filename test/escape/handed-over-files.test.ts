/** A program changes a file that is open for reading, by its descriptor: one from outside, or one put in its place. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, cordonBinary, World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const text = "what stood there\n"

/** What changes descriptor 0 in every way there is, and the errors that it gets. */
const changeHanded = `${rawCallsPrelude()}
  const link = "/proc/self/fd/0", times = Buffer.from(new BigInt64Array([1n, 0n, 1n, 0n]).buffer)
  console.log([sys("fchmod", 0, 0o4777), sys("fchmodat", AT_FDCWD, link, 0o4777), sys("fsetxattr", 0, "user.x", "v", 1, 0),
    sys("fchown", 0, process.getuid(), process.getgid()), sys("utimensat", AT_FDCWD, link, times, 0),
    sys("truncate", link, 0), sys("openat", AT_FDCWD, link, 1, 0)].join())`
const unchanged = `${Array(7).fill("EROFS").join()}\n`

describe.each([[[]], [["--ro"]], [["--backend", "landlock", "-n"]]])("with %j", options => {
  test("a file of the host's on standard input is not changed by its descriptor", async () => {
    using world = new World({ home: { mine: text } })
    const mine = join(world.home, "mine")
    const before = await world.host("stat", "-c", "%a %u %h %Y", mine)
    const code = `${changeHanded}
      console.log(require("node:fs").readFileSync(0, "utf8"))`
    const started = Bun.spawn([cordonBinary, ...options, "--read", bun, "--", bun, "-e", code], {
      cwd: world.project,
      env: world.env,
      stdin: openSync(mine, "r"),
      stdout: "pipe",
      stderr: "pipe",
    })
    const said = await new Response(started.stdout).text()
    expect(said).toBe(`${unchanged}${text}\n`)
    expect(readFileSync(mine, "utf8")).toBe(text)
    expect(await world.host("stat", "-c", "%a %u %h %Y", mine)).toBe(before)
  })
})

/** Starts a command with the file on standard input, open for reading, and gives what it says. */
async function handed(world: World, file: number, words: readonly string[]) {
  const started = Bun.spawn([cordonBinary, "-q", ...words], {
    cwd: world.project,
    env: world.env,
    stdin: file,
    stdout: "pipe",
    stderr: "inherit",
  })
  return new Response(started.stdout).text()
}

test("neither is one where the sandbox has a directory of its own, and its own files there are", async () => {
  using world = new World()
  for (const place of ["/tmp", "/var/tmp", "/dev/shm"]) {
    const directory = mkdtempSync(join(place, "cordon-test-"))
    const mine = join(directory, "mine")
    try {
      writeFileSync(mine, text)
      const before = await world.host("stat", "-c", "%a %u %h %Y", mine)
      const words = ["--read", bun, "--", bun, "-e", changeHanded]
      expect({ place, said: await handed(world, openSync(mine, "r"), words) }).toEqual({
        place,
        said: unchanged,
      })
      expect(readFileSync(mine, "utf8")).toBe(text)
      expect(await world.host("stat", "-c", "%a %u %h %Y", mine)).toBe(before)
      const own = `echo > ${place}/own; exec sh -c "chmod 600 /proc/self/fd/0 && echo changed > /proc/self/fd/0; cat ${place}/own" < ${place}/own`
      expect(await handed(world, openSync(mine, "r"), ["--", "sh", "-c", own])).toBe("changed\n")
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
})

test.each([[[]], [["--backend", "landlock", "-n"]]])(
  "neither is one that has lost its name, with %j, and one that was made inside is",
  async options => {
    using world = new World({ home: { mine: text } })
    const mine = join(world.home, "mine")
    const [file, again] = [openSync(mine, "r"), openSync(mine, "r")]
    rmSync(mine)
    const words = [...options, "--read", bun, "--", bun, "-e", changeHanded]
    expect(await handed(world, file, words)).toBe(unchanged)
    expect(readFileSync(again, "utf8")).toBe(text)
    const own = `echo > own; exec < own; rm own; chmod 600 /proc/self/fd/0 && echo changed > /proc/self/fd/0; cat`
    expect(await handed(world, again, [...options, "--", "sh", "-c", own])).toBe("changed\n")
  },
)

test.skipIf(python === null).each([[[]], [["--strict"]], [["--trust", "untrusted"]]])(
  "memory that a program shares can be opened once more, with %j [skipped when there is no /usr/bin/python3]",
  async options => {
    using world = new World()
    const code = `
import os
memory = os.memfd_create("shared"); os.fchmod(memory, 0o700)
os.write(os.open(f"/proc/self/fd/{memory}", os.O_RDWR), b"x" * 9)
print(os.fstat(memory).st_size)`
    const { stdout, stderr } = await world.cordon(["-q", ...options, "--", python ?? "", "-c", code])
    expect({ stdout, stderr }).toEqual({ stdout: "9\n", stderr: "" })
  },
)

describe.each([[[]], [["--strict"]], [["--backend", "landlock", "-n"]]])("with %j", options => {
  /** What a shell says that reads the script from a pipe, which so is the standard input of all that it starts. */
  async function piped(world: World, script: string, inside: string) {
    const started = Bun.spawn(["sh", "-c", `{ printf '%s\\n' "$SCRIPT"; sleep 0.5; } | sh -s | cat`], {
      cwd: world.project,
      env: { ...world.env, INSIDE: inside, SCRIPT: script },
      stdout: "pipe",
      stderr: "inherit",
    })
    return new Response(started.stdout).text()
  }

  test("nothing is added to a script that a shell outside reads from a pipe; pipes made inside can be opened again", async () => {
    using world = new World()
    const places = ["/proc/self/fd/0", "/dev/stdin", "/dev/fd/0", "/proc/thread-self/fd/0"]
    const inside = [
      ...places.map(path => `(echo 'echo added, CORDON=$CORDON' > ${path}) 2> errors || echo refused`),
      "(exec 3<> /proc/self/fd/0) 2> errors || echo refused",
      ": | sh -c 'echo own > /proc/self/fd/0; head -n 1'",
      "echo said > /dev/stdout",
    ].join("\n")
    const script = `${[cordonBinary, "-q", ...options].join(" ")} -- sh -c "$INSIDE"\necho the rest`
    expect(await piped(world, script, inside)).toBe(`${"refused\n".repeat(5)}own\nsaid\nthe rest\n`)
  })

  test.skipIf(python === null)(
    "nor is memory changed that was handed over to be read [skipped when there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const words = [cordonBinary, "-q", ...options, "--read", bun, "--", bun, "-e", changeHanded]
      const code = `
import os, subprocess, sys
memory = os.memfd_create("handed"); os.write(memory, b"kept")
handed = os.open(f"/proc/self/fd/{memory}", os.O_RDONLY)
subprocess.run(sys.argv[1:], stdin=handed)
print(os.pread(memory, 9, 0).decode(), oct(os.fstat(memory).st_mode)[-4:])`
      expect(await world.host(python ?? "", "-c", code, ...words)).toBe(`${unchanged}kept 0777\n`)
    },
  )
})

test.each([[[]], [["--deny", "~/private"]], [["--backend", "landlock", "-n"]]])(
  "a file that the command was handed to write to can be opened once more, wherever it lies, and not to be read, with %j",
  async options => {
    using world = new World({ home: { log: "", "private/log": "" } })
    const temporary = mkdtempSync("/tmp/cordon-test-")
    try {
      for (const log of [join(world.home, "log"), join(world.home, "private/log"), join(temporary, "log")]) {
        writeFileSync(log, "")
        const started = Bun.spawn([cordonBinary, ...options, "--", "sh", "-c", "echo again > /dev/stderr"], {
          cwd: world.project,
          env: world.env,
          stderr: openSync(log, "a"),
        })
        expect({ log, code: await started.exited }).toEqual({ log, code: 0 })
        expect(readFileSync(log, "utf8")).toBe("again\n")
      }
    } finally {
      rmSync(temporary, { recursive: true })
    }
  },
)

test("what is denied, and was handed over to be written to, is not read by that", async () => {
  using world = new World({ home: { "private/log": text } })
  const inside =
    "(exec 5<> /proc/self/fd/0) 2> errors || echo refused; (exec 5>> /proc/self/fd/0) && echo opened"
  const log = openSync(join(world.home, "private/log"), "a")
  for (const options of [[], ["--backend", "landlock", "-n"]])
    expect(await handed(world, log, ["--deny", "~/private", ...options, "--", "sh", "-c", inside])).toBe(
      "refused\nopened\n",
    )
})

test.each([[[]], [["--config", "strict.yaml"]], [["--backend", "landlock", "-n"]]])(
  "nor is what stands in the host's temp directories, and what was handed over to be read from there is, with %j",
  async options => {
    using world = new World({ project: { "strict.yaml": "filesystem: { live: strict }\n" } })
    const inside = [
      "for way in /proc/self/fd/0 /dev/stdin /proc/$$/fd/0; do",
      "  (cat $way || (exec 5<> $way && cat <&5)) 2> errors && echo read $way",
      "done",
      "(exec 5>> /dev/stdin) && echo opened",
    ].join("\n")
    for (const place of ["/tmp", "/var/tmp", "/dev/shm"]) {
      const directory = mkdtempSync(join(place, "cordon-test-"))
      const log = join(directory, "log")
      try {
        writeFileSync(log, text)
        const words = [...options, "--", "sh", "-c"]
        const written = await handed(world, openSync(log, "a"), [...words, inside])
        expect({ place, written }).toEqual({ place, written: "opened\n" })
        // Without mounts nothing there can be opened by its name, and it is read by its descriptor.
        const again = options.includes("landlock") ? "cat" : "cat /dev/stdin; cat /proc/self/fd/0"
        const read = await handed(world, openSync(log, "r"), [...words, again])
        expect({ place, read }).toEqual({ place, read: options.includes("landlock") ? text : text + text })
      } finally {
        rmSync(directory, { recursive: true })
      }
    }
  },
)

/**
 * One thread opens its descriptor 77 for writing, by the name that it has in /proc, while another one puts two files in its
 * place by turns: one that it may write, and one that it may only read.
 */
const race = (victim: string, seconds: number) => `
import os, sys, threading, time
sys.setswitchinterval(0.00001)
victim, mine = os.open(${JSON.stringify(victim)}, os.O_RDONLY), os.open("own", os.O_RDWR | os.O_CREAT)
def flip():
    while True:
        os.dup2(victim, 77)
        os.dup2(mine, 77)
os.dup2(victim, 77)
threading.Thread(target=flip, daemon=True).start()
found, end = {"own": 0, "refused": 0}, time.time() + ${seconds}
while time.time() < end:
    try: fd = os.open("/proc/self/fd/77", os.O_WRONLY)
    except OSError:
        found["refused"] += 1
        continue
    if os.path.sameopenfile(fd, victim): os.write(fd, b"evil")
    else: found["own"] += 1
    os.close(fd)
print({name: count > 0 for name, count in found.items()}, flush=True)
os._exit(0)
`
const both = "{'own': True, 'refused': True}\n"

/** Hands the directory over, open for reading and as a path, to whoever connects. */
const service = (directory: string) => `
import os, socket
server = socket.socket(socket.AF_UNIX); server.bind("service"); server.listen()
print("ready", flush=True)
client, directory = server.accept()[0], ${JSON.stringify(directory)}
socket.send_fds(client, [b"x"], [os.open(directory, os.O_RDONLY), os.open(directory, os.O_PATH)])
client.recv(1)
`
const change = `
import os, socket
client = socket.socket(socket.AF_UNIX); client.connect("../service")
_, (fd, path), _, _ = socket.recv_fds(client, 1, 2)
def made(call):
    try: call(); return "done"
    except OSError as error: return error.strerror
def moved(fd):
    os.fchdir(fd); open("relative", "w")
for at in (fd, path):
    print([made(call) for call in (
        lambda: os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=at), lambda: os.open("file", os.O_WRONLY, dir_fd=at),
        lambda: os.mkdir("d", dir_fd=at), lambda: os.symlink("x", "l", dir_fd=at), lambda: os.mkfifo("p", dir_fd=at),
        lambda: os.link("file", "second", src_dir_fd=at, dst_dir_fd=at), lambda: os.rename("file", "other", src_dir_fd=at, dst_dir_fd=at),
        lambda: os.unlink("other", dir_fd=at), lambda: open(f"/proc/self/fd/{at}/linked", "w"),
        lambda: os.open(f"/proc/self/fd/{at}", os.O_WRONLY | os.O_TMPFILE), lambda: moved(at))])
    for name in ("new", "d", "l", "p", "second", "linked", "relative"):
        made(lambda: os.rmdir(name, dir_fd=at) if name == "d" else os.unlink(name, dir_fd=at))
    made(lambda: open("file", "x"))
`

/** Reads in the directory, then what lies above it by name and by a pinned descriptor; the last path once more while it is swapped. */
const climb = (paths: readonly string[], plain: string) => `
import ctypes, os, socket, sys, threading, time
client = socket.socket(socket.AF_UNIX); client.connect("../service")
_, (fd, path), _, _ = socket.recv_fds(client, 1, 2)
print(os.read(os.open("file", os.O_RDONLY, dir_fd=path), 99).decode().strip())
for level in range(20): fd = os.open("..", os.O_PATH, dir_fd=fd)
def read(call):
    try: return os.read(call(), 99)
    except OSError as error: return error.strerror
paths = ${JSON.stringify(paths.map(path => path.slice(1)))}
for name in paths:
    print(read(lambda: os.open(name, os.O_RDONLY, dir_fd=fd)))
    print(read(lambda: os.open(f"/proc/self/fd/{os.open(name, os.O_PATH, dir_fd=fd)}", os.O_RDONLY)))
names = [name.encode() + bytes(1) for name in (paths[-1], ${JSON.stringify(plain.slice(1))})]
memory, libc, end = ctypes.create_string_buffer(4096), ctypes.CDLL(None), time.time() + 2
def swap():
    while True:
        for name in names: ctypes.memmove(memory, name, len(name))
sys.setswitchinterval(1e-5)
for thread in range(2): threading.Thread(target=swap, daemon=True).start()
found = "none"
while time.time() < end and found == "none":
    opened = libc.openat(fd, memory, os.O_RDONLY)
    if opened >= 0:
        if os.read(opened, 99) == b"s3cret": found = "read"
        os.close(opened)
print(found, flush=True)
os._exit(0)
`

describe.skipIf(python === null)(
  "directories handed over [skipped when there is no /usr/bin/python3]",
  () => {
    const policy = "network: { unix_sockets: [~/work/service] }\n"

    async function changedIn(world: World, directory: string) {
      const server = Bun.spawn([python ?? "", "-c", service(directory)], {
        cwd: join(world.home, "work"),
        stdout: "pipe",
      })
      await server.stdout.getReader().read()
      const { stdout, stderr } = await world.cordon(["-q", "--", python ?? "", "-c", change])
      await server.exited
      expect(stderr).toBe("")
      return stdout
    }
    const lines = (answer: string, calls: number) =>
      `[${Array(calls).fill(`'${answer}'`).join(", ")}]\n`.repeat(2)

    test("nothing is made, changed or removed in one by a service that the policy names", async () => {
      using world = new World({ home: { "mine/file": text, ".config/cordon/policy.yaml": policy } })
      const mine = mkdtempSync("/tmp/cordon-test-")
      try {
        writeFileSync(join(mine, "file"), text)
        for (const directory of [mine, join(world.home, "mine")]) {
          const said = await changedIn(world, directory)
          expect(said.replaceAll("No such file or directory", "Read-only file system")).toBe(
            lines("Read-only file system", 11),
          )
          expect(readdirSync(directory)).toEqual(["file"])
          expect(readFileSync(join(directory, "file"), "utf8")).toBe(text)
          rmSync(join(world.home, "work/service"))
        }
      } finally {
        rmSync(mine, { recursive: true })
      }
    })

    test("from one up nothing is read that the sandbox does not see, by whatever thread, and in it everything is", async () => {
      using world = new World({
        home: {
          "mine/file": text,
          ".aws/credentials": "s3cret",
          plain: text,
          ".config/cordon/policy.yaml": policy,
        },
      })
      const mine = mkdtempSync("/tmp/cordon-test-")
      try {
        writeFileSync(join(mine, "file"), text)
        const server = Bun.spawn([python ?? "", "-c", service(join(world.home, "mine"))], {
          cwd: join(world.home, "work"),
          stdout: "pipe",
        })
        await server.stdout.getReader().read()
        const paths = [join(mine, "file"), "/proc/1/cmdline", join(world.home, ".aws/credentials")]
        const script = climb(paths, join(world.home, "plain"))
        const { stdout, stderr } = await world.cordon(["-q", "-n", "--", python ?? "", "-c", script])
        await server.exited
        expect(stderr).toBe("")
        expect(stdout.trim().split("\n")).toEqual([
          text.trim(),
          ...Array(6).fill("Permission denied"),
          "none",
        ])
      } finally {
        rmSync(mine, { recursive: true })
      }
    })

    test("in one of the project's everything is", async () => {
      using world = new World({
        project: { "own/file": text },
        home: { ".config/cordon/policy.yaml": policy },
      })
      expect(await changedIn(world, join(world.project, "own"))).toBe(lines("done", 11))
    })
  },
)

describe.skipIf(python === null)(
  "two files for one descriptor [skipped when there is no /usr/bin/python3]",
  () => {
    test("without mounts a file outside of the project stays as it is", async () => {
      using world = new World({ home: { mine: text } })
      const mine = join(world.home, "mine")
      const words = ["--backend", "landlock", "-n", "--", python ?? "", "-c", race(mine, 3)]
      expect(await world.cordon(words)).toMatchObject({
        stdout: both,
        stderr: "",
      })
      expect(readFileSync(mine, "utf8")).toBe(text)
    }, 20_000)

    test("a file that may be read, and is made while the command runs, stays as it is", async () => {
      using world = new World({ project: { file: "" } })
      const kept = join(world.project, "made.kept")
      const script = `touch ready; while [ ! -s made.kept ]; do sleep 0.02; done; exec ${python} -c "$RACE"`
      const { outcome } = world.start(["--read", "*.kept", "--env", "RACE", "--", "sh", "-c", script], {
        env: { RACE: race("made.kept", 3) },
      })
      await eventually(() => existsSync(join(world.project, "ready")) || undefined)
      writeFileSync(kept, text)
      expect(await outcome).toMatchObject({ stdout: both, stderr: "" })
      expect(readFileSync(kept, "utf8")).toBe(text)
    }, 20_000)
  },
)
