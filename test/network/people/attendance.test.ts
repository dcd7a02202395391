/** Whom a question reaches: a terminal, a desktop, or nobody. Terminals are real ones. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findNotifier } from "../../../src/network/people/attendance.ts"
import { root } from "../../source-code.ts"
import { run } from "../../support/process.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-attendance-"))
const program = join(directory, "notify-send")
beforeAll(() => {
  writeFileSync(program, "", { mode: 0o755 })
  writeFileSync(join(directory, "bus"), "")
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const bus = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/user/1/bus" }

describe("a desktop", () => {
  test.each([
    { DISPLAY: ":0", ...bus },
    { WAYLAND_DISPLAY: "wayland-0", ...bus },
    { DISPLAY: ":0", XDG_RUNTIME_DIR: directory },
  ])("is where there is a display and a bus: %j", environment => {
    expect(findNotifier(environment, [join(directory, "missing"), program])).toBe(program)
  })

  test.each([
    {},
    { DISPLAY: ":0" },
    { DISPLAY: "", ...bus },
    bus,
    { DISPLAY: ":0", XDG_RUNTIME_DIR: "/dev/null" },
    { XDG_RUNTIME_DIR: directory },
  ])("is not where one of them is missing: %j", environment => {
    expect(findNotifier(environment, [program])).toBeUndefined()
  })

  test("is not where nothing shows notices", () => {
    expect(findNotifier({ DISPLAY: ":0", ...bus }, ["/dev/null/notify-send"])).toBeUndefined()
  })

  test("is not looked for in the PATH, which may lead to what the sandbox wrote", () => {
    const environment = { DISPLAY: ":0", ...bus, PATH: directory }
    expect(findNotifier(environment)).not.toBe(program)
  })
})

describe("a terminal", () => {
  const look = `
    import { hasTerminal } from ${JSON.stringify(join(root, "src/network/people/attendance.ts"))}
    console.log("terminal: " + hasTerminal())`
  const env = { PATH: "/usr/bin:/bin", TERM: "dumb", CODE: look }

  test("is there for who was started on one, whatever its streams are", async () => {
    const command = `'${process.execPath}' -e "$CODE" </dev/null 2>/dev/null | cat`
    const words = ["script", "-q", "-e", "-c", command, "/dev/null"]
    expect((await run(words, { cwd: root, env })).stdout).toContain("terminal: true")
  })

  test("is not there for who has a session without one", async () => {
    const words = ["setsid", "-w", process.execPath, "-e", look]
    expect((await run(words, { cwd: root, env })).stdout).toContain("terminal: false")
  })
})
