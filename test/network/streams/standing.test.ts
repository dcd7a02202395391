import { describe, expect, test } from "bun:test"
import { closeSync, existsSync } from "node:fs"
import { SystemError } from "../../../src/kernel/libc.ts"
import { beginConnection } from "../../../src/kernel/outgoing.ts"
import { standing } from "../../../src/network/streams/standing.ts"
import { freePort } from "../../support/border.ts"
import { fullListener } from "../../support/bound-sockets.ts"
import { echoServer } from "../../support/servers.ts"

const isOpen = (descriptor: number) => existsSync(`/proc/self/fd/${descriptor}`)
const never = () => false

describe("a connection that was begun", () => {
  test.each(["127.0.0.1", "::1"])("to %s is given back when it stands", async host => {
    await using server = await echoServer(host)
    const descriptor = beginConnection(host, server.port)
    expect(await standing(descriptor, never)).toBe(descriptor)
    expect(isOpen(descriptor)).toBe(true)
    closeSync(descriptor)
  })

  test("to where nothing listens fails with the error, and is closed", async () => {
    const descriptor = beginConnection("127.0.0.1", freePort())
    const failure = await standing(descriptor, never).catch((cause: unknown) => cause)
    expect(failure).toBeInstanceOf(SystemError)
    expect((failure as SystemError).errno).toBe(111)
    expect(isOpen(descriptor)).toBe(false)
  })

  test("for which nobody waits any more is closed", async () => {
    using full = await fullListener()
    const last = beginConnection("127.0.0.1", full.port)
    let isAbandoned = false
    const failed = standing(last, () => isAbandoned).catch((cause: unknown) => cause)
    expect(await Promise.race([failed, Bun.sleep(50).then(() => "waits")])).toBe("waits")
    isAbandoned = true
    expect(await failed).toBeInstanceOf(Error)
    expect(isOpen(last)).toBe(false)
  })
})
