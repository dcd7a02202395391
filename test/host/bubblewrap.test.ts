/** Finding bubblewrap by reading files, never by the PATH; and saying what is missing. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import {
  findBubblewrap,
  installCommand,
  namespaceObstacle,
  requireNamespaces,
  trial,
} from "../../src/host/bubblewrap.ts"

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

const recent = () => fake("bubblewrap 0.11.0\0--disable-userns\0")

describe("bubblewrap", () => {
  test("is the first file that there is, with its version", () => {
    const path = recent()
    expect(findBubblewrap([join(root, "none"), path, recent()])).toEqual({ path, version: "0.11.0" })
    expect(findBubblewrap([fake("bubblewrap 0.8\0--disable-userns")]).version).toBe("0.8")
  })

  test("whose version cannot be told is taken when it can do what is needed", () => {
    expect(findBubblewrap([fake("--disable-userns")]).version).toBe("of an unknown version")
  })

  test("that is too old is refused by name, even when a newer one comes later", () => {
    const old = fake("bubblewrap 0.6.1\0--unshare-user")
    const error = failure(() => findBubblewrap([old, recent()]))
    expect(error.message).toBe(`${old} is bubblewrap 0.6.1, and Cordon needs 0.8 or later`)
    expect(error.hint).toContain(installCommand())
  })

  test("that is missing is asked for, with the command that installs it", () => {
    const error = failure(() => findBubblewrap([join(root, "none"), join(recent(), "below-a-file")]))
    expect(error.message).toBe("bubblewrap is not installed")
    expect(error.hint).toBe(installCommand())
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

test("the command that installs it is for the package manager that is there", () => {
  const managers = { "apt-get": "/usr/bin/apt-get", dnf: "/usr/bin/dnf", pacman: "/usr/bin/pacman" }
  const present = Object.entries(managers).find(([, path]) => existsSync(path))
  expect(installCommand()).toContain(present?.[0] ?? "bubblewrap")
  expect(installCommand()).toContain("bubblewrap")
})

describe("namespaces", () => {
  test("work here, as every other test needs them", () => {
    expect(trial(findBubblewrap())).toEqual({ works: true, said: "" })
    expect(() => requireNamespaces(findBubblewrap(), process.getuid?.() ?? 0)).not.toThrow()
  })

  test("that a program does not make are told with what it said", () => {
    const path = join(root, "refusing")
    writeFileSync(path, "#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n", { mode: 0o755 })
    expect(trial({ path, version: "0.8.0" })).toEqual({ works: false, said: "bwrap: No permissions" })
  })

  test("an obstacle has a cause and the command that lifts it", () => {
    for (const uid of [0, 1000]) {
      const obstacle = namespaceObstacle(uid)
      if (obstacle === undefined) continue
      expect(obstacle.cause).not.toBe("")
      expect(obstacle.fix).not.toBe("")
    }
  })
})
