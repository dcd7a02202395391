/** Whether a program at the terminal reads keys or lines, on a real terminal. */
import { describe, expect, test } from "bun:test"
import { closeSync, openSync } from "node:fs"
import { join } from "node:path"
import { readsKeys } from "../../src/kernel/terminal-mode.ts"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

const look = `
import { readsKeys } from ${JSON.stringify(join(root, "src/kernel/terminal-mode.ts"))}
console.log("keys: " + readsKeys(2))`

/** What is seen on a terminal of its own, in this state (stty(1)). */
async function seenAfter(settings: string): Promise<string> {
  const command = `stty ${settings}; '${process.execPath}' -e "$CODE"; stty sane`
  const words = [Bun.which("script") ?? "/usr/bin/script", "-q", "-e", "-c", command, "/dev/null"]
  const { stdout } = await run(words, {
    cwd: root,
    env: { PATH: "/usr/bin:/bin", TERM: "xterm", CODE: look },
  })
  return /keys: (\w+)/.exec(stdout)?.[1] ?? stdout
}

describe("a terminal", () => {
  test("whose program waits for lines reads no keys", async () => {
    expect(await seenAfter("sane")).toBe("false")
  })

  test.each(["raw", "-icanon", "cbreak"])("in the state %s reads keys", async state => {
    expect(await seenAfter(state)).toBe("true")
  })

  test("without echo alone does not: passwords are lines", async () => {
    expect(await seenAfter("-echo")).toBe("false")
  })
})

describe("what is no terminal", () => {
  test.each(["/dev/null", "/etc/passwd"])("%s is told as such", path => {
    const descriptor = openSync(path, "r")
    expect(readsKeys(descriptor)).toBeUndefined()
    closeSync(descriptor)
  })

  test("so is a descriptor that is not open", () => {
    expect(readsKeys(-1)).toBeUndefined()
  })
})
