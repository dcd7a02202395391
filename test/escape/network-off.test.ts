/** Without network an agent reaches nothing, not even the host's loopback; with it, that. */
import { expect, test } from "bun:test"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { networkInterfaces } from "node:os"
import { connectScript, greeting, listen, loopScript } from "../support/listener.ts"
import { World, writeFiles } from "../support/world.ts"

const ways = ["-n", "--no-net", "--net off", "--net=off", "--trust untrusted"]
const hasIpv6 = Object.values(networkInterfaces()).some(list =>
  list?.some(({ address }) => address === "::1"),
)

test.each(ways)("with %s the host's loopback is out of reach", async words => {
  const options = words.split(" ")
  using world = new World()
  await using service = await listen({ hostname: "127.0.0.1" })
  const { stdout, code } = await world.script(connectScript(service.place), { options })
  expect(stdout).toStartWith("refused")
  expect(code).toBe(1)
})

test("CORDON_NET=off and the user policy switch it off as well", async () => {
  using world = new World()
  await using service = await listen({ hostname: "127.0.0.1" })
  const script = connectScript(service.place)
  expect((await world.script(script, { env: { CORDON_NET: "off" } })).stdout).toStartWith("refused")
  writeFiles(world.home, { ".config/cordon/policy.yaml": 'network: { mode: "off" }\n' })
  expect((await world.script(script)).stdout).toStartWith("refused")
  expect((await world.script(script, { options: ["--net", "open"] })).stdout).toBe(greeting)
})

test("with --net open it is reached, and by default it is not", async () => {
  using world = new World()
  await using service = await listen({ hostname: "127.0.0.1" })
  const script = connectScript(service.place)
  expect((await world.script(script, { options: ["--net", "open"] })).stdout).toBe(greeting)
  expect((await world.script(script)).stdout).toStartWith("refused")
})

test.skipIf(!hasIpv6)(
  `IPv6 is no way round${hasIpv6 ? "" : " [skipped when the host's loopback has no IPv6]"}`,
  async () => {
    using world = new World()
    await using service = await listen({ hostname: "::1" })
    const script = connectScript(service.place, "::1")
    expect((await world.script(script, { options: ["-n"] })).stdout).toStartWith("refused")
    expect((await world.script(script, { options: ["--net", "open"] })).stdout).toBe(greeting)
  },
)

test("a datagram arrives only when the network is open", async () => {
  using world = new World()
  const socket = createSocket("udp4").bind(0, "127.0.0.1")
  await once(socket, "listening")
  const heard: string[] = []
  socket.on("message", message => heard.push(String(message)))
  const send = (text: string) => `
const socket = require("node:dgram").createSocket("udp4")
socket.send(${JSON.stringify(text)}, ${socket.address().port}, "127.0.0.1", () => socket.close())
socket.on("error", () => socket.close())
`
  await world.script(send("closed"), { options: ["-n"] })
  await world.script(send("open"), { options: ["--net", "open"] })
  for (let tries = 0; tries < 100 && heard.length === 0; tries++) await Bun.sleep(20)
  socket.close()
  expect(heard).toEqual(["open"])
})

test("only the loopback of its own is there, and it works", async () => {
  using world = new World()
  const { stdout } = await world.shell("tail -n +3 /proc/net/dev | cut -d: -f1", { options: ["-n"] })
  expect(stdout.trim()).toBe("lo")
  const inside = await world.script(loopScript({ port: 0 }), { options: ["-n"] })
  expect(inside.stdout).toBe("hello from inside")
})
