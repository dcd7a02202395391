/** The scope keeps abstract sockets that were made outside out of reach, and no others. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { landlockAbi } from "../../src/kernel/landlock.ts"
import { root } from "../source-code.ts"
import { Stage } from "../support/last-steps.ts"
import { connectScript, greeting, listen, loopScript } from "../support/listener.ts"
import { type Outcome, run } from "../support/process.ts"

const stage = new Stage()
afterAll(() => stage[Symbol.dispose]())

const env = { PATH: "/usr/bin:/bin", HOME: root }
const abi = landlockAbi()
const noScope = abi < 6

/** Runs a script in a program that the last steps started under the scope, and under no other wall. */
function scoped(script: string): Promise<Outcome> {
  const everything = [{ path: "/", kind: "directory" }] as const
  return stage.run({
    program: process.execPath,
    words: ["bun", "-e", script],
    environment: env,
    landlock: { abi, scopeAbstractSockets: true, writable: everything },
  })
}

function free(script: string): Promise<Outcome> {
  return run([process.execPath, "-e", script], { cwd: root, env })
}

const unique = (name: string) => `cordon-test-${process.pid}-${name}-${Math.random().toString(36).slice(2)}`

test("the ABI is a number, and the same each time", () => {
  expect(Number.isInteger(abi)).toBe(true)
  expect(abi).toBeGreaterThanOrEqual(0)
  expect(landlockAbi()).toBe(abi)
})

describe("abstract sockets", () => {
  test.skipIf(noScope)(
    "made outside cannot be reached [skipped when Landlock is older than ABI 6]",
    async () => {
      await using listener = await listen({ unix: `\0${unique("outside")}` })
      expect((await free(connectScript(listener.place))).stdout).toBe(greeting)
      const { stdout, code } = await scoped(connectScript(listener.place))
      expect(stdout).toStartWith("refused ")
      expect(code).toBe(1)
    },
  )

  test.skipIf(noScope)("made inside can [skipped when Landlock is older than ABI 6]", async () => {
    const { stdout } = await scoped(loopScript({ unix: `\0${unique("inside")}` }))
    expect(stdout).toBe("hello from inside")
  })

  test.skipIf(noScope)(
    "of a server inside can be reached from outside [skipped when Landlock is older than ABI 6]",
    async () => {
      const name = unique("both")
      const server = `
const server = require("node:net").createServer(socket => {
  socket.end("from inside")
  // It ends with its first connection.
  server.close()
})
server.listen("\\0${name}", () => {
  const child = require("node:child_process").spawnSync("true")
  setTimeout(() => process.exit(0), 20_000).unref()
})`
      const running = scoped(server)
      const place = { unix: `\0${name}` }
      let heard = ""
      for (let tries = 0; tries < 20 && heard !== "from inside"; tries++) {
        await Bun.sleep(100)
        heard = (await free(connectScript(place))).stdout
      }
      expect(heard).toBe("from inside")
      await running
    },
  )
})

describe("the scope leaves alone", () => {
  test.skipIf(noScope)(
    "sockets with a path, the network and files [skipped when Landlock is older than ABI 6]",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "cordon-landlock-"))
      try {
        await using socket = await listen({ unix: join(directory, "s") })
        await using port = await listen({ hostname: "127.0.0.1" })
        expect((await scoped(connectScript(socket.place))).stdout).toBe(greeting)
        expect((await scoped(connectScript(port.place))).stdout).toBe(greeting)
        const write = `require("node:fs").writeFileSync(${JSON.stringify(join(directory, "f"))}, "x"); console.log("ok")`
        expect((await scoped(write)).stdout.trim()).toBe("ok")
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  )

  test.skipIf(noScope)(
    "abstract sockets of the host, where nobody asked for the scope [skipped when Landlock is older than ABI 6]",
    async () => {
      await using listener = await listen({ unix: `\0${unique("unscoped")}` })
      const landlock = { abi, scopeAbstractSockets: false, writable: [] }
      const words = ["bun", "-e", connectScript(listener.place)]
      const { stdout } = await stage.run({ program: process.execPath, words, environment: env, landlock })
      expect(stdout).toBe(greeting)
    },
  )

  test.skipIf(noScope)(
    "no rights to gain: no_new_privs is set [skipped when Landlock is older than ABI 6]",
    async () => {
      const status =
        'console.log(/NoNewPrivs:\\s*(\\d)/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1])'
      expect((await scoped(status)).stdout.trim()).toBe("1")
      expect((await free(status)).stdout.trim()).toMatch(/^[01]$/)
    },
  )
})

describe("a process that scopes itself", () => {
  /** Scopes itself and then starts the script in a program of its own, or a thread. */
  const scopes = (then: string) =>
    `const { scopeAbstractSockets } = await import(${JSON.stringify(join(root, "src/kernel/landlock.ts"))})\nscopeAbstractSockets()\n${then}`
  const asChild = (script: string) =>
    scopes(`process.stdout.write(Bun.spawnSync([process.execPath, "-e", ${JSON.stringify(script)}]).stdout)`)
  const asThread = (script: string) =>
    scopes(`new Worker("data:text/javascript," + encodeURIComponent(${JSON.stringify(script)}))`)

  test.skipIf(noScope).each([
    ["itself", scopes],
    ["its children", asChild],
    ["its threads", asThread],
  ] as const)(
    "keeps %s from abstract sockets of others, and from nothing else [skipped when Landlock is older than ABI 6]",
    async (_, as) => {
      const directory = mkdtempSync(join(tmpdir(), "cordon-landlock-"))
      await using abstract = await listen({ unix: `\0${unique("scope")}` })
      await using path = await listen({ unix: join(directory, "s") })
      await using port = await listen({ hostname: "127.0.0.1" })
      expect((await free(as(connectScript(abstract.place)))).stdout).toStartWith("refused ")
      for (const { place } of [path, port])
        expect((await free(as(connectScript(place)))).stdout).toBe(greeting)
      expect((await free(as(loopScript({ unix: `\0${unique("own")}` })))).stdout).toBe("hello from inside")
      rmSync(directory, { recursive: true })
    },
  )
})
