/** An agent with a second thread puts another path in between, where a name is judged before the file is opened. */
import { describe, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { spoken, succeeded } from "../support/attempts.ts"
import { type LiveMode, liveMode, liveModes } from "../support/live-modes.ts"
import { eventually } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const secret = "s3cret"

/**
 * Opens a path in memory that another process flips between two names, in every way there is. It ends when it has read
 * the secret, after so many opens, or after so many seconds, and says whether it had the secret, the other file, a denial.
 */
const race = (opens: number, seconds: number) => `
import ctypes, mmap, os, time
libc = ctypes.CDLL(None, use_errno=True)
open("ready", "w")
while not os.path.exists(".env"): time.sleep(0.01)
for name in ("to.ok", "to.env"): os.symlink("okk" if name == "to.ok" else ".env", name)
shared = mmap.mmap(-1, 4096)
path = ctypes.c_char.from_buffer(shared)
how = (ctypes.c_uint64 * 3)()
def flip():
    while True:
        shared[0:4] = b".env"
        shared[0:4] = b"okk\\0"
def relink():
    while True:
        for target in ("okk", ".env"):
            os.symlink(target, "l.new"); os.rename("l.new", "l")
os.symlink("okk", "l")
flippers = []
for work in (flip, relink):
    pid = os.fork()
    if pid == 0: work()
    flippers.append(pid)
directory = os.open(".", os.O_RDONLY)
found = {"secret": 0, "other": 0, "denied": 0}
end = time.time() + ${seconds}
for at in range(${opens}):
    if found["secret"] or time.time() > end: break
    calls = ((257, -100, path, 0), (257, directory, path, 0o2000000), (437, -100, path, how, 24), (257, -100, b"l", 0), (257, -100, b"./l", 0o4000))
    fd = libc.syscall(*calls[at % len(calls)])
    if fd < 0: found["denied"] += 1
    else:
        found["secret" if b"${secret}" in os.read(fd, 100) else "other"] += 1
        os.close(fd)
for pid in flippers: os.kill(pid, 9)
print({name: count > 0 for name, count in found.items()})
`

async function raced(mode: LiveMode, opens: number, seconds: number) {
  using world = new World({ project: { okk: "plain" } })
  const { outcome } = world.start([...liveMode(world, mode), "--", python ?? "", "-c", race(opens, seconds)])
  await eventually(() => existsSync(join(world.project, "ready")) || undefined)
  // Somebody outside makes it: a file that was there at launch would be hidden by a mount.
  writeFileSync(join(world.project, ".env"), secret)
  const { stdout, stderr } = await outcome
  return { stdout, stderr }
}

describe.skipIf(python === null || process.arch !== "x64")(
  "two names for one call [skipped when there is no /usr/bin/python3, or its numbers of calls are others]",
  () => {
    test("under live: standard the other name is opened sooner or later", async () => {
      const { stdout } = await raced("standard", 10_000_000, 20)
      expect(stdout).toContain("'secret': True")
    })

    test("under live: strict it never is, and what is not denied opens", async () => {
      expect(await raced("strict", 4000, 20)).toEqual({
        stdout: "{'secret': False, 'other': True, 'denied': True}\n",
        stderr: "",
      })
    })
  },
)

describe.each([...liveModes])("live: %s:", mode => {
  test("a denied file that comes into being cannot be read in any way", async () => {
    using world = new World({ project: { "okk.txt": "plain", "a/": "" } })
    const { outcome } = world.start([
      ...liveMode(world, mode),
      "--",
      "sh",
      "-c",
      `touch ready; while [ ! -e a/.env ]; do sleep 0.02; done; exec 9<a; ln -s a/.env link; ln -s a linked
      for path in .env ./.env a/.env a/../a/.env link linked/.env "$PWD/.env" /proc/self/cwd/.env /proc/$$/cwd/a/.env \\
        /proc/self/fd/9/.env /dev/fd/9/.env /proc/$PPID/cwd/.env
      do cat "$path" 2>/dev/null && echo "$path"; (read line < "$path" && echo "read $path") 2>/dev/null; done
      cat okk.txt /proc/self/cwd/okk.txt a/.env.example && echo done`,
    ])
    await eventually(() => existsSync(join(world.project, "ready")) || undefined)
    writeFileSync(join(world.project, ".env"), secret)
    writeFileSync(join(world.project, "a/.env.example"), "plain")
    writeFileSync(join(world.project, "a/.env"), secret)
    expect(await outcome).toEqual({ code: 0, stdout: "plainplainplaindone\n", stderr: "" })
  })

  test("the first process of the sandbox, which we could look into, stays closed", async () => {
    using world = new World()
    const names = ["mem", "maps", "smaps", "numa_maps", "environ", "auxv", "pagemap", "timers"]
    const links = ["exe", "fd/0", "root/etc/passwd", "cwd/.", "ns/net", "task/1/maps", "task/1/exe"]
    const options = liveMode(world, mode)
    const attempts = Object.fromEntries([...names, ...links].map(name => [name, `: < /proc/1/${name}`]))
    const got = await world.attempts(attempts, { options })
    expect(succeeded(got)).toEqual([])
    expect(spoken(got)).not.toContain("bug")
    const known = await world.attempts(
      {
        known: "cat /proc/1/status /proc/1/cmdline /proc/1/mounts",
        own: "cat /proc/self/maps /proc/self/environ",
      },
      { options },
    )
    expect(succeeded(known)).toEqual(["known", "own"])
    const code = `${rawCallsPrelude()}
      const open = path => sys("openat2", AT_FDCWD, path, how(0, 0, 0), 24)
      console.log(open("/proc/1/maps"), open("/proc/1/exe"), open("/proc/1/status") > 0, open("/proc/self/maps") > 0)`
    expect((await world.script(code, { options: [...options, "--read", bun] })).stdout).toBe(
      "EACCES EACCES true true\n",
    )
  })
})
