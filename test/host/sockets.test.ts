/** What the kernel's list of unix sockets tells. */
import { afterAll, describe, expect, test } from "bun:test"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { controlPrefix } from "../../src/host/control-name.ts"
import { boundSessions, boundSockets } from "../../src/host/sockets.ts"
import { listen } from "../support/listener.ts"

const root = mkdtempSync(join(tmpdir(), "cordon-sockets-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const id = "3f2a91c4-7f10-4449-b489-a77c58c6b4ed"
const line = (name: string, flags = "00010000") =>
  `00000000b6395f26: 00000002 00000000 ${flags} 0001 01 7261845 ${name}`
const listOf = (...lines: string[]) =>
  ["Num       RefCount Protocol Flags    Type St Inode Path", ...lines, ""].join("\n")

describe("running sessions", () => {
  test("are found by their names", () => {
    expect(boundSessions(listOf(line(`@cordon/${id}`), line("@/tmp/.X11-unix/X0"), line("/run/x")))).toEqual([
      id,
    ])
  })

  test("are listed once, and not for each of their connections", () => {
    const list = listOf(line(`@cordon/${id}`), line(`@cordon/${id}`, "00000000"), line(`@cordon/${id}`))
    expect(boundSessions(list)).toEqual([id])
    expect(boundSessions(listOf(line(`@cordon/${id}`, "00000000")))).toEqual([])
  })

  test.each([
    `@cordon/`,
    `@cordon/${id}x`,
    `@cordon/../${id}`,
    `@xcordon/${id}`,
    `/tmp/@cordon/${id}`,
    `@cordon/${id.toUpperCase().replaceAll("-", "_")}`,
    `@cordon/${id.slice(1)}`,
    `@cordon/\u001b[2J`,
  ])("%j is none", name => {
    expect(boundSessions(listOf(line(name)))).toEqual([])
  })

  test("are there while their socket is", async () => {
    const session = crypto.randomUUID()
    {
      await using _ = await listen({ unix: `\0${controlPrefix}${session}` })
      expect(boundSessions()).toContain(session)
      const client = connect({ path: `\0${controlPrefix}${session}` })
      await once(client.resume(), "close")
      expect(boundSessions().filter(found => found === session)).toHaveLength(1)
    }
    await Bun.sleep(50)
    expect(boundSessions()).not.toContain(session)
  })
})

describe("sockets that have a path", () => {
  test("are listed, those without one are not", async () => {
    const path = join(root, "s.sock")
    await using _ = await listen({ unix: path })
    await using __ = await listen({ unix: `\0cordon-test-${crypto.randomUUID()}` })
    expect(boundSockets()).toContain(path)
    expect(boundSockets().filter(found => !found.startsWith("/"))).toEqual([])
  })
})
