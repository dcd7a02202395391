import { describe, expect, test } from "bun:test"
import { once } from "node:events"
import { connect } from "node:net"
import { peerName } from "../../src/kernel/peer-name.ts"
import { descriptorOf, type Stream } from "../../src/network/streams/peer.ts"
import { resetClients } from "../support/reset-clients.ts"

/** A listener that looks at each connection once, when it is accepted. */
function listener() {
  const seen: { known: string; peer: ReturnType<typeof peerName> }[] = []
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const { remoteAddress, remotePort } = socket
        seen.push({
          known: `${remoteAddress}:${remotePort}`,
          peer: peerName(descriptorOf(socket as unknown as Stream)),
        })
      },
      data: () => undefined,
      error: () => undefined,
    },
  })
  return { server, seen }
}

describe("the other end of a connection", () => {
  test("is what getpeername(2) says", async () => {
    const { server, seen } = listener()
    const client = connect({ port: server.port, host: "127.0.0.1" })
    await once(client, "connect")
    while (seen.length === 0) await Bun.sleep(2)
    expect(seen).toEqual([
      { known: `127.0.0.1:${client.localPort}`, peer: { address: "127.0.0.1", port: client.localPort ?? 0 } },
    ])
    client.destroy()
    server.stop(true)
  })

  test("is known also when it has reset the connection before we accepted it", async () => {
    const { server, seen } = listener()
    const [port = 0] = resetClients(server.port, 1)
    while (seen.length === 0) await Bun.sleep(2)
    expect(seen).toEqual([{ known: "undefined:undefined", peer: { address: "127.0.0.1", port } }])
    server.stop(true)
  })

  test("is nobody for what is no connection", () => {
    expect(peerName(-1)).toBeUndefined()
    expect(peerName(0)).toBeUndefined()
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } })
    expect(peerName((server as unknown as { fd: number }).fd ?? -1)).toBeUndefined()
    server.stop(true)
  })
})
