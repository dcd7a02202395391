/** `cordon log`, as a person and a program use it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { EventBody } from "../../../src/audit/event.ts"
import { eventLine } from "../../../src/audit/event-line.ts"
import { logDirectory, newLogPath } from "../../../src/audit/log-directory.ts"
import { eventually, run } from "../../support/process.ts"
import { Session } from "../../support/session.ts"
import { cordonBinary, World } from "../../support/world.ts"

let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world[Symbol.dispose]())

const [old, young] = ["aaaa1111-0000-4000-8000-000000000000", "bbbb2222-0000-4000-8000-000000000000"]
const start: EventBody = {
  kind: "start",
  command: ["agent", "--go"],
  project: "/work/x",
  network: "filtered",
}
const connection: EventBody = {
  kind: "connection",
  process: 4711,
  program: "/usr/bin/curl",
  host: "example.com",
  address: "203.0.113.1",
  port: 443,
  verdict: "allow",
  rule: "allow * (preset, built-in:standard.yaml:20)",
  sent: 512,
  received: 3_400_000,
  milliseconds: 1250,
}
const denied: EventBody = {
  ...connection,
  host: "evil.example",
  verdict: "deny",
  rule: "no rule allows it",
  sent: 0,
}

/** Puts a log where sessions have theirs. */
function logOf(session: string, minutesAgo: number, bodies: readonly EventBody[]): string {
  const state = join(world.home, ".local/state")
  const time = new Date(Date.now() - 60_000 * minutesAgo)
  const path = newLogPath(state, session, time)
  mkdirSync(logDirectory(state), { recursive: true })
  writeFileSync(path, bodies.map(body => eventLine(session, body, time)).join(""))
  return path
}

describe("a log for people", () => {
  test("is that of the newest session: how it began, what it did, how it ended", async () => {
    logOf(old, 10, [start, denied])
    logOf(young, 5, [start, connection, denied, { kind: "end", status: 3, lost: 2 }])
    const { stdout, stderr, code } = await world.cordon(["log"])
    expect([code, stderr]).toEqual([0, ""])
    const lines = stdout.trimEnd().split("\n")
    expect(lines[0]).toMatch(
      /^session bbbb2222, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, network filtered, in \/work\/x: agent --go$/,
    )
    expect(lines[1]).toMatch(/^time +verdict +host +program +sent +received +duration +rule$/)
    expect(lines[2]).toMatch(
      /^\d\d:\d\d:\d\d +allow +example\.com:443 +curl 4711 +512 B +3\.4 MB +1\.3 s +allow \* \(preset, built-in:standard\.yaml:20\)$/,
    )
    expect(lines[3]).toMatch(/^\d\d:\d\d:\d\d +deny +evil\.example:443 .* no rule allows it$/)
    expect(lines[4]).toMatch(/ended with status 3; 2 events could not be written$/)
  })

  test("has its columns in one line, whatever stands in them", async () => {
    logOf(young, 5, [connection, { ...connection, host: "a-longer-name.example.com", program: "/x/node" }])
    const { stdout } = await world.cordon(["log"])
    const places = stdout
      .trimEnd()
      .split("\n")
      .map(line => line.search(/rule$|allow \*/))
    expect(new Set(places).size).toBe(1)
  })

  test.each([
    [
      {
        kind: "ask",
        host: "a.com",
        port: 443,
        program: "/usr/bin/curl",
        answer: "always",
        pattern: "*.a.com",
      },
      /ask +a\.com:443 +curl +always: \*\.a\.com/,
    ],
    [
      { kind: "ask", host: "a.com", port: 443, program: "", answer: "timeout", pattern: "" },
      /ask +a\.com:443 +timeout/,
    ],
    [
      { kind: "rule", verdict: "deny", pattern: "*.a.com", by: "cordon deny" },
      /rule +\*\.a\.com +deny: cordon deny/,
    ],
    [{ ...connection, request: { method: "GET", path: "/repos", status: 200 } }, /GET \/repos 200; allow/],
    [{ ...connection, failure: "no such host" }, /no such host; allow/],
    [{ ...connection, host: "2001:db8::1" }, /\[2001:db8::1\]:443/],
  ] as [EventBody, RegExp][])("shows %j", async (body, shown) => {
    logOf(young, 5, [body])
    expect((await world.cordon(["log"])).stdout).toMatch(shown)
  })

  test("drives no terminal", async () => {
    const hostile = "\u001b[2J\u202e\nforged"
    const path = logOf(young, 5, [start])
    const event = {
      time: new Date().toISOString(),
      session: young,
      ...connection,
      host: hostile,
      program: hostile,
      rule: hostile,
    }
    writeFileSync(path, `${JSON.stringify(event)}\n`)
    const { stdout } = await world.cordon(["log"])
    expect(stdout).not.toMatch(/[\u001b\u202e]/)
    expect(stdout.trimEnd().split("\n")).toHaveLength(2)
    expect(stdout).toContain("\\x1b[2J\\u{202e}\\nforged")
  })

  test("says how many of its lines are none", async () => {
    const path = logOf(young, 5, [connection])
    writeFileSync(path, `${readFileSync(path, "utf8")}not json\n`)
    const { stderr, code } = await world.cordon(["log"])
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 lines of")])
  })
})

describe("which log", () => {
  test("is chosen by the beginning of its session", async () => {
    logOf(old, 10, [denied])
    logOf(young, 5, [connection])
    expect((await world.cordon(["log", "aaaa"])).stdout).toContain("evil.example")
    expect((await world.cordon(["log", "BBBB"])).stdout).toContain("example.com")
  })

  test("must be clear", async () => {
    logOf(old, 10, [denied])
    logOf(old.replace("1111", "2222"), 5, [connection])
    const { stderr, code } = await world.cordon(["log", "aaaa"])
    expect([code, stderr]).toEqual([
      125,
      expect.stringContaining("more than one session with a log begins with"),
    ])
  })

  test("must be there", async () => {
    logOf(old, 10, [denied])
    const { stderr, code } = await world.cordon(["log", "cccc"])
    expect(code).toBe(125)
    expect(stderr).toContain('no session with a log begins with "cccc"')
    expect(stderr).toContain("there are: aaaa1111")
  })

  test("can be a file that --log has written", async () => {
    writeFileSync(join(world.project, "x.jsonl"), eventLine(young, connection))
    for (const word of ["x.jsonl", "./x.jsonl", join(world.project, "x.jsonl")])
      expect((await world.cordon(["log", word])).stdout).toContain("example.com")
  })

  test("is none when there is none", async () => {
    const { stderr, stdout, code } = await world.cordon(["log"])
    expect([code, stdout]).toEqual([125, ""])
    expect(stderr).toContain("there is no session with a log")
  })

  test("lies where XDG_STATE_HOME says", async () => {
    const { stderr } = await world.cordon(["log"], { env: { XDG_STATE_HOME: join(world.home, "state") } })
    expect(stderr).toContain("there is no session with a log")
  })
})

describe("--json", () => {
  test("is one document with every event as it was recorded", async () => {
    const path = logOf(young, 5, [start, connection])
    const { stdout, stderr, code } = await world.cordon(["log", "--json"])
    expect([code, stderr]).toEqual([0, ""])
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({ apiVersion: "cordon/v1", kind: "SessionLog" })
    expect(document.data).toMatchObject({ session: young, file: path, unreadable: 0 })
    const time = document.data.events[0].time
    expect(document.data.events).toEqual([start, connection].map(body => ({ time, session: young, ...body })))
  })

  test("does not go with --follow, which names the file", async () => {
    const path = logOf(young, 5, [start])
    const { stderr, code } = await world.cordon(["log", "--json", "--follow"])
    expect(code).toBe(125)
    expect(stderr).toContain(`tail -f ${path}`)
  })
})

describe("--list", () => {
  test("names the sessions, newest first, and those that run", async () => {
    logOf(old, 10, [start])
    await using session = await Session.start({ home: world.home, rules: ["deny evil.example"] })
    session.ask("x", "example.com")
    await world.cordon(["approve", "example.com", "--deny"])
    const { stdout } = await world.cordon(["log", "--list"])
    const lines = stdout.trimEnd().split("\n")
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(new RegExp(`^${session.id.slice(0, 8)} .* running +agent --go`))
    expect(lines[1]).toMatch(/^aaaa1111 .*\d +agent --go {2}\/work\/x$/)
    const { data } = JSON.parse((await world.cordon(["log", "--list", "--json"])).stdout)
    expect(data.map((log: { session: string; running: boolean }) => [log.session, log.running])).toEqual([
      [session.id, true],
      [old, false],
    ])
  })

  test("is no error when there is none", async () => {
    const { stdout, stderr, code } = await world.cordon(["log", "--list"])
    expect([code, stdout, stderr]).toEqual([0, "", "cordon: there is no session with a log\n"])
  })
})

describe("--follow", () => {
  test("shows what happens, and ends with the session", async () => {
    await using session = await Session.start({ home: world.home })
    session.ask("first", "first.example")
    await session.announces("first.example")
    await world.cordon(["approve", "first.example", "--once"])
    const { outcome } = world.start(["log", "--follow", session.id.slice(0, 6)])
    await Bun.sleep(300)
    await world.cordon(["allow", "later.example"])
    await session.end()
    const { stdout, code } = await outcome
    expect(code).toBe(0)
    expect(stdout).toMatch(/first\.example.*later\.example.*ended with status 0/s)
  })

  test("ends when its reader has seen enough", async () => {
    await using session = await Session.start({ home: world.home })
    await world.cordon(["allow", "a.example"])
    const words = ["sh", "-c", '"$0" log -f | head -1', cordonBinary]
    const following = run(words, { cwd: world.project, env: world.env })
    for (let count = 0; count < 20; count++) {
      await world.cordon(["deny", `h${count}.example`, "--session", session.id])
      if ((await Promise.race([following, Bun.sleep(50)])) !== undefined) break
    }
    expect((await following).stdout).toContain("session ")
  })

  test("of a session that was killed ends as well", async () => {
    const session = await Session.start({ home: world.home })
    await world.cordon(["allow", "a.example"])
    const { outcome } = world.start(["log", "-f"])
    session.signal("SIGKILL")
    const { code, stderr } = await outcome
    expect([code, stderr]).toEqual([0, expect.stringContaining("is gone, without a word about its end")])
    await session[Symbol.asyncDispose]()
  })

  test("of one that has ended shows it and ends", async () => {
    logOf(young, 5, [start, connection, { kind: "end", status: 0 }])
    const { stdout, code } = await world.cordon(["log", "-f"])
    expect([code, stdout]).toEqual([0, expect.stringContaining("ended with status 0")])
  })
})

describe("what means nothing is refused", () => {
  test.each([
    [["log", "a", "b"], "log takes one session"],
    [["log", "--list", "a"], "--list is about all sessions"],
    [["log", "--ro"], "--ro means nothing to cordon log"],
    [["-n", "log"], "-n means nothing to cordon log"],
    [["log", "--folow"], 'did you mean "--follow"'],
    [["log", "--once"], "unknown option --once"],
    [["log", "./missing"], "it does not exist"],
  ])("%j", async (words, why) => {
    const { stderr, stdout, code } = await world.cordon(words)
    expect([code, stdout, stderr]).toEqual([125, "", expect.stringContaining(why)])
  })

  test("inside of a sandbox all of it is", async () => {
    logOf(young, 5, [connection])
    const { stderr, code } = await world.cordon(["log"], { env: { CORDON: "1", CORDON_SESSION: "x" } })
    expect([code, stderr]).toEqual([125, expect.stringContaining("this runs inside")])
  })
})

test("a followed log that is looked at while it is written is never shown in part", async () => {
  const path = logOf(young, 5, [start])
  const { process, outcome } = world.start(["log", "--follow", path])
  const line = eventLine(young, connection)
  await Bun.sleep(250)
  writeFileSync(path, line.slice(0, 50), { flag: "a" })
  await Bun.sleep(250)
  writeFileSync(path, line.slice(50), { flag: "a" })
  writeFileSync(path, eventLine(young, { kind: "end", status: 0 }), { flag: "a" })
  const ended = await eventually(() => (process.exitCode === null ? undefined : true))
  expect(ended).toBe(true)
  expect((await outcome).stdout).toContain("example.com:443")
})
