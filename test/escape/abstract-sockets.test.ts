/** Abstract unix sockets have no file that a mount could hide; the session bus and X listen on some. */
import { expect, test } from "bun:test"
import { connectScript, greeting, listen, loopScript } from "../support/listener.ts"
import { run } from "../support/process.ts"
import { World } from "../support/world.ts"

const modes = ["-n", "--net open", "--trust trusted"]

test.each(modes)("with %s the host's abstract sockets are out of reach", async mode => {
  const options = mode.split(" ")
  using world = new World()
  await using service = await listen({ unix: `\0cordon-test-${crypto.randomUUID()}` })
  const script = connectScript(service.place)
  const outside = await run([process.execPath, "-e", script], { cwd: world.project, env: world.env })
  expect(outside.stdout).toBe(greeting)
  const { stdout, code } = await world.script(script, { options })
  expect(stdout).toStartWith("refused")
  expect(code).toBe(1)
})

test.each(modes)("with %s one that was made inside is reached inside", async mode => {
  const options = mode.split(" ")
  using world = new World()
  const place = { unix: `\0cordon-test-${crypto.randomUUID()}` }
  expect((await world.script(loopScript(place), { options })).stdout).toBe("hello from inside")
})
