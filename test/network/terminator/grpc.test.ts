/** gRPC through ended TLS: its own client and its own server, both of Node. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { placeholder, recordText, secret } from "../../support/ended-host.ts"
import { EndedStage } from "../../support/ended-stage.ts"
import { grpcClient, grpcModules, grpcServer, noGrpc } from "../../support/grpc.ts"
import { eventually } from "../../support/process.ts"

type Said = { port?: number; path?: string; authorization?: string }

describe.skipIf(noGrpc !== undefined)(`gRPC [skipped when ${noGrpc}]`, () => {
  let stage: EndedStage
  const said: Said[] = []
  let server: Bun.Subprocess<"ignore", "pipe", "inherit">
  beforeAll(async () => {
    stage = new EndedStage({ rules: ["allow api.test POST /test.Echo/**"] })
    await stage.ready()
    const files = ["server.key", "server.pem"].map(name => join(stage.directory, name))
    const env = { PATH: process.env.PATH ?? "", NODE_PATH: grpcModules }
    server = Bun.spawn(["node", "-e", grpcServer, ...files], { stdio: ["ignore", "pipe", "inherit"], env })
    void listen(server.stdout)
    const port = await eventually(() => said[0]?.port)
    if (port === undefined) throw new Error("the server does not start")
    stage.upstreamPort = port
  })
  afterAll(async () => {
    server.kill("SIGKILL")
    await server.exited
    await stage[Symbol.asyncDispose]()
  })

  async function listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = ""
    for await (const bytes of stream) {
      const lines = (rest + Buffer.from(bytes).toString()).split("\n")
      rest = lines.pop() ?? ""
      said.push(...lines.map(line => JSON.parse(line) as Said))
    }
  }

  const client = (script: string) =>
    stage.run(["node", "-e", grpcClient + script], { NODE_PATH: grpcModules, TOKEN: placeholder })
  const calls = (path: string) => said.filter(call => call.path === path)
  const trailers = `last | Bearer ${placeholder} | 0001feff`

  test("a call is answered, with its status in trailers, and the server has the secret", async () => {
    const { stdout, stderr } = await client(`
      client.unary(Buffer.from("hello"), metadata, (error, answer) => print(error, String(answer)))
        .on("status", status => { print(trailersOf(status)); client.close() })`)
    expect(stderr).toBe("")
    expect(stdout.split("\n").sort().filter(Boolean)).toEqual([`0 | OK | ${trailers}`, "null hello"])
    expect(calls("/test.Echo/Unary")).toEqual([
      { path: "/test.Echo/Unary", authorization: `Bearer ${secret}` },
    ])
  })

  test("an error comes as the server says it", async () => {
    const { stdout } = await client(`
      client.fail(Buffer.from("x"), metadata, error => { print(trailersOf(error)); client.close() })`)
    expect(stdout).toBe(`7 | not for you: 100% ü | ${trailers}\n`)
  })

  test("a stream of requests goes up, more than fits into a window", async () => {
    const { stdout } = await client(`
      const stream = client.up(metadata, (error, answer) => { print(error, String(answer)); client.close() })
      const piece = Buffer.alloc(100_000)
      let left = 200
      const more = () => { while (left > 0) { left--; if (!stream.write(piece)) return stream.once("drain", more) } stream.end() }
      more()`)
    expect(stdout).toBe("null 20000000\n")
  })

  test("a stream of answers comes down, whole and in order", async () => {
    const { stdout } = await client(`
      const stream = client.down(Buffer.from("x"), metadata)
      let next = 0
      stream.on("data", data => { if (String(data) === String(next)) next++ })
      stream.on("status", status => { print(next, trailersOf(status)); client.close() })`)
    expect(stdout).toBe(`1000 0 | OK | ${trailers}\n`)
  })

  test("both at once: each message is sent when the last one has come back", async () => {
    const { stdout } = await client(`
      const stream = client.both(metadata)
      let count = 0
      stream.on("data", data => { if (String(data) !== "message " + count++) print("wrong", String(data)); count < 200 ? stream.write(Buffer.from("message " + count)) : stream.end() })
      stream.on("status", status => { print(count, trailersOf(status)); client.close() })
      stream.write(Buffer.from("message 0"))`)
    expect(stdout).toBe(`200 0 | OK | ${trailers}\n`)
  })

  test("many calls at once share a connection, and a large message is one", async () => {
    const { stdout } = await client(`
      const one = index => new Promise(resolve => client.unary(Buffer.alloc(index === 0 ? 3_000_000 : 1000, index), metadata, (error, answer) => resolve(error?.message ?? answer.length)))
      Promise.all(Array.from({ length: 100 }, (_, index) => one(index))).then(sizes => {
        print(sizes[0], sizes.filter(size => size === 1000).length)
        client.close()
      })`)
    expect(stdout).toBe("3000000 99\n")
  })

  test("a deadline that passes cancels the call at the server too", async () => {
    const { stdout } = await client(`
      client.slow(Buffer.from("x"), metadata, { deadline: Date.now() + 300 }, error => { print(error.code); client.close() })`)
    expect(stdout).toBe("4\n")
    expect(await eventually(() => calls("cancelled")[0])).toEqual({ path: "cancelled" })
  })

  test("what no rule allows is refused with a reason that the client shows", async () => {
    const { stdout } = await client(`
      client.makeUnaryRequest("/other.Service/Call", same, same, Buffer.from("x"), metadata, error => { print(error.code, error.details); client.close() })`)
    // 7: permission denied, as gRPC has it for HTTP's 403.
    expect(stdout).toStartWith("7 ")
    expect(stdout).toContain("403")
    expect(said.map(({ path }) => path)).not.toContain("/other.Service/Call")
  })

  test("no call was recorded with its messages, and each was", async () => {
    const texts = stage.records.map(recordText)
    expect(texts).toContain("POST /test.Echo/Both 200 allow")
    expect(texts).toContain("POST /other.Service/Call 403 deny")
    expect(JSON.stringify(stage.records)).not.toContain(secret)
  })
})
