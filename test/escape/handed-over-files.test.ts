/** A program changes a file that is open for reading, by its descriptor: one from outside, or one put in its place. */
import { describe, expect, test } from "bun:test"
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, cordonBinary, World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const text = "what stood there\n"

describe.each([[[]], [["--ro"]], [["--backend", "landlock", "-n"]]])("with %j", options => {
  test("a file of the host's on standard input is not changed by its descriptor", async () => {
    using world = new World({ home: { mine: text } })
    const mine = join(world.home, "mine")
    const before = await world.host("stat", "-c", "%a %u %h %Y", mine)
    const code = `${rawCallsPrelude()}
      const link = "/proc/self/fd/0", times = Buffer.from(new BigInt64Array([1n, 0n, 1n, 0n]).buffer)
      console.log([sys("fchmod", 0, 0o4777), sys("fchmodat", AT_FDCWD, link, 0o4777), sys("fsetxattr", 0, "user.x", "v", 1, 0),
        sys("fchown", 0, process.getuid(), process.getgid()), sys("utimensat", AT_FDCWD, link, times, 0),
        sys("truncate", link, 0), sys("openat", AT_FDCWD, link, 1, 0)].join())
      console.log(require("node:fs").readFileSync(0, "utf8"))`
    const started = Bun.spawn([cordonBinary, ...options, "--read", bun, "--", bun, "-e", code], {
      cwd: world.project,
      env: world.env,
      stdin: openSync(mine, "r"),
      stdout: "pipe",
      stderr: "pipe",
    })
    const said = await new Response(started.stdout).text()
    expect(said).toBe(`${Array(7).fill("EROFS").join()}\n${text}\n`)
    expect(readFileSync(mine, "utf8")).toBe(text)
    expect(await world.host("stat", "-c", "%a %u %h %Y", mine)).toBe(before)
  })
})

test("a file that the command may write, and was handed, can be opened once more", async () => {
  using world = new World({ home: { log: "" } })
  const log = join(world.home, "log")
  for (const options of [[], ["--backend", "landlock", "-n"]]) {
    writeFileSync(log, "")
    const started = Bun.spawn([cordonBinary, ...options, "--", "sh", "-c", "echo again > /dev/stderr"], {
      cwd: world.project,
      env: world.env,
      stderr: openSync(log, "a"),
    })
    expect(await started.exited).toBe(0)
    expect(readFileSync(log, "utf8")).toBe("again\n")
  }
})

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
