/** `--log FILE`: opened to append, made when missing, and refused where somebody else could write to it. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openLogFile } from "../../src/audit/log-file.ts"
import { UserError } from "../../src/base/error.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "cordon-log-file-")))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const nowhere = () => false
let serial = 0
function fresh(): string {
  const directory = join(root, String(serial++))
  mkdirSync(directory)
  return directory
}

/** Opens, writes a text and closes. */
function append(path: string, text: string): void {
  const descriptor = openLogFile(path, nowhere)
  writeSync(descriptor, text)
  closeSync(descriptor)
}

function refusal(path: string, isWritable: (path: string) => boolean = nowhere): string {
  try {
    closeSync(openLogFile(path, isWritable))
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }
  return "opened"
}

describe("the file", () => {
  test("is made, for its owner alone, and appended to", () => {
    const path = join(fresh(), "log.jsonl")
    append(path, "one\n")
    append(path, "two\n")
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n")
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test("that is there keeps its mode and what it holds", () => {
    const path = join(fresh(), "log.jsonl")
    writeFileSync(path, "zero\n")
    chmodSync(path, 0o644)
    append(path, "one\n")
    expect(readFileSync(path, "utf8")).toBe("zero\none\n")
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  test("goes on at its end, whoever else writes to it", () => {
    const path = join(fresh(), "log.jsonl")
    const descriptor = openLogFile(path, nowhere)
    writeSync(descriptor, "ours\n")
    writeFileSync(path, "theirs, which is longer\n")
    writeSync(descriptor, "ours\n")
    closeSync(descriptor)
    expect(readFileSync(path, "utf8")).toBe("theirs, which is longer\nours\n")
  })
})

describe("its directory", () => {
  test("may be one that nobody can list", () => {
    const directory = fresh()
    chmodSync(directory, 0o300)
    expect(refusal(join(directory, "log.jsonl"))).toBe("opened")
    chmodSync(directory, 0o700)
    expect(readdirSync(directory)).toEqual(["log.jsonl"])
  })

  test("may be the root of all", () => {
    expect(refusal("/", () => false)).toContain("it is a directory")
  })
})

describe("what is no file of one's own is refused", () => {
  test("a link, also to a file that would do", () => {
    const directory = fresh()
    writeFileSync(join(directory, "real"), "")
    symlinkSync("real", join(directory, "link"))
    expect(refusal(join(directory, "link"))).toContain("it is a symbolic link")
    expect(refusal(join(directory, "real"))).toBe("opened")
  })

  test("a link to nothing, and it makes nothing", () => {
    const directory = fresh()
    symlinkSync("missing", join(directory, "link"))
    expect(refusal(join(directory, "link"))).toContain("it is a symbolic link")
    expect(existsSync(join(directory, "missing"))).toBe(false)
  })

  test("a directory", () => {
    expect(refusal(fresh())).toContain("it is a directory")
  })

  test("a directory that is not there", () => {
    expect(refusal(join(fresh(), "missing/log"))).toContain("its directory does not exist")
  })

  test("a file where a directory should be", () => {
    const directory = fresh()
    writeFileSync(join(directory, "file"), "")
    expect(refusal(join(directory, "file/log"))).toContain("is no directory")
  })

  test("a FIFO, without waiting for a reader", () => {
    const path = join(fresh(), "fifo")
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0)
    expect(refusal(path)).toContain("it is not a regular file")
  })

  test("a FIFO that has a reader", () => {
    const path = join(fresh(), "fifo")
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0)
    const reader = Bun.spawn(["sh", "-c", 'exec 3<>"$1"; sleep 20', "sh", path], { stdout: "ignore" })
    try {
      expect(refusal(path)).toContain("it is not a regular file")
    } finally {
      reader.kill("SIGKILL")
    }
  })

  test("a device", () => {
    expect(refusal("/dev/null")).toContain("it is not a regular file")
  })

  test("a file with a second name, by which it could be reached", () => {
    const directory = fresh()
    writeFileSync(join(directory, "one"), "")
    linkSync(join(directory, "one"), join(directory, "two"))
    expect(refusal(join(directory, "two"))).toContain("hard link")
  })

  test("with a name that drives no terminal", () => {
    expect(refusal(join(fresh(), "\u001b[2J/x"))).toContain("\\x1b[2J/x")
  })
})

describe("what the sandbox can write to is refused", () => {
  test("by the name as written, before anything is made", () => {
    const directory = fresh()
    const path = join(directory, "log.jsonl")
    expect(refusal(path, judged => judged.startsWith(`${directory}/`))).toContain(
      "the sandbox could write to it",
    )
    expect(existsSync(path)).toBe(false)
  })

  test("by the place that a link on the way leads to", () => {
    const [project, outside] = [fresh(), fresh()]
    symlinkSync(project, join(outside, "logs"))
    const inProject = (path: string) => path.startsWith(`${project}/`)
    expect(refusal(join(outside, "logs/log.jsonl"), inProject)).toContain("the sandbox could write to it")
    expect(readdirSync(project)).toEqual([])
    expect(refusal(join(outside, "log.jsonl"), inProject)).toBe("opened")
  })

  test("by a place that several links lead to, and nothing is made on the way", () => {
    const [project, outside] = [fresh(), fresh()]
    mkdirSync(join(project, "deep"))
    symlinkSync(join(project, "deep"), join(outside, "first"))
    symlinkSync("first", join(outside, "second"))
    const inProject = (path: string) => path.startsWith(`${project}/`)
    for (const path of ["second/log.jsonl", "second/../log.jsonl", "./first/log.jsonl"])
      expect(refusal(`${outside}/${path}`, inProject)).toContain("the sandbox could write to it")
    expect([readdirSync(project), readdirSync(join(project, "deep"))]).toEqual([["deep"], []])
  })

  test("and not what a link only leads past", () => {
    const [elsewhere, outside] = [fresh(), fresh()]
    symlinkSync(elsewhere, join(outside, "logs"))
    expect(refusal(join(outside, "logs/log.jsonl"), path => path.startsWith(`${root}/project/`))).toBe(
      "opened",
    )
    expect(readdirSync(elsewhere)).toEqual(["log.jsonl"])
  })

  test("with a hint that names a place that would do", () => {
    try {
      openLogFile(join(fresh(), "x"), () => true)
      throw new Error("opened")
    } catch (error) {
      expect((error as UserError).hint).toContain("outside of the project")
    }
  })
})

test("a refused file is not left open", () => {
  const directory = fresh()
  writeFileSync(join(directory, "one"), "")
  linkSync(join(directory, "one"), join(directory, "two"))
  const open = () => [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length
  refusal(join(directory, "two"))
  const before = open()
  for (let count = 0; count < 20; count++) refusal(join(directory, "two"))
  expect(open()).toBeLessThan(before + 10)
})
