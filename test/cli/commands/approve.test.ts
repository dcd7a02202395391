/** `cordon approve`, `allow` and `deny` against running sessions, in words and at a terminal. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Session } from "../../support/session.ts"
import { Terminal } from "../../support/terminal.ts"
import { cordonBinary, World } from "../../support/world.ts"

let world: World
let session: Session
beforeEach(async () => {
  world = new World()
  session = await Session.start({ home: world.home, rules: ["deny bad.example"] })
})
afterEach(async () => {
  await session[Symbol.asyncDispose]()
  world[Symbol.dispose]()
})

/** A program asks for a host, and its question waits. */
async function asked(host: string, port = 443): Promise<void> {
  session.ask(host, host, port)
  await session.announces(host)
}

const policy = () => readFileSync(session.settings.policyFile, "utf8")
function writePolicy(text: string): void {
  mkdirSync(dirname(session.settings.policyFile), { recursive: true })
  writeFileSync(session.settings.policyFile, text)
}

describe("what waits", () => {
  test("is listed with who asks, and for how long", async () => {
    await asked("api.example.com")
    const { stdout, code } = await world.cordon(["approve"])
    expect(code).toBe(0)
    const id = session.id.slice(0, 4)
    expect(stdout).toContain(`${id}-1  api.example.com:443 is asked for by curl 4711, `)
    expect(stdout).toContain(`session ${session.id.slice(0, 8)} (agent, in ~/work/project)`)
  })

  test("is a document for programs", async () => {
    await asked("api.example.com")
    const { data, kind } = JSON.parse((await world.cordon(["approve", "--json"])).stdout)
    const mine = data.filter((question: { session: string }) => question.session === session.id)
    expect(kind).toBe("Questions")
    expect(mine).toHaveLength(1)
    expect(mine[0]).toMatchObject({
      id: `${session.id.slice(0, 4)}-1`,
      host: "api.example.com",
      port: 443,
      program: "/usr/bin/curl",
      connections: 1,
      patterns: ["api.example.com:443", "api.example.com", "*.example.com"],
    })
  })
})

describe("an answer in words", () => {
  test("--once lets what waits pass, and asks again the next time", async () => {
    await asked("example.com")
    const { stderr, code } = await world.cordon(["approve", "example.com", "--once"])
    expect([code, stderr]).toEqual([0, "cordon: example.com:443 is allowed this time\n"])
    expect(await session.answer("example.com")).toBe("allow")
    expect(await session.judge("example.com")).toBe("ask")
    expect(existsSync(session.settings.policyFile)).toBe(false)
  })

  test("--session with a pattern holds for what it means", async () => {
    await asked("a.example.com")
    const words = ["approve", "a.example.com:443", "--session", "--pattern", "*.example.com"]
    expect((await world.cordon(words)).code).toBe(0)
    expect(await session.answer("a.example.com")).toBe("allow")
    expect(await session.judge("b.example.com", 80)).toBe("allow")
    expect(await session.judge("example.com")).toBe("ask")
  })

  test("--deny by the id holds for the session", async () => {
    await asked("example.com")
    const { code } = await world.cordon(["approve", `${session.id.slice(0, 4)}-1`, "--deny"])
    expect(code).toBe(0)
    expect(await session.answer("example.com")).toBe("deny")
    expect(await session.judge("example.com")).toBe("deny")
    expect(await session.judge("example.com", 80)).toBe("ask")
  })

  test("--always writes the policy, keeps what is in it, and holds now", async () => {
    writePolicy("# mine\nversion: 1\nnetwork:\n  allow: # work\n    - github.com # code\n  ask: unlisted\n")
    await asked("example.com")
    const { stderr, code } = await world.cordon(["approve", "example.com", "--always"])
    expect([code, stderr]).toEqual([
      0,
      "cordon: example.com:443 is allowed: written to ~/.config/cordon/policy.yaml\n",
    ])
    expect(policy()).toBe(
      '# mine\nversion: 1\nnetwork:\n  allow: # work\n    - github.com # code\n    - "example.com:443"\n  ask: unlisted\n',
    )
    expect(await session.answer("example.com")).toBe("allow")
    expect((await world.cordon(["check", session.settings.policyFile])).code).toBe(0)
  })

  test("--always makes the policy where there is none, and follows a link", async () => {
    await asked("example.com")
    const dotfiles = join(world.home, "dotfiles.yaml")
    writeFileSync(dotfiles, "version: 1\n")
    mkdirSync(dirname(session.settings.policyFile), { recursive: true })
    symlinkSync(dotfiles, session.settings.policyFile)
    await world.cordon(["approve", "example.com", "--always"])
    expect(lstatSync(session.settings.policyFile).isSymbolicLink()).toBe(true)
    expect(readFileSync(dotfiles, "utf8")).toContain("example.com:443")
  })

  test("--always leaves a broken policy alone, and the question waits", async () => {
    writePolicy("netwrok: {}\n")
    await asked("example.com")
    const { stderr, code } = await world.cordon(["approve", "example.com", "--always"])
    expect([code, stderr]).toEqual([125, expect.stringContaining('policy.yaml:1:1: unknown key "netwrok"')])
    expect(policy()).toBe("netwrok: {}\n")
    expect(session.waits("example.com")).toBe(true)
  })

  test("with a pattern that does not fit changes nothing, the policy neither", async () => {
    await asked("example.com")
    for (const answer of ["--session", "--always"]) {
      const { stderr, code } = await world.cordon([
        "approve",
        "example.com",
        answer,
        "--pattern",
        "other.com",
      ])
      expect([code, stderr]).toEqual([125, expect.stringContaining('"other.com" does not mean example.com')])
    }
    expect(existsSync(session.settings.policyFile)).toBe(false)
    expect(session.waits("example.com")).toBe(true)
  })
})

describe("what means nothing is refused", () => {
  test.each([
    [["approve", "missing.example", "--once"], "nothing waits for missing.example"],
    [["approve", "missing.example", "--once", "--deny"], "contradict each other"],
    [["approve", "--once"], "an answer needs a question"],
    [["approve", "--pattern", "x.com"], "an answer needs a question"],
    [["approve", "a", "b"], "approve takes one host"],
    [["approve", "--watch"], "--watch needs a terminal"],
    [["approve", "x.com", "--watch"], "--watch asks about all that comes"],
    [["approve", "x.com", "--once", "--json"], "--json lists what waits"],
    [["approve", "--ro"], "--ro means nothing to cordon approve"],
    [["allow"], "allow takes a host"],
    [["allow", "https://x.com"], "is a URL"],
    [["deny", "x.com", "--session", "zzzz"], 'no running session begins with "zzzz"'],
    [["deny", "x.com", "--always"], "unknown option --always"],
  ])("%j", async (words, why) => {
    const { stderr, stdout, code } = await world.cordon(words)
    expect([code, stdout, stderr]).toEqual([125, "", expect.stringContaining(why)])
  })

  test.each(["approve", "allow x.com", "deny x.com"])("inside of a sandbox cordon %s is", async words => {
    const env = { CORDON: "1", CORDON_SESSION: session.id }
    const { stderr, code } = await world.cordon(words.split(" "), { env })
    expect([code, stderr]).toEqual([125, expect.stringContaining("this runs inside")])
  })

  test("a question without an answer, where there is no terminal", async () => {
    await asked("example.com")
    const { stderr, code } = await world.cordon(["approve", "example.com"])
    expect([code, stderr]).toEqual([125, expect.stringContaining("there is no answer")])
  })
})

describe("allow and deny", () => {
  const here = () => ["--session", session.id]

  test("change a running session, and answer what waits", async () => {
    await asked("example.com")
    const { stderr, code } = await world.cordon(["allow", "example.com", ...here()])
    expect([code, stderr]).toEqual([0, expect.stringContaining("example.com is allowed in session")])
    expect(await session.answer("example.com")).toBe("allow")
    await world.cordon(["deny", "example.com", ...here()])
    expect(await session.judge("example.com")).toBe("deny")
  })

  test("an allowance that a rule of the policy beats is refused, and says by which", async () => {
    const { stderr, code } = await world.cordon(["allow", "bad.example", ...here()])
    expect(code).toBe(1)
    expect(stderr).toContain("bad.example stays denied: deny bad.example (user, policy.yaml)")
    expect(await session.judge("bad.example")).toBe("deny")
  })

  test("tell programs what came of it, session by session", async () => {
    const { stdout } = await world.cordon(["allow", "example.com", "--json", ...here()])
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: "cordon/v1",
      kind: "SessionRules",
      data: [{ session: session.id, verdict: "allow", pattern: "example.com", holds: true, why: "" }],
    })
  })

  test("leave other sessions alone when one is named", async () => {
    await using other = await Session.start({ home: world.home })
    await world.cordon(["allow", "example.com", ...here()])
    expect(await session.judge("example.com")).toBe("allow")
    expect(await other.judge("example.com")).toBe("ask")
  })

  test("change all sessions when none is named", async () => {
    await using other = await Session.start({ home: world.home })
    await world.cordon(["deny", "example.com"])
    expect(await session.judge("example.com")).toBe("deny")
    expect(await other.judge("example.com")).toBe("deny")
  })
})

describe("at a terminal", () => {
  const question = "[q]uit? "

  test("each question is put, with a pattern that can be changed", async () => {
    await asked("a.example.com")
    await using terminal = new Terminal(world, [cordonBinary, "approve", "a.example.com"])
    await terminal.shows(question)
    terminal.type("x\n")
    await terminal.shows("type one of")
    await terminal.shows(question, 2)
    terminal.type("p\n")
    await terminal.shows("a number, or another pattern:")
    terminal.type("3\n")
    await terminal.shows(question, 3)
    terminal.type("s\n")
    await terminal.shows("*.example.com is allowed in session")
    expect(await terminal.ends()).toBe(0)
    expect(await session.answer("a.example.com")).toBe("allow")
    expect(await session.judge("b.example.com")).toBe("allow")
  })

  test("an answer that is refused can be given again", async () => {
    await asked("a.example.com")
    await using terminal = new Terminal(world, [cordonBinary, "approve", "a.example.com"])
    await terminal.shows(question)
    terminal.type("p\n")
    await terminal.shows("another pattern:")
    terminal.type("other.com\n")
    await terminal.shows(question, 2)
    terminal.type("s\n")
    await terminal.shows("does not mean a.example.com")
    await terminal.shows(question, 3)
    terminal.type("q\n")
    expect(await terminal.ends()).toBe(0)
    expect(session.waits("a.example.com")).toBe(true)
  })

  test("--watch puts what comes, to whom nobody else could be asked, until q", async () => {
    await using unattended = await Session.start({ home: world.home, attended: false })
    unattended.ask("before", "before.example")
    expect(await unattended.answer("before")).toBe("nobody")
    await using terminal = new Terminal(world, [cordonBinary, "approve", "--watch"])
    await terminal.shows("questions of running sessions come here")
    await unattended.hears(() => true)
    // The session hears of the watcher a moment later.
    for (let tries = 0; tries < 100 && !terminal.shown.includes("held.example"); tries++) {
      unattended.ask(`held ${tries}`, "held.example")
      await Bun.sleep(50)
    }
    await terminal.shows("held.example:443")
    terminal.type("o\n")
    await terminal.shows("held.example:443 is allowed this time")
    terminal.type("q\n")
    expect(await terminal.ends()).toBe(0)
  })
})
