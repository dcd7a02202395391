/** Sockets of the host's services are files: the container engine's and the session bus's are a full escape. */
import { expect, test } from "bun:test"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { connectScript, greeting, listen, loopScript } from "../support/listener.ts"
import { isRoot, World, writeFiles } from "../support/world.ts"

const modes = ["-n", "--net open"]

test.each(modes)("with %s a socket below the home is reached when the policy names it", async mode => {
  const options = mode.split(" ")
  using world = new World({ home: { ".agent/": "" } })
  const unix = join(world.home, ".agent/named.sock")
  await using service = await listen({ unix })
  writeFiles(world.home, {
    ".config/cordon/policy.yaml": "network: { unix_sockets: [~/.agent/named.sock] }\n",
  })
  expect((await world.script(connectScript(service.place), { options })).stdout).toBe(greeting)
})

test.each(modes)("with %s a socket below the home that nobody names is out of reach", async mode => {
  const options = mode.split(" ")
  using world = new World({ home: { ".agent/": "" } })
  await using service = await listen({ unix: join(world.home, ".agent/other.sock") })
  expect((await world.script(connectScript(service.place), { options })).stdout).toStartWith("refused")
})

test("a socket of the host's in the project is out of reach, one made inside works there", async () => {
  using world = new World()
  await using service = await listen({ unix: join(world.project, "host.sock") })
  expect((await world.script(connectScript(service.place))).stdout).toStartWith("refused")
  const own = { unix: join(world.project, "own.sock") }
  expect((await world.script(loopScript(own))).stdout).toBe("hello from inside")
})

test("a socket in a denied directory is out of reach, and reached when the policy names it", async () => {
  using world = new World({ home: { ".docker/run/": "" } })
  const unix = join(world.home, ".docker/run/docker.sock")
  await using service = await listen({ unix })
  expect((await world.script(connectScript(service.place))).stdout).toStartWith("refused")
  writeFiles(world.home, {
    ".config/cordon/policy.yaml": "network: { unix_sockets: [~/.docker/run/docker.sock] }\n",
  })
  expect((await world.script(connectScript(service.place))).stdout).toBe(greeting)
})

test("the runtime directory of the session is another one inside, empty and private", async () => {
  using world = new World()
  const runtime = join(world.home, "runtime")
  mkdirSync(runtime, { mode: 0o700 })
  await using bus = await listen({ unix: join(runtime, "bus") })
  const env = { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtime}/bus` }
  const script =
    'ls -A "$XDG_RUNTIME_DIR"; echo x > "$XDG_RUNTIME_DIR/own" && stat -c %a "$XDG_RUNTIME_DIR"; env'
  const { stdout, code } = await world.shell(script, { env })
  expect(code).toBe(0)
  expect(stdout).toStartWith("700\n")
  expect(stdout).not.toContain("DBUS_SESSION_BUS_ADDRESS")
  expect((await world.script(connectScript(bus.place), { env })).stdout).toStartWith("refused")
})

test("/run holds nothing of the host's services", async () => {
  using world = new World()
  const { stdout } = await world.shell(
    "find /run /var/run/ -type s -o -name '*.sock' -o -name '*.pid'; ls /run",
  )
  expect(stdout).toContain("user")
  expect(stdout).not.toMatch(/\.sock|\.pid|dbus|docker|systemd\/private/)
})

test.skipIf(!isRoot)(
  `a socket like the container engine's below /run is out of reach${isRoot ? "" : " [skipped when not root: only root can make one there]"}`,
  async () => {
    using world = new World()
    await using service = await listen({ unix: `/run/cordon-test-${crypto.randomUUID()}.sock` })
    for (const mode of modes)
      expect(
        (await world.script(connectScript(service.place), { options: mode.split(" ") })).stdout,
      ).toStartWith("refused")
  },
)
