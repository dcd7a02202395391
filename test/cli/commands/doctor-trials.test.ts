/** Trials make the calls themselves, twice with the same result: they leave nothing behind that a second would meet. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { tryHost } from "../../../src/cli/commands/doctor-trials.ts"
import { landlockAbi } from "../../../src/kernel/landlock.ts"
import { linkTarget } from "../../../src/kernel/path-contents.ts"

const uid = process.getuid?.() ?? 0
const first = tryHost(uid)

/** What is open, by what it leads to; the one that lists them is closed again, and leads nowhere. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap(name => {
    const target = linkTarget(`/proc/self/fd/${name}`)
    return typeof target === "string" ? [`${name} ${target}`] : []
  })
}

/** Lines of proc_pid_status(5) that a filter or no_new_privs would change. */
function confinement(): string[] {
  return readFileSync("/proc/self/status", "utf8")
    .split("\n")
    .filter(line => /^(NoNewPrivs|Seccomp|Seccomp_filters):/.test(line))
}

describe("trials", () => {
  test("give the same every time", () => {
    expect(tryHost(uid)).toEqual(first)
  })

  test("start bubblewrap, as every other test needs it", () => {
    expect(first.bubblewrap).toMatchObject({ works: true, said: "" })
  })

  test("agree with what a launch asks of Landlock", () => {
    expect(first.landlock.abi).toBe(landlockAbi())
    expect(first.landlock.failure === "").toBe(first.landlock.abi > 0)
  })

  test("ask seccomp(2) what the kernel lists", () => {
    const listed = readFileSync("/proc/sys/kernel/seccomp/actions_avail", "utf8").split(/\s+/)
    expect(first.seccomp.action === "").toBe(listed.includes("user_notif"))
    expect(first.seccomp.filter).toBe("")
  })

  test("execute a program in memory", () => {
    const { stdout } = Bun.spawnSync(["cat", "/proc/sys/vm/memfd_noexec"], { stderr: "ignore" })
    const forbidden = ["1", "2"].includes(stdout.toString().trim())
    expect(first.memoryProgram === "").toBe(!forbidden)
  })

  test("leave no descriptor open and no filter installed", () => {
    // What earlier tests left to the garbage collector would be closed in between.
    Bun.gc(true)
    const before = { open: descriptors(), confined: confinement() }
    tryHost(uid)
    expect({ open: descriptors(), confined: confinement() }).toEqual(before)
  })

  test("leave no process behind", () => {
    tryHost(uid)
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
    const commands = children
      .split(" ")
      .filter(id => id !== "")
      .map(id => readFileSync(`/proc/${id}/comm`, "utf8").trim())
    expect(commands).not.toContain("bwrap")
  })
})
