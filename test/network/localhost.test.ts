/** In the sandbox's own network a program that listens on `localhost` is found there. */
import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { World } from "../support/world.ts"

setDefaultTimeout(40_000)

const systemPath = { PATH: "/usr/local/bin:/usr/bin:/bin" }
const noPython = Bun.which("python3", systemPath) === null
const noNode = Bun.which("node") === null

async function says(...words: string[]): Promise<string> {
  using world = new World()
  const { code, stdout, stderr } = await world.cordon(["-q", "--", ...words])
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return stdout
}

describe("localhost", () => {
  test.skipIf(noPython)(
    "has the same addresses whoever asks for those that can be used [skipped when there is no python3]",
    async () => {
      const script = `
import socket
def found(flags): return {entry[4][0] for entry in socket.getaddrinfo("localhost", 80, flags=flags)}
print(found(0), found(socket.AI_ADDRCONFIG))
`
      expect(await says("python3", "-c", script)).toBe("{'127.0.0.1'} {'127.0.0.1'}\n")
    },
  )

  test.skipIf(noNode)("is where Node both listens and connects [skipped when there is no node]", async () => {
    const script = `
const server = require("http").createServer((_, answer) => answer.end("found"))
server.listen(0, "localhost", async () => {
  console.log(await (await fetch("http://localhost:" + server.address().port)).text())
  process.exit()
})`
    expect(await says("node", "-e", script)).toBe("found\n")
  })
})
