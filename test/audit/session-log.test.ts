/** The record of a session: made when something happened, for its person alone, and never a reason to end. */
import { afterAll, describe, expect, setSystemTime, test } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EventBody } from "../../src/audit/event.ts"
import { logDirectory, newLogPath, sessionLogs } from "../../src/audit/log-directory.ts"
import { openLogFile } from "../../src/audit/log-file.ts"
import { openSessionLog } from "../../src/audit/session-log.ts"
import { run } from "../support/process.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "cordon-session-log-")))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const start: EventBody = { kind: "start", command: ["npm", "test"], project: "/x", network: "filtered" }
const end: EventBody = { kind: "end", status: 0 }
const rule: EventBody = { kind: "rule", verdict: "allow", pattern: "example.com", by: "cordon allow" }

let serial = 0
const fresh = () => join(root, String(serial++))

/** Records events in a new session. */
function recorded(
  bodies: readonly EventBody[],
  { stateHome = fresh(), logFile = "", bytesMax = 1 << 20 } = {},
) {
  const session = crypto.randomUUID()
  const said: string[] = []
  const file = logFile === "" ? undefined : { descriptor: openLogFile(logFile, () => false), path: logFile }
  const log = openSessionLog({ session, stateHome, file, tell: text => said.push(text), bytesMax })
  for (const body of bodies) log.record(body)
  log.close()
  return { session, stateHome, said, kinds: kindsIn(stateHome) }
}

function kindsIn(stateHome: string): string[] {
  const [log] = sessionLogs(stateHome)
  return log === undefined ? [] : kindsOf(log.path)
}

function kindsOf(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(line => line !== "")
    .map(line => JSON.parse(line).kind)
}

describe("our own log", () => {
  test("is not made when nothing happened", () => {
    const { stateHome, said } = recorded([start, end])
    expect(existsSync(stateHome)).toBe(false)
    expect(said).toEqual([])
  })

  test("is not made by opening it either", () => {
    const { stateHome } = recorded([])
    expect(existsSync(stateHome)).toBe(false)
  })

  test("begins with how the session was started, when something happened", () => {
    expect(recorded([start, rule, end]).kinds).toEqual(["start", "rule", "end"])
  })

  test("has the time of the start, and not of the first event", async () => {
    const stateHome = fresh()
    const log = openSessionLog({ session: "s", stateHome, file: undefined, tell: () => undefined })
    log.record(start)
    const before = Date.now()
    await Bun.sleep(30)
    log.record(rule)
    log.close()
    const [first = ""] = readFileSync(sessionLogs(stateHome)[0]?.path ?? "", "utf8").split("\n")
    expect(Date.parse(JSON.parse(first).time)).toBeLessThanOrEqual(before)
  })

  test("does without a start", () => {
    expect(recorded([rule]).kinds).toEqual(["rule"])
  })

  test("is its person's alone, and so are the directories", () => {
    const { session, stateHome } = recorded([rule])
    const directory = logDirectory(stateHome)
    const [name = ""] = readdirSync(directory)
    expect(name).toMatch(new RegExp(`^\\d{8}T\\d{6}\\.\\d{3}Z-${session}\\.jsonl$`))
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
    for (const path of [stateHome, join(stateHome, "cordon"), directory])
      expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  test("is one file a session, beside those of others", () => {
    const stateHome = fresh()
    const sessions = [1, 2].map(() => recorded([rule], { stateHome }).session)
    expect(
      sessionLogs(stateHome)
        .map(({ session }) => session)
        .sort(),
    ).toEqual(sessions.sort())
  })

  test("makes room for itself: what is too old goes", () => {
    const stateHome = fresh()
    const old = newLogPath(stateHome, crypto.randomUUID(), new Date(0))
    mkdirSync(logDirectory(stateHome), { recursive: true })
    writeFileSync(old, "")
    expect(Bun.spawnSync(["touch", "-d", "1970-01-02", old]).exitCode).toBe(0)
    recorded([rule], { stateHome })
    expect(existsSync(old)).toBe(false)
    expect(sessionLogs(stateHome)).toHaveLength(1)
  })

  test("follows no link that somebody put where it is made", () => {
    const stateHome = fresh()
    const victim = fresh()
    writeFileSync(victim, "")
    mkdirSync(logDirectory(stateHome), { recursive: true })
    const session = crypto.randomUUID()
    const said: string[] = []
    // The name has the millisecond in it.
    const now = new Date()
    symlinkSync(victim, newLogPath(stateHome, session, now))
    setSystemTime(now)
    try {
      const log = openSessionLog({ session, stateHome, file: undefined, tell: text => said.push(text) })
      log.record(rule)
      log.close()
    } finally {
      setSystemTime()
    }
    expect(readFileSync(victim, "utf8")).toBe("")
    expect(said.join()).toContain("EEXIST")
  })

  test("has a bound", () => {
    const { said, stateHome } = recorded([start, ...Array<EventBody>(50).fill(rule), end], { bytesMax: 1000 })
    expect(said).toHaveLength(1)
    expect(kindsIn(stateHome).at(-1)).toBe("end")
    expect(statSync(sessionLogs(stateHome)[0]?.path ?? "").size).toBeLessThan(1200)
  })
})

describe("a log that cannot be made", () => {
  test("is said once, with the reason, and the session goes on", () => {
    const stateHome = fresh()
    writeFileSync(stateHome, "")
    const { said } = recorded([start, rule, rule, end], { stateHome })
    expect(said).toHaveLength(1)
    expect(said[0]).toContain("cannot be made (ENOTDIR): what happens is not recorded")
  })

  test("says nothing when there was nothing to record", () => {
    const stateHome = fresh()
    writeFileSync(stateHome, "")
    expect(recorded([start, end], { stateHome }).said).toEqual([])
  })

  const asRoot = process.getuid?.() === 0
  test.skipIf(asRoot)(
    `is said where it may not be written [skipped when root, whom modes do not stop]`,
    () => {
      const stateHome = fresh()
      mkdirSync(stateHome, { mode: 0o500 })
      expect(recorded([rule], { stateHome }).said.join()).toContain("EACCES")
      chmodSync(stateHome, 0o700)
    },
  )
})

describe("where no descriptor is left for a while", () => {
  const checkout = join(import.meta.dir, "../..")
  /** What happens between taking all descriptors and giving them back, and after that. */
  const recordedWithout = async (events: number) => {
    const stateHome = fresh()
    const script = `
      import { closeSync, openSync } from "node:fs"
      import { openSessionLog } from ${JSON.stringify(join(checkout, "src/audit/session-log.ts"))}
      import { Tidying } from ${JSON.stringify(join(checkout, "src/supervise/tidying.ts"))}
      const [stateHome, events] = process.argv.slice(1)
      const log = openSessionLog({ session: "s", stateHome, file: undefined, tell: console.error })
      log.record({ kind: "start", command: ["x"], project: "/x", network: "filtered" })
      const taken = []
      try { for (;;) taken.push(openSync("/dev/null", "r")) } catch (cause) { if (cause.code !== "EMFILE") throw cause }
      for (let count = 0; count < Number(events); count++)
        log.record({ kind: "rule", verdict: "deny", pattern: "p" + count, by: "y" })
      const tidying = new Tidying()
      for (let event = 0; event < 500; event++) tidying.happened()
      tidying.close()
      for (const descriptor of taken) closeSync(descriptor)
      log.record({ kind: "end", status: 0 })
      log.close()`
    const words = ["bash", "-c", 'ulimit -n 256; exec "$@"', "bash", process.execPath, "-e", script]
    const { code, stderr } = await run([...words, stateHome, String(events)], {
      cwd: checkout,
      env: { PATH: "/usr/bin:/bin" },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const [log] = sessionLogs(stateHome)
    return readFileSync(log?.path ?? "", "utf8")
      .trim()
      .split("\n")
  }

  test("what happened is recorded when there is one again", async () => {
    const lines = (await recordedWithout(3)).map(line => JSON.parse(line))
    expect(lines.map(({ kind, pattern }) => pattern ?? kind)).toEqual(["start", "p0", "p1", "p2", "end"])
  })

  test("only so much of it, and the rest is counted", async () => {
    const lines = (await recordedWithout(500)).map(line => JSON.parse(line))
    expect(lines).toHaveLength(201)
    expect(lines.at(-1)).toMatchObject({ kind: "end", lost: 301 })
  })
})

describe("the log that was asked for", () => {
  test("has everything, that nothing else happened too", () => {
    const logFile = fresh()
    const { stateHome } = recorded([start, end], { logFile })
    expect(kindsOf(logFile)).toEqual(["start", "end"])
    expect(existsSync(stateHome)).toBe(false)
  })

  test("is written beside our own", () => {
    const logFile = fresh()
    const { kinds } = recorded([start, rule, end], { logFile })
    expect(kindsOf(logFile)).toEqual(["start", "rule", "end"])
    expect(kinds).toEqual(["start", "rule", "end"])
  })

  test("has each event when it happens", () => {
    const path = fresh()
    const file = { descriptor: openLogFile(path, () => false), path }
    const log = openSessionLog({ session: "s", stateHome: fresh(), file, tell: () => undefined })
    log.record(start)
    expect(kindsOf(path)).toEqual(["start"])
    log.record(rule)
    expect(kindsOf(path)).toEqual(["start", "rule"])
    log.close()
  })

  test("has no bound, and is there when our own cannot be", () => {
    const stateHome = fresh()
    writeFileSync(stateHome, "")
    const logFile = fresh()
    recorded([start, ...Array<EventBody>(20).fill(rule), end], { stateHome, logFile, bytesMax: 100 })
    expect(kindsOf(logFile)).toHaveLength(22)
  })

  test("goes on after an earlier session's", () => {
    const logFile = fresh()
    const sessions = [1, 2].map(() => recorded([start, end], { logFile }).session)
    const lines = readFileSync(logFile, "utf8").trim().split("\n")
    expect(lines.map(line => JSON.parse(line).session)).toEqual(
      sessions.flatMap(session => [session, session]),
    )
  })
})
