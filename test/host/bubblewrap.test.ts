/** Finding bubblewrap by reading files, never by the PATH; and saying what is missing. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import { findBubblewrap, requireNamespaces, searchBubblewrap, trial } from "../../src/host/bubblewrap.ts"
import { readHostFacts } from "../../src/host/host-facts.ts"
import { installBubblewrap, nextStep } from "../../src/host/remedy.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-bwrap-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let serial = 0
/** A file that looks like a bubblewrap, as far as its bytes go. */
function fake(text: string): string {
  const path = join(root, `bwrap-${serial++}`)
  writeFileSync(path, `\x7fELF\0\0${text}\0`, { mode: 0o755 })
  return path
}

/** The error of a call. */
function failure(call: () => unknown): HostError {
  try {
    call()
  } catch (error) {
    if (error instanceof HostError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

const uid = process.getuid?.() ?? 0
const recent = () => fake("bubblewrap 0.11.0\0--disable-userns\0")
/** The commands that install it on this machine. */
const install = () => nextStep({ why: "", ...installBubblewrap(readHostFacts(uid)) })

describe("bubblewrap", () => {
  test("is the first file that there is, with its version", () => {
    const path = recent()
    const found = findBubblewrap([join(root, "none"), path, recent()])
    expect(found).toEqual({ path, version: "0.11.0", setuid: false })
    expect(findBubblewrap([fake("bubblewrap 0.8\0--disable-userns")]).version).toBe("0.8")
  })

  test("whose version cannot be told is taken when it can do what is needed", () => {
    expect(findBubblewrap([fake("--disable-userns")]).version).toBe("of an unknown version")
  })

  test("that is too old is refused by name", () => {
    const [old, older] = [fake("bubblewrap 0.6.1\0--unshare-user"), fake("bubblewrap 0.4.0")]
    const error = failure(() => findBubblewrap([old, older]))
    expect(error.message).toBe(`${old} is bubblewrap 0.6.1, and Cordon needs 0.8 or later`)
    expect(error.hint).toStartWith(install())
    expect(error.hint).toContain("/usr/local")
  })

  test("that is too old is passed over when a newer one lies in a later place", () => {
    const path = recent()
    expect(findBubblewrap([fake("bubblewrap 0.6.1\0--unshare-user"), path]).path).toBe(path)
  })

  test("that is missing is asked for, with the command that installs it", () => {
    const error = failure(() => findBubblewrap([join(root, "none"), join(recent(), "below-a-file")]))
    expect(error.message).toBe("bubblewrap is not installed")
    expect(error.hint).toBe(install())
  })

  test("that is missing is the same problem for those who do not want an error", () => {
    const problem = searchBubblewrap([join(root, "none")])
    expect(problem).toMatchObject({ why: "bubblewrap is not installed" })
    expect(searchBubblewrap([recent()])).toMatchObject({ version: "0.11.0" })
  })

  test("that starts with the rights of its owner is told apart", () => {
    const path = recent()
    chmodSync(path, 0o4755)
    expect(findBubblewrap([path]).setuid).toBe(true)
  })

  test("is not looked for on the PATH, where an agent could have put one", () => {
    const directory = join(root, "bin")
    mkdirSync(directory)
    writeFileSync(join(directory, "bwrap"), "bubblewrap 9.9.9\0--disable-userns", { mode: 0o755 })
    const path = process.env.PATH
    process.env.PATH = `${directory}:${path}`
    try {
      expect(findBubblewrap().path).not.toStartWith(directory)
    } finally {
      process.env.PATH = path
    }
  })

  test("of this machine says the version that it has", () => {
    const { path, version } = findBubblewrap()
    const { stdout } = Bun.spawnSync([path, "--version"])
    expect(stdout.toString().trim()).toBe(`bubblewrap ${version}`)
  })
})

describe("namespaces", () => {
  /** A program in the place of bubblewrap. */
  function program(script: string, mode = 0o755): { path: string; setuid: boolean } {
    const path = join(root, `program-${serial++}`)
    writeFileSync(path, script)
    chmodSync(path, mode)
    return { path, setuid: (mode & 0o4000) !== 0 }
  }

  test("work here, as every other test needs them", () => {
    expect(trial(findBubblewrap(), uid)).toEqual({ works: true, said: "" })
    expect(() => requireNamespaces(findBubblewrap(), uid)).not.toThrow()
  })

  test("that a program does not make are told with what it said", () => {
    const refusing = program("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    expect(trial(refusing, uid)).toEqual({ works: false, said: "bwrap: No permissions" })
  })

  test("are not made by a program that cannot be started", () => {
    expect(trial(program("no program", 0o644), uid).works).toBe(false)
    expect(trial({ path: join(root, "none"), setuid: false }, uid).works).toBe(false)
  })

  test("are not tried with a setuid program, which would leave a process behind", () => {
    const started = join(root, "started")
    const setuid = program(`#!/bin/sh\necho > ${started}\n`, 0o4755)
    expect(trial(setuid, 1000)).toEqual({ works: false, said: "it is setuid" })
    expect(Bun.file(started).size).toBe(0)
    const error = failure(() => requireNamespaces({ ...setuid, version: "0.11.0" }, 1000))
    expect(error.message).toContain(`${setuid.path} is setuid`)
    expect(error.hint).toBe(`sudo chmod u-s ${setuid.path}`)
  })
})
