/** Appending to a log, on a disk that has room and on one that has none. */
import { afterAll, describe, expect, test } from "bun:test"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EventBody } from "../../src/audit/event.ts"
import { LogWriter } from "../../src/audit/log-writer.ts"
import { LogReader } from "../../src/audit/read-log.ts"
import { root as checkout } from "../source-code.ts"
import { run } from "../support/process.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-log-writer-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const time = new Date()
const rule: EventBody = { kind: "rule", verdict: "deny", pattern: "example.com", by: "cordon deny" }
const end: EventBody = { kind: "end", status: 3 }

let serial = 0
/** A writer for a file of its own, what it said, and what it wrote. */
function writerFor(bytesMax = 1 << 20) {
  const path = join(root, String(serial++))
  const said: string[] = []
  const descriptor = openSync(path, "a")
  const writer = new LogWriter({
    session: "s",
    file: { descriptor, path },
    tell: text => said.push(text),
    bytesMax,
  })
  return { writer, said, lines: () => readFileSync(path, "utf8").split("\n").slice(0, -1) }
}

describe("a log with room", () => {
  test("gets a line for each event, in order, and nothing is said", () => {
    const { writer, said, lines } = writerFor()
    for (const body of [rule, end]) writer.write({ body, time })
    expect(lines().map(line => JSON.parse(line).kind)).toEqual(["rule", "end"])
    expect(said).toEqual([])
  })

  test("has each line at once: nothing waits for a close", () => {
    const { writer, lines } = writerFor()
    writer.write({ body: rule, time })
    expect(lines()).toHaveLength(1)
    writer.close()
  })

  test("counts nothing as lost", () => {
    const { writer, lines } = writerFor()
    writer.write({ body: end, time })
    expect(JSON.parse(lines()[0] ?? "")).not.toHaveProperty("lost")
  })

  test("gets each event by one write(2), so that two sessions can share it", async () => {
    const path = join(root, "shared")
    const write = `
      import { openSync } from "node:fs"
      import { LogWriter } from ${JSON.stringify(join(checkout, "src/audit/log-writer.ts"))}
      const file = { path: "x", descriptor: openSync(process.argv[1], "a") }
      const writer = new LogWriter({ session: process.argv[2], file, tell: console.error, bytesMax: Infinity })
      const body = { kind: "rule", verdict: "deny", pattern: "x".repeat(400), by: "y" }
      for (let count = 0; count < 2000; count++) writer.write({ body, time: new Date() })`
    const runs = ["a", "b"].map(name =>
      run([process.execPath, "-e", write, path, name], { cwd: checkout, env: { PATH: "/usr/bin:/bin" } }),
    )
    for (const { stderr, code } of await Promise.all(runs)) expect([code, stderr]).toEqual([0, ""])
    using reader = new LogReader(path)
    const sessions = [...reader.events()].map(({ session }) => session)
    expect(reader.broken).toBe(0)
    expect(["a", "b"].map(name => sessions.filter(session => session === name).length)).toEqual([2000, 2000])
  })
})

describe("a log that has its most", () => {
  test("takes no more, says it once, and still takes the end with what was lost", () => {
    const { writer, said, lines } = writerFor(300)
    for (let count = 0; count < 10; count++) writer.write({ body: rule, time })
    writer.write({ body: end, time })
    const written = lines().map(line => JSON.parse(line))
    expect(written.filter(({ kind }) => kind === "rule")).toHaveLength(2)
    expect(written.at(-1)).toMatchObject({ kind: "end", status: 3, lost: 8 })
    expect(said).toHaveLength(1)
    expect(said[0]).toContain("cannot be continued")
  })
})

describe("a full disk", () => {
  test("ends nothing, is said once, and names the file", () => {
    const said: string[] = []
    const descriptor = openSync("/dev/full", "w")
    const writer = new LogWriter({
      session: "s",
      file: { descriptor, path: "/logs/\u001b[2J" },
      tell: text => said.push(text),
      bytesMax: 1 << 20,
    })
    for (let count = 0; count < 5; count++) writer.write({ body: rule, time })
    closeSync(descriptor)
    expect(said).toEqual([
      "the log /logs/\\x1b[2J cannot be continued: no space is left on the device; what happens now is not recorded",
    ])
  })

  test("leaves a line in part; what comes once there is room again is whole", async () => {
    const path = join(root, "torn")
    // With a limit on the size of files, the kernel takes what fits of a line, and of the next nothing (setrlimit(2)).
    const write = `
      import { openSync, truncateSync } from "node:fs"
      import { LogWriter } from ${JSON.stringify(join(checkout, "src/audit/log-writer.ts"))}
      const path = process.argv[1]
      const file = { path, descriptor: openSync(path, "a") }
      const writer = new LogWriter({ session: "s", file, tell: console.error, bytesMax: Infinity })
      const write = body => writer.write({ body, time: new Date() })
      for (let count = 0; count < 12; count++) write({ kind: "rule", verdict: "deny", pattern: "p" + count, by: "y" })
      truncateSync(path, 200)
      write({ kind: "end", status: 0 })`
    const words = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", process.execPath, "-e", write, path]
    const { code, stderr } = await run(words, { cwd: checkout, env: { PATH: "/usr/bin:/bin" } })
    expect(code).toBe(0)
    expect(stderr.split("cannot be continued")).toHaveLength(2)
    using reader = new LogReader(path)
    const events = [...reader.events()]
    expect(events[0]).toMatchObject({ kind: "rule", pattern: "p0" })
    const last = events.at(-1)
    expect(last?.kind).toBe("end")
    expect(last?.kind === "end" && (last.lost ?? 0)).toBeGreaterThan(0)
    expect(reader.broken).toBe(1)
  })
})
