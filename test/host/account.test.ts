/** Who runs this, and which homes are other people's. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { readAccount } from "../../src/host/account.ts"
import { createPathFacts } from "../../src/host/path-facts.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-account-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
mkdirSync(join(root, "real/home"), { recursive: true })
symlinkSync("real/home", join(root, "home"))
symlinkSync("circle", join(root, "circle"))
writeFileSync(join(root, "file"), "")
Bun.spawnSync(["mkfifo", join(root, "pipe")])

const account = (environment: Record<string, string | undefined>) =>
  readAccount(environment, createPathFacts())

describe("the account", () => {
  test("is that of the process", () => {
    const said = (option: string) => Bun.spawnSync(["id", option]).stdout.toString().trim()
    expect(account({ HOME: root })).toMatchObject({ uid: Number(said("-u")), user: said("-un") })
  })

  test("has the home that HOME names: as written, and where it is", () => {
    expect(account({ HOME: join(root, "home") })).toMatchObject({
      home: join(root, "real/home"),
      homeSpelled: join(root, "home"),
    })
    expect(account({ HOME: `${root}/home/../home/` }).homeSpelled).toBe(join(root, "home"))
  })

  test("has the home of the account when HOME is missing or empty", () => {
    const home = realpathSync(userInfo().homedir)
    expect(account({}).home).toBe(home)
    expect(account({ HOME: "" }).home).toBe(home)
  })

  test("may have a home that does not exist yet", () => {
    expect(account({ HOME: join(root, "none") }).home).toBe(join(root, "none"))
  })

  test.each(["/", "//", "/.", "/tmp/..", "relative", "~"])("has no home at all in %s", home => {
    expect(() => account({ HOME: home })).toThrow(UserError)
    expect(() => account({ HOME: home })).toThrow("which cannot be one")
  })

  test.each([
    ["file", "which is a file"],
    ["pipe", "which is not a directory"],
    ["circle", "which cannot be reached"],
    ["file/deep/er", "but ROOT/file/deep above it is not a directory"],
  ])("has no home in what cannot be a directory: %s", (name, why) => {
    const home = join(root, name)
    const said = `the home directory is "${home}", ${why.replace("ROOT/file/deep", join(root, "file"))}`
    expect(() => account({ HOME: home })).toThrow(said)
  })

  test("is told its own home where HOME names another", () => {
    const hint = (home: string) => {
      try {
        return account({ HOME: home }).home
      } catch (error) {
        if (error instanceof UserError) return error.hint
        throw error
      }
    }
    const own = userInfo().homedir
    expect(hint(join(root, "file"))).toBe(`set HOME to your home directory: export HOME=${own}`)
    expect(hint(own)).toBe(realpathSync(own))
  })

  test("has no home in a link to the root", () => {
    symlinkSync("/", join(root, "top"))
    expect(() => account({ HOME: join(root, "top") })).toThrow(UserError)
  })
})

describe("other homes", () => {
  const homes = (home: string) => account({ HOME: home }).otherHomes

  test("are where people's homes lie, root's too", () => {
    const others = homes(join(root, "home"))
    expect(others).toContain(realpathSync("/home"))
    if (userInfo().homedir !== "/root") expect(others).toContain("/root")
  })

  test("are not one's own, nor one that holds one's own, but for /home itself", () => {
    const mine = realpathSync(userInfo().homedir)
    expect(homes(mine)).not.toContain(mine)
    expect(homes("/root/nested")).not.toContain("/root")
    expect(homes("/home/somebody")).toContain("/home")
  })

  test("are never the system's directories, which accounts without a home name", () => {
    for (const path of homes(join(root, "home"))) {
      expect(path).not.toBe("/")
      expect(path).not.toMatch(/^\/(bin|sbin|usr|etc|var|dev|proc|opt|srv|run|tmp)(\/|$)/)
    }
  })

  test("exist, once each", () => {
    const others = homes(join(root, "home"))
    expect(others.map(path => realpathSync(path))).toEqual(others)
    expect(new Set(others).size).toBe(others.length)
  })
})
