/** Cordon's own files: where they lie, and a list of trusted policies that is never guessed at. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { readTrust, writeTrust } from "../../src/host/state-directory.ts"
import { xdgDirectories } from "../../src/host/xdg-directories.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-state-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let serial = 0
const fresh = () => join(root, String(serial++))

/** A state directory whose list holds this text. */
function listWith(text: string): string {
  const state = fresh()
  mkdirSync(join(state, "cordon"), { recursive: true })
  writeFileSync(join(state, "cordon/trusted-policies.json"), text)
  return state
}

describe("XDG directories", () => {
  test("have their defaults below the home", () => {
    expect(xdgDirectories("/h", {})).toEqual({
      XDG_CACHE_HOME: "/h/.cache",
      XDG_CONFIG_HOME: "/h/.config",
      XDG_DATA_HOME: "/h/.local/share",
      XDG_STATE_HOME: "/h/.local/state",
    })
  })

  test("are where the variables say, each for itself", () => {
    const environment = { XDG_CONFIG_HOME: "/data/config", XDG_STATE_HOME: "/var/state" }
    expect(xdgDirectories("/h", environment)).toMatchObject({
      XDG_CACHE_HOME: "/h/.cache",
      XDG_CONFIG_HOME: "/data/config",
      XDG_STATE_HOME: "/var/state",
    })
  })

  test.each(["", "relative", "./x", "~/x"])('ignore "%s", which is not absolute', value => {
    expect(xdgDirectories("/h", { XDG_CACHE_HOME: value }).XDG_CACHE_HOME).toBe("/h/.cache")
  })

  test("are spelled in one way, whatever the variable's spelling", () => {
    const { XDG_CONFIG_HOME, XDG_DATA_HOME } = xdgDirectories("/h", {
      XDG_CONFIG_HOME: "/data/config/",
      XDG_DATA_HOME: "/data/x/../share",
    })
    expect([XDG_CONFIG_HOME, XDG_DATA_HOME]).toEqual(["/data/config", "/data/share"])
  })
})

describe("the list of trusted policies", () => {
  test("is empty when there is none, and reading makes nothing", () => {
    const state = fresh()
    mkdirSync(state)
    expect(readTrust(state)).toEqual({})
    expect(readdirSync(state)).toEqual([])
  })

  test("keeps what was written, adds to it and replaces by path", () => {
    const state = fresh()
    writeTrust(state, "/p/.cordon.yaml", "one")
    writeTrust(state, "/q/.cordon.yaml", "two")
    writeTrust(state, "/p/.cordon.yaml", "three")
    expect(readTrust(state)).toEqual({ "/p/.cordon.yaml": "three", "/q/.cordon.yaml": "two" })
  })

  test("leaves nothing beside it when there is no room for it", () => {
    const state = fresh()
    writeTrust(state, "/p", "one")
    const source = join(import.meta.dir, "../../src/host/state-directory.ts")
    const code = `import { writeTrust } from ${JSON.stringify(source)}; writeTrust(${JSON.stringify(state)}, "/q", "two")`
    const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" -e "$1"`
    const { exitCode } = Bun.spawnSync(["bash", "-c", limited, process.execPath, code])
    expect(exitCode).not.toBe(0)
    expect(readdirSync(join(state, "cordon"))).toEqual(["trusted-policies.json"])
    expect(readTrust(state)).toEqual({ "/p": "one" })
  })

  test("is nobody else's to read, and is replaced as a whole", () => {
    const state = fresh()
    writeTrust(state, "/p", "one")
    const directory = join(state, "cordon")
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, "trusted-policies.json")).mode & 0o777).toBe(0o600)
    const before = statSync(join(directory, "trusted-policies.json")).ino
    writeTrust(state, "/q", "two")
    expect(statSync(join(directory, "trusted-policies.json")).ino).not.toBe(before)
    expect(readdirSync(directory)).toEqual(["trusted-policies.json"])
  })

  test.each([
    "",
    "{",
    "null",
    "[]",
    "1",
    "{}",
    '{"version":2,"policies":{}}',
    '{"version":1}',
    '{"version":1,"policies":null}',
    '{"version":1,"policies":{"/p":1}}',
    '{"version":1,"policies":["a",2]}',
  ])("that is broken stops the run: %s", text => {
    const state = listWith(text)
    expect(() => readTrust(state)).toThrow(UserError)
    expect(() => readTrust(state)).toThrow("is broken")
    expect(() => writeTrust(state, "/p", "one")).toThrow(UserError)
    expect(readFileSync(join(state, "cordon/trusted-policies.json"), "utf8")).toBe(text)
  })

  test("that cannot be read stops the run", () => {
    const state = fresh()
    mkdirSync(join(state, "cordon/trusted-policies.json"), { recursive: true })
    expect(() => readTrust(state)).toThrow("cannot be read")
  })

  test("that is whole is read", () => {
    expect(readTrust(listWith('{"version":1,"policies":{"/p":"h"}}'))).toEqual({ "/p": "h" })
  })
})
