/**
 * An agent reads what came into being after the launch and is denied by its name, by every way to write that name: the
 * engine looks at the last name alone where no link stands there, and at what the whole path leads to otherwise.
 */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type LiveWay, liveMode, liveWays } from "../support/live-modes.ts"
import { eventually } from "../support/process.ts"
import { World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })

/** Made on the host once the program runs, so that no mount stands in front of it. */
function plant({ project }: World): void {
  const at = (path: string) => join(project, path)
  mkdirSync(at("a/.env"), { recursive: true })
  mkdirSync(at("b"))
  for (const name of [".env", "a/.env/key"]) writeFileSync(at(name), "S3CRET")
  writeFileSync(at("b/plain"), "plain")
  const links = {
    "to-file": ".env",
    "to-link": "to-file",
    "to-directory": "a",
    "to-denied": "a/.env",
    "b/up": "../.env",
    "b/absolute": at(".env"),
    "b/to-plain": "plain",
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, at(name))
}

const attempts = `
import errno, os, sys, time
open("ready", "w").close()
while not os.path.exists("go"): time.sleep(0.02)
here = os.getcwd()
def attempt(path, flags=0, base=None):
    try: descriptor = os.open(path, os.O_RDONLY | flags, dir_fd=base)
    except OSError as error: return errno.errorcode[error.errno]
    try: return os.read(descriptor, 99).decode()
    except IsADirectoryError: return ",".join(sorted(os.listdir(descriptor)))
    finally: os.close(descriptor)
`

async function inside(mode: LiveWay, code: string): Promise<string[]> {
  using world = new World({ project: { file: "x" } })
  const { outcome } = world.start([...liveMode(world, mode), "--", python ?? "", "-c", attempts + code])
  expect(await eventually(() => (existsSync(join(world.project, "ready")) ? true : undefined))).toBe(true)
  plant(world)
  writeFileSync(join(world.project, "go"), "")
  const { stdout, stderr } = await outcome
  expect(stderr).toBe("")
  return stdout.trim().split("\n")
}

/** [path, flags of python's os]; a directory goes by its slash too. */
const denied = [
  [".env"],
  ["./.env"],
  ["b/../.env"],
  ["a/../b/.././.env"],
  ["a/.env"],
  ["a/.env/"],
  ["a/.env", "O_DIRECTORY"],
  ["a/.env/."],
  ["a/.env/key"],
  ["a//.env///key"],
  ["to-file"],
  ["to-link"],
  ["b/up"],
  ["b/absolute"],
  ["to-denied"],
  ["to-denied/"],
  ["to-denied/", "O_NOFOLLOW"],
  ["to-denied/key"],
  ["to-directory/.env"],
  ["to-directory/.env/key"],
  ["/proc/self/cwd/.env"],
  ["/proc/thread-self/cwd/b/../.env"],
] as const

/** What the kernel would say without us. */
const allowed = [
  ["b/plain", "plain"],
  ["b/to-plain", "plain"],
  ["b//plain", "plain"],
  ["b", "absolute,plain,to-plain,up"],
  ["b/", "absolute,plain,to-plain,up"],
  ["b/.", "absolute,plain,to-plain,up"],
  ["to-directory", ".env"],
  ["to-directory/", ".env"],
  ["b/plain/", "ENOTDIR"],
  ["b/plain/x", "ENOTDIR"],
  ["absent", "ENOENT"],
  ["absent/.env", "ENOENT"],
  ["b/absent/", "ENOENT"],
] as const

describe.each([...liveWays])("live: %s:", mode => {
  test.skipIf(python === null)("denied [skipped when there is no /usr/bin/python3]", async () => {
    const calls = denied.map(
      ([path, flag]) => `print(attempt(${JSON.stringify(path)}, ${flag ? `os.${flag}` : 0}))`,
    )
    const below = `
base = os.open("b", os.O_PATH)
print(attempt("../.env", 0, base)); print(attempt("up", 0, base))
os.chdir("a"); print(attempt(".env")); print(attempt("../.env"))
os.chdir("../b"); print(attempt("up")); print(attempt("../a/.env/key"))
print(attempt(here + "/.env")); print(attempt(here + "/to-link"))`
    const got = await inside(mode, calls.join("\n") + below)
    expect(got).toEqual(Array.from({ length: denied.length + 8 }, () => "EACCES"))
  })

  test.skipIf(python === null)(
    "everything else is as outside [skipped when there is no /usr/bin/python3]",
    async () => {
      const calls = allowed.map(([path]) => `print(attempt(${JSON.stringify(path)}))`)
      const links = `
print(attempt("to-file", os.O_NOFOLLOW)); print(attempt("to-directory", os.O_NOFOLLOW | os.O_DIRECTORY))`
      expect(await inside(mode, calls.join("\n") + links)).toEqual([
        ...allowed.map(([, answer]) => answer),
        "ELOOP",
        "ENOTDIR",
      ])
    },
  )
})

/** For writing, and where it would be made, a denied name says nothing of what is there. */
const absences = `
for path in ("b/.env", "to-directory/../b/.env", "a/.env/absent", "b/.env/"): print(attempt(path))
print(attempt("b/.env", os.O_NOFOLLOW)); print(attempt("b/.env", os.O_DIRECTORY))
print(attempt("b/.env", os.O_CREAT)); print(attempt("b/.env", os.O_CREAT | os.O_EXCL)); print(attempt("b/.env", os.O_RDWR))`

test.skipIf(python === null).each([...liveWays])(
  "live: %s: a denied name that is not there is not there [skipped when there is no /usr/bin/python3]",
  async mode =>
    expect(await inside(mode, absences)).toEqual([
      ...Array.from({ length: 6 }, () => "ENOENT"),
      ...Array.from({ length: 3 }, () => "EACCES"),
    ]),
)
