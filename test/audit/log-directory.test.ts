/** Where logs lie, what they are called, and which are removed. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { logDirectory, newLogPath, pruneLogs, sessionLogs } from "../../src/audit/log-directory.ts"
import { controlPrefix } from "../../src/host/control-name.ts"
import { listen } from "../support/listener.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-logs-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let serial = 0
/** A state directory of its own, with logs that were begun and written to at these times. */
function stateWith(logs: readonly { session: string; begun: Date; written?: Date }[]): string {
  const state = join(root, String(serial++))
  mkdirSync(logDirectory(state), { recursive: true })
  for (const { session, begun, written = begun } of logs) {
    const path = newLogPath(state, session, begun)
    writeFileSync(path, "{}\n")
    utimesSync(path, written, written)
  }
  return state
}

const now = new Date("2025-11-21T14:45:01.250Z")
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
const uuid = () => crypto.randomUUID()

describe("names", () => {
  test("tell time and session, and sort by time", () => {
    expect(newLogPath("/s", "abc", now)).toBe("/s/cordon/sessions/20251121T144501.250Z-abc.jsonl")
    expect(newLogPath("/s", "abc", ago(1)) < newLogPath("/s", "abc", now)).toBe(true)
  })

  test("are found again, newest first", () => {
    const [old, young] = [uuid(), uuid()]
    const state = stateWith([
      { session: old, begun: ago(3) },
      { session: young, begun: ago(1) },
    ])
    expect(sessionLogs(state).map(({ session }) => session)).toEqual([young, old])
    expect(sessionLogs(state)[0]).toEqual({
      session: young,
      time: "20251120T144501.250Z",
      path: newLogPath(state, young, ago(1)),
    })
  })

  test("of sessions of the same second, too", () => {
    const begun = [250, 249, 251].map(milliseconds => new Date(now.getTime() - 250 + milliseconds))
    const sessions = begun.map(time => ({ session: uuid(), begun: time }))
    const [middle, first, last] = sessions.map(({ session }) => session)
    expect(sessionLogs(stateWith(sessions)).map(({ session }) => session)).toEqual(
      [last, middle, first].flatMap(session => session ?? []),
    )
  })

  test.each([
    "notes.txt",
    "20251121T144501.250Z-.jsonl",
    "x-abc.jsonl",
    "20251121T144501.250Z-a b.jsonl",
    "..",
    ".jsonl",
  ])("%s is no log", name => {
    const state = stateWith([])
    if (name !== "..") writeFileSync(join(logDirectory(state), name), "")
    expect(sessionLogs(state)).toEqual([])
  })

  test("there are none where there is no directory", () => {
    expect(sessionLogs(join(root, "missing"))).toEqual([])
  })
})

describe("old logs", () => {
  const left = (state: string) => sessionLogs(state).map(({ session }) => session)

  test("of more than 30 days go, younger ones stay", () => {
    const [old, young] = [uuid(), uuid()]
    const state = stateWith([
      { session: old, begun: ago(31) },
      { session: young, begun: ago(29) },
    ])
    pruneLogs(state, now)
    expect(left(state)).toEqual([young])
  })

  test("count from their last event, not from their first", () => {
    const long = uuid()
    const state = stateWith([{ session: long, begun: ago(60), written: ago(2) }])
    pruneLogs(state, now)
    expect(left(state)).toEqual([long])
  })

  test("beyond the newest make room: with the next one there are 200", () => {
    const logs = Array.from({ length: 230 }, (_, index) => ({ session: uuid(), begun: ago(index / 100) }))
    const state = stateWith(logs)
    pruneLogs(state, now)
    expect(left(state)).toEqual(logs.slice(0, 199).map(({ session }) => session))
  })

  test("of a running session stay, however old", async () => {
    const [running, ended] = [uuid(), uuid()]
    const state = stateWith([
      { session: running, begun: ago(40) },
      { session: ended, begun: ago(40) },
    ])
    await using _ = await listen({ unix: `\0${controlPrefix}${running}` })
    pruneLogs(state, now)
    expect(left(state)).toEqual([running])
  })

  test("are all that is removed", () => {
    const state = stateWith([{ session: uuid(), begun: ago(40) }])
    const other = join(logDirectory(state), "notes.txt")
    writeFileSync(other, "")
    utimesSync(other, ago(400), ago(400))
    pruneLogs(state, now)
    expect(readdirSync(logDirectory(state))).toEqual([basename(other)])
    expect(existsSync(other)).toBe(true)
  })

  test("are removed without complaint when there is nothing", () => {
    expect(() => pruneLogs(join(root, "missing"), now)).not.toThrow()
  })
})
