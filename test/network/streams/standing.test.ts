import { describe, expect, test } from "bun:test"
import { closeSync, existsSync } from "node:fs"
import { SystemError } from "../../../src/kernel/libc.ts"
import { beginConnection } from "../../../src/kernel/outgoing.ts"
import { rawCall } from "../../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../../src/kernel/system-calls.ts"
import { standing } from "../../../src/network/streams/standing.ts"
import { freePort } from "../../support/border.ts"
import { boundPair } from "../../support/bound-sockets.ts"
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
    const { close, listen } = callNumbers(presentArchitecture())
    const { streams, datagrams, port } = boundPair()
    // Its queue is full: what is begun after that neither stands nor fails.
    rawCall(listen, streams, 0)
    const waiting = Array.from({ length: 4 }, () => beginConnection("127.0.0.1", port))
    const last = waiting.at(-1) ?? -1
    let isAbandoned = false
    const failed = standing(last, () => isAbandoned).catch((cause: unknown) => cause)
    expect(await Promise.race([failed, Bun.sleep(50).then(() => "waits")])).toBe("waits")
    isAbandoned = true
    expect(await failed).toBeInstanceOf(Error)
    expect(isOpen(last)).toBe(false)
    for (const descriptor of [streams, datagrams, ...waiting.slice(0, -1)]) rawCall(close, descriptor)
  })
})
