/** Reading logs, those too that somebody else has written to. */
import { afterAll, describe, expect, test } from "bun:test"
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as fc from "fast-check"
import { eventLine } from "../../src/audit/event-line.ts"
import { LogReader, parseEvent } from "../../src/audit/read-log.ts"
import { UserError } from "../../src/base/error.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-read-log-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const rule = (pattern: string) =>
  eventLine("s", { kind: "rule", verdict: "deny", pattern, by: "cordon deny" })

let serial = 0
function fileWith(text: string): string {
  const path = join(root, String(serial++))
  writeFileSync(path, text)
  return path
}

function read(text: string) {
  using reader = new LogReader(fileWith(text))
  const events = [...reader.events()]
  return {
    patterns: events.map(event => (event.kind === "rule" ? event.pattern : event.kind)),
    broken: reader.broken,
  }
}

describe("a log", () => {
  test("is read line by line", () => {
    expect(read(rule("a") + rule("b"))).toEqual({ patterns: ["a", "b"], broken: 0 })
  })

  test("that is empty has no events", () => {
    expect(read("")).toEqual({ patterns: [], broken: 0 })
  })

  test("of many events is read whole", () => {
    const count = 20_000
    const { patterns, broken } = read(Array.from({ length: count }, (_, index) => rule(`p${index}`)).join(""))
    expect([patterns.length, patterns.at(-1), broken]).toEqual([count, `p${count - 1}`, 0])
  })

  test("that grows gives what is new, and a line once it is whole", () => {
    const path = fileWith(rule("a"))
    using reader = new LogReader(path)
    const patterns = () => [...reader.events()].map(event => (event.kind === "rule" ? event.pattern : ""))
    expect(patterns()).toEqual(["a"])
    expect(patterns()).toEqual([])
    const line = rule("b")
    appendFileSync(path, line.slice(0, 10))
    expect(patterns()).toEqual([])
    appendFileSync(path, line.slice(10) + rule("c"))
    expect(patterns()).toEqual(["b", "c"])
    expect(reader.broken).toBe(0)
  })
})

describe("what is no event is counted and left out", () => {
  const good = JSON.parse(rule("a"))
  const changed = (change: object) => JSON.stringify({ ...good, ...change })

  test.each([
    "not json",
    "{",
    "null",
    "[]",
    '"text"',
    "{}",
    changed({ kind: "other" }),
    changed({ kind: "__proto__" }),
    changed({ time: "yesterday" }),
    changed({ time: 5 }),
    changed({ session: null }),
    changed({ verdict: "maybe" }),
    changed({ pattern: ["a"] }),
    changed({ pattern: undefined }),
  ])("%s", line => {
    expect(parseEvent(line)).toBeUndefined()
    expect(read(`${rule("a")}${line}\n${rule("b")}`)).toEqual({ patterns: ["a", "b"], broken: 1 })
  })

  test("what a later version adds to an event is not in the way", () => {
    expect(parseEvent(changed({ more: 1 }))).toEqual(good)
  })

  test("a line longer than any of ours, and the next is read", () => {
    const { patterns, broken } = read(`${"x".repeat(3 << 20)}\n${rule("b")}`)
    expect([patterns, broken]).toEqual([["b"], 1])
  })

  test("an end in the middle of a line is not one yet", () => {
    expect(read(rule("a") + rule("b").slice(0, -5))).toEqual({ patterns: ["a"], broken: 0 })
  })

  test("whatever a file holds, reading ends and throws nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), bytes => {
        const path = fileWith("")
        writeFileSync(path, bytes)
        using reader = new LogReader(path)
        expect([...reader.events()]).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

describe("what cannot be read is refused with a reason", () => {
  const message = (path: string) => {
    try {
      new LogReader(path)[Symbol.dispose]()
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      return (error as UserError).message
    }
    return "read"
  }

  test("a file that is not there", () => {
    expect(message(join(root, "missing"))).toContain("it does not exist")
  })

  test("a directory", () => {
    const path = join(root, "directory")
    mkdirSync(path)
    expect(message(path)).toContain("not a regular file")
  })

  test("a FIFO, without waiting", () => {
    const path = join(root, "fifo")
    expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0)
    expect(message(path)).toContain("not a regular file")
  })

  test("a name that is meant for the terminal", () => {
    expect(message(join(root, "\u001b[2J"))).toContain("\\x1b[2J")
  })

  test("and what can be read is read", () => {
    expect(message(fileWith(rule("a")))).toBe("read")
  })
})
