/** Clients that reset their connection before the border has accepted it. */
import { describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { freePort, hear, openTestBorder } from "../support/border.ts"
import { resetClients } from "../support/reset-clients.ts"
import { onceServer } from "../support/servers.ts"

const loopback = { "one.test": ["127.0.0.1"], "two.test": ["127.0.0.1"] }
const web = { allow: ["one.test", "two.test", "127.0.0.1"], hosts: loopback }

describe("a connection that was reset before it was accepted", () => {
  test("is recorded as what it was for, and leaves nothing for the next one of its port", async () => {
    await using one = await onceServer("from one")
    await using two = await onceServer("from two")
    await using border = await openTestBorder(web)
    const localPort = freePort()
    resetClients(border.port, 1, localPort)
    await border.dial(localPort, "one.test", one.port)
    const [first] = await border.connections(1)
    expect(first?.host).toBe("one.test")
    // The next one is accepted before it is said what it is for.
    const client = connect({ host: "127.0.0.1", port: border.port, localPort })
    client.write("hello")
    await Bun.sleep(100)
    await border.dial(localPort, "two.test", two.port)
    expect((await hear(client)).text).toBe("from two")
    expect(one.heard.join("")).toBe("")
    client.end()
  })

  test("costs the others nothing, however many there are", async () => {
    await using one = await onceServer("from one")
    await using border = await openTestBorder(web)
    const ports = resetClients(border.port, 40)
    const client = await border.connect("one.test", one.port)
    client.write("hello")
    expect((await hear(client)).text).toBe("from one")
    client.end()
    for (const port of ports) await border.dial(port, "evil.test", 80)
    const events = await border.connections(41)
    expect(events.filter(({ host, verdict }) => host === "evil.test" && verdict === "deny")).toHaveLength(40)
  })
})
