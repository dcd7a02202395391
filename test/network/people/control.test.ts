/**
 * The control socket, with real processes: a session obeys its own person, another user is turned away on both sides, and so
 * is what runs in a user namespace of its own, as programs in a sandbox do.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { controlPrefix } from "../../../src/host/control-name.ts"
import { askSession, connectSession, runningSessions } from "../../../src/network/people/control-client.ts"
import type { ControlReply, SessionStatus } from "../../../src/network/people/control-messages.ts"
import { root } from "../../source-code.ts"
import { asOtherUser, noOtherUser } from "../../support/other-user.ts"
import { eventually, run } from "../../support/process.ts"
import { Session } from "../../support/session.ts"

const home = mkdtempSync(join(tmpdir(), "cordon-control-"))
chmodSync(home, 0o755)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const ownNamespace = ["unshare", "--user", "--map-current-user"]

/** Says some lines to a socket without looking who listens, and prints what comes back until it ends or is silent. */
function say(session: string, lines: readonly string[], before: readonly string[] = []) {
  const script = `
    const socket = require("node:net").connect({ path: "\\0${controlPrefix}${session}" })
    socket.setTimeout(10_000, () => { console.log("silence"); socket.destroy() })
    socket.on("error", error => { console.log("error", error.code) })
    socket.on("data", data => { process.stdout.write(data); if (data.includes(10)) socket.destroy() })
    socket.on("close", () => console.log("over"))
    socket.write(${lines.map(line => `${JSON.stringify(line)}`).join(' + "\\n" + ')} + "\\n")`
  return run([...before, process.execPath, "-e", script], { cwd: "/", env: { PATH: "/usr/bin:/bin" } })
}

const status = '{"kind":"status"}'

async function statusOf(session: Session): Promise<SessionStatus> {
  const reply = await askSession(session.id, { kind: "status" })
  if (reply?.kind !== "status") throw new Error(`no status: ${JSON.stringify(reply)}`)
  return reply.status
}

describe("a running session", () => {
  let session: Session
  beforeAll(async () => {
    session = await Session.start({ home, rules: ["deny bad.example"] })
  })
  afterAll(() => session[Symbol.asyncDispose]())

  test("is found, and tells what it is", async () => {
    const found = (await runningSessions()).find(each => each.session === session.id)
    expect(found).toEqual({
      session: session.id,
      project: session.settings.project,
      command: ["agent", "--go"],
      policyFile: session.settings.policyFile,
      questions: [],
      rules: [],
    })
  })

  test("tells its questions, takes an answer, and tells that there is none any more", async () => {
    session.ask("first", "example.com")
    await session.announces("example.com")
    const { questions } = await statusOf(session)
    expect(questions).toHaveLength(1)
    expect(questions[0]).toMatchObject({ host: "example.com", port: 443, connections: 1, process: 4711 })
    const question = questions[0]?.id ?? 0
    const answer = { kind: "answer", question, answer: "session", pattern: "example.com" } as const
    expect(await askSession(session.id, answer)).toEqual({ kind: "done" })
    expect(await session.answer("first")).toBe("allow")
    expect(await askSession(session.id, answer)).toMatchObject({ kind: "refused" })
    expect(await statusOf(session)).toMatchObject({
      questions: [],
      rules: [{ verdict: "allow", pattern: "example.com" }],
    })
  })

  test("takes rules, and refuses what would not hold, with the reason", async () => {
    const rule = (pattern: string) =>
      askSession(session.id, { kind: "rule", verdict: "allow", pattern, by: "cordon allow" })
    expect(await rule("new.example")).toEqual({ kind: "done" })
    expect(await session.judge("new.example")).toBe("allow")
    expect(await rule("bad.example")).toMatchObject({
      kind: "refused",
      why: "bad.example stays denied: deny bad.example (user, policy.yaml)",
    })
    expect(await session.judge("bad.example")).toBe("deny")
  })

  test("tells who watches of each change by itself", async () => {
    const heard: ControlReply[] = []
    const connection = connectSession(
      session.id,
      { kind: "watch" },
      { onReply: reply => heard.push(reply), onEnd: () => undefined },
    )
    const questions = () =>
      heard.map(reply =>
        reply.kind === "status" ? reply.status.questions.map(({ host }) => host).join() : reply.kind,
      )
    expect(await eventually(() => (questions().includes("") ? true : undefined))).toBe(true)
    session.ask("watched", "watched.example")
    expect(await eventually(() => (questions().at(-1) === "watched.example" ? true : undefined))).toBe(true)
    await askSession(session.id, { kind: "rule", verdict: "deny", pattern: "watched.example", by: "x" })
    expect(await session.answer("watched")).toBe("deny")
    expect(await eventually(() => (questions().at(-1) === "" ? true : undefined))).toBe(true)
    connection.close()
  })

  test.each([
    "not json",
    "null",
    "{}",
    '{"kind":"stop"}',
    '{"kind":"rule","verdict":"maybe","pattern":"x.com","by":"x"}',
    `{"kind":"rule","verdict":"allow","pattern":"${"x".repeat(5000)}","by":"x"}`,
    '{"kind":"answer","question":-1,"answer":"once","pattern":"x"}',
    '{"kind":"status","more":1}',
  ])("does not understand %s, and says so", async line => {
    const { stdout } = await say(session.id, [line])
    expect(stdout).toContain("does not understand")
    expect((await say(session.id, [status])).stdout).toContain(session.id)
  })

  test.each([
    ["without end", ""],
    ["a line that is too long", "\n"],
  ])("lets go who sends %s", async (_, end) => {
    const socket = connect({ path: `\0${controlPrefix}${session.id}` })
    socket.on("error", () => undefined).on("data", () => expect.unreachable())
    socket.write("x".repeat(100_000) + end)
    await new Promise(resolve => socket.once("close", resolve))
    expect((await say(session.id, [status])).stdout).toContain(session.id)
  })

  test("has room for so many at once, and for others afterwards", async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const sockets = Array.from({ length: 100 }, () =>
      connectSession(session.id, { kind: "watch" }, { onReply: () => undefined, onEnd: resolve }),
    )
    await promise
    for (const { close } of sockets) close()
    const again = async () => (await askSession(session.id, { kind: "status" }))?.kind
    for (let tries = 0; tries < 500 && (await again()) !== "status"; tries++) await Bun.sleep(20)
    expect(await again()).toBe("status")
  })
})

describe("who is not its person", () => {
  test("a process with another user namespace is turned away, as all in a sandbox have one", async () => {
    await using session = await Session.start({ home })
    const inside = await say(session.id, [status], ownNamespace)
    expect([inside.code, inside.stdout.replace(/error \w+\n/, "")]).toEqual([0, "over\n"])
    expect((await say(session.id, [status])).stdout).toContain(session.id)
  })

  test.skipIf(noOtherUser !== undefined)(
    `another user is turned away [skipped when ${noOtherUser}]`,
    async () => {
      await using session = await Session.start({ home })
      const other = await say(session.id, [status], asOtherUser)
      expect([other.code, other.stdout.replace(/error \w+\n/, "")]).toEqual([0, "over\n"])
      expect((await say(session.id, [status])).stdout).toContain(session.id)
    },
  )

  test.skipIf(noOtherUser !== undefined)(
    `root may look into another user's session [skipped when ${noOtherUser}]`,
    async () => {
      await using session = await Session.start({ home, before: asOtherUser })
      expect((await say(session.id, [status])).stdout).toContain(session.id)
      expect((await say(session.id, [status], asOtherUser)).stdout).toContain(session.id)
    },
  )
})

describe("who is not a session of ours", () => {
  test.skipIf(noOtherUser !== undefined)(
    `another user's is not listed, whoever asks [skipped when ${noOtherUser}]`,
    async () => {
      await using theirs = await Session.start({ home, before: asOtherUser })
      await using ours = await Session.start({ home })
      const found = (await runningSessions()).map(({ session }) => session)
      expect(found).toContain(ours.id)
      expect(found).not.toContain(theirs.id)
      const script = `
      import { runningSessions } from ${JSON.stringify(join(root, "src/network/people/control-client.ts"))}
      console.log((await runningSessions()).map(({ session }) => session).join())`
      const asOther = await run([...asOtherUser, process.execPath, "-e", script], {
        cwd: "/",
        env: { PATH: "/usr/bin:/bin" },
      })
      expect(asOther.stdout).toContain(theirs.id)
      expect(asOther.stdout).not.toContain(ours.id)
    },
  )

  test("one that a program in a user namespace of its own pretends to be is not asked", async () => {
    await using session = await Session.start({ home, before: ownNamespace })
    expect(await askSession(session.id, { kind: "status" })).toBeUndefined()
    expect((await runningSessions()).map(found => found.session)).not.toContain(session.id)
  })

  test.each([
    ["says nothing", ""],
    ["says what is no reply", "hello\n"],
    ["says too much", "x".repeat(5 << 20)],
    ["tells of things that are none", '{"kind":"status","status":{"session":5}}\n'],
  ])("one that %s is none", async (_, text) => {
    const session = crypto.randomUUID()
    const server = createServer(socket => {
      socket.on("error", () => undefined)
      if (text !== "") socket.write(text)
    })
    await once(server.listen({ path: `\0${controlPrefix}${session}` }), "listening")
    expect(await askSession(session, { kind: "status" })).toBeUndefined()
    server.close()
  })

  test("one that has ended is none", async () => {
    const session = await Session.start({ home })
    expect((await askSession(session.id, { kind: "status" }))?.kind).toBe("status")
    await session.end()
    expect(await askSession(session.id, { kind: "status" })).toBeUndefined()
  })

  test("one that is stopped does not hold up the others", async () => {
    await using stopped = await Session.start({ home })
    await using running = await Session.start({ home })
    stopped.signal("SIGSTOP")
    const found = (await runningSessions()).map(({ session }) => session)
    expect(found).toContain(running.id)
    expect(found).not.toContain(stopped.id)
    stopped.signal("SIGCONT")
    expect((await askSession(stopped.id, { kind: "status" }))?.kind).toBe("status")
  })
})

test("nothing is left of a session that was killed", async () => {
  const session = await Session.start({ home })
  session.signal("SIGKILL")
  await session[Symbol.asyncDispose]()
  expect(await askSession(session.id, { kind: "status" })).toBeUndefined()
})
