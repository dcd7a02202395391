import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { UpstreamRefused } from "../../../src/network/streams/ended-connection.ts"
import { placeholder, recordText, secret } from "../../support/ended-host.ts"
import { EndedStage } from "../../support/ended-stage.ts"

let stage: EndedStage
beforeAll(async () => {
  stage = new EndedStage()
  await stage.ready()
})
afterAll(() => stage[Symbol.asyncDispose]())

const authorization = `Authorization: Bearer ${placeholder}`

describe.each([
  ["--http1.1", "1.1"],
  ["--http2", "2.0"],
])("curl %s", (option, version) => {
  test("gets its answer, and the server the secret", async () => {
    const { stdout, stderr } = await stage.curl(
      option,
      "-i",
      "-H",
      authorization,
      `https://api.test/echo?${version}`,
    )
    expect(stderr).toBe("")
    expect(stdout).toContain(`x-echo: Bearer ${placeholder}`)
    expect(stdout).not.toContain(secret)
    const asked = stage.asked.find(({ url }) => url === `/echo?${version}`)
    expect(asked).toMatchObject({ version, headers: { authorization: `Bearer ${secret}` } })
  })

  test("downloads 100 MB", async () => {
    const format = "%{size_download} %{http_version}"
    const words = [option, "-o", "/dev/null", "-w", format, "https://api.test/download?bytes=100000000"]
    expect((await stage.curl(...words)).stdout).toBe(`100000000 ${version.replace(".0", "")}`)
  })

  test("uploads 100 MB, and as much as comes when nobody says how much", async () => {
    const curl = `curl -sS ${option} --cacert "$CA" --connect-to api.test:443:127.0.0.1:$PORT`
    const url = "https://api.test/upload"
    const whole = `head -c 100000000 /dev/zero > zeros && ${curl} -T zeros ${url}`
    expect((await stage.run(["sh", "-c", whole])).stdout).toBe("got 100000000")
    const piped = `head -c 10000000 /dev/zero | ${curl} -T - ${url}`
    expect((await stage.run(["sh", "-c", piped])).stdout).toBe("got 10000000")
  })

  test("asks several times on one connection", async () => {
    const before = stage.records.length
    const urls = ["1", "2", "3"].map(name => `https://api.test/echo?again=${name}`)
    const { stdout } = await stage.curl(option, "-w", "\n%{num_connects}\n", ...urls)
    expect(stdout.split("\n").filter(line => /^\d$/.test(line))).toEqual(["1", "0", "0"])
    const records = (await stage.recorded(before + 3)).slice(before)
    expect(records.map(recordText)).toEqual(Array.from({ length: 3 }, () => "GET /echo 200 allow"))
  })

  test("does not take half an answer for a whole one", async () => {
    const { code, stdout } = await stage.curl(option, "https://api.test/cut")
    expect(code).not.toBe(0)
    expect(stdout).toBe("half of it")
  })

  test("is not let through by its own trust in others", async () => {
    const there = ["--connect-to", `api.test:443:127.0.0.1:${stage.port}`]
    const { code } = await stage.run(["curl", "-sS", option, ...there, "https://api.test/echo"])
    expect(code).toBe(60)
  })
})

test("what is refused is answered the same way over both", async () => {
  await using strict = new EndedStage({ rules: ["allow api.test GET /echo"] })
  for (const option of ["--http1.1", "--http2"]) {
    const words = [option, "--path-as-is", "-w", " %{http_code}", "https://api.test/echo/../admin"]
    const { stdout } = await strict.curl(...words)
    expect(stdout).toStartWith("cordon: GET https://api.test/echo/../admin is blocked: ")
    expect(stdout).toEndWith("\n 403")
    expect(
      (await strict.curl(option, "-w", "%{http_code}", "-o", "/dev/null", "https://api.test/echo")).stdout,
    ).toBe("200")
  }
  expect(strict.asked.map(({ url }) => url)).toEqual(["/echo", "/echo"])
  expect(strict.records.map(recordText).sort()).toEqual([
    "GET /echo 200 allow",
    "GET /echo 200 allow",
    "GET /echo/../admin 403 deny",
    "GET /echo/../admin 403 deny",
  ])
})

describe("the protocol", () => {
  test.each([
    ["h2,http/1.1", "--http2", "2"],
    ["http/1.1", "--http2", "1.1"],
    ["h2,http/1.1", "--http1.1", "1.1"],
    ["h2,http/1.1", "--no-alpn", "1.1"],
  ])("of a server with %s and curl %s is %s", async (protocols, option, version) => {
    await using other = new EndedStage({ protocols })
    const words = [option, "-o", "/dev/null", "-w", "%{http_version}", "https://api.test/echo"]
    expect((await other.curl(...words)).stdout).toBe(version)
  })
})

describe("a server that is not who it should be", () => {
  test.each([
    ["with another name in its certificate", { name: "evil.test" }],
    ["signed by nobody we know", { trusted: false }],
  ])("%s gets no request, and the client a 502 that says so", async (_, options) => {
    await using other = new EndedStage(options)
    for (const option of ["--http1.1", "--http2"]) {
      const { stdout } = await other.curl(
        option,
        "-H",
        authorization,
        "-w",
        " %{http_code}",
        "https://api.test/echo",
      )
      expect(stdout).toMatch(/^cordon: no trusted connection to api\.test: .*\n 502$/)
    }
    expect(other.asked).toEqual([])
    expect(other.records.map(recordText)).toEqual(["GET /echo 502 deny", "GET /echo 502 deny"])
  })

  test("cannot be reached, for a reason that the client reads", async () => {
    await using other = new EndedStage({ refused: new UpstreamRefused(403, "private address 10.0.0.1") })
    const { stdout } = await other.curl("-w", " %{http_code}", "https://api.test/echo")
    expect(stdout).toBe("cordon: private address 10.0.0.1\n 403")
  })

  test("is said to a client that speaks nothing but HTTP/2", async () => {
    await using other = new EndedStage({ refused: new UpstreamRefused(504, "api.test does not answer") })
    const { stdout } = await other.run(["node", "-e", http2Client, "h2"])
    expect(stdout).toBe("504 cordon: api.test does not answer\n")
  })
})

/** Asks for /echo over HTTP/2, and nothing else. */
const http2Client = `
const { connect: secure } = require("node:tls")
const options = { port: process.env.PORT, host: "127.0.0.1", servername: "api.test", ALPNProtocols: ["h2"], ca: require("fs").readFileSync(process.env.CA) }
const session = require("node:http2").connect("https://api.test", { createConnection: () => secure(options) })
const stream = session.request({ ":path": "/echo" })
let status
stream.on("response", headers => (status = headers[":status"]))
stream.on("data", data => process.stdout.write(status + " " + data))
stream.on("end", () => session.close())
stream.end()
`

describe("streams", () => {
  test.each(["--http1.1", "--http2"])(
    "of events come one by one over %s: each is sent when the last one was seen",
    async option => {
      const client = `
curl -sSN ${option} --cacert "$CA" --connect-to api.test:443:127.0.0.1:$PORT https://api.test/events | while read -r line; do
  case "$line" in data:*) echo "$line"
    next=$((\${line#data: } + 1))
    curl -sS --cacert "$CA" --connect-to api.test:443:127.0.0.1:$PORT "https://api.test/seen?next=$next" ;;
  esac
done`
      const { stdout, stderr } = await stage.run(["sh", "-c", client])
      expect(stderr).toBe("")
      expect(stdout).toBe("data: 0\ndata: 1\ndata: 2\ndata: 3\n")
    },
  )

  test("of a WebSocket go both ways", async () => {
    const client = `
const socket = require("node:tls").connect({ port: process.env.PORT, host: "127.0.0.1", servername: "api.test", ca: require("fs").readFileSync(process.env.CA) })
const frame = text => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
socket.write("GET /socket HTTP/1.1\\r\\nHost: api.test\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nAuthorization: Bearer ${placeholder}\\r\\n\\r\\n")
let count = 0
socket.on("data", data => {
  console.log(String(data).split("\\r\\n")[0].replace(/[^ -~]/g, "."))
  if (count === 3) return socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
  socket.write(frame("message " + count++))
})`
    const { stdout } = await stage.run(["node", "-e", client])
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "HTTP/1.1 101 Switching Protocols",
      "..message 0",
      "..message 1",
      "..message 2",
    ])
    expect(stage.asked.find(({ url }) => url === "/socket")?.headers.authorization).toBe(`Bearer ${secret}`)
  })
})

test("many connections at once, none lost", async () => {
  const client = `
const { connect } = require("node:tls")
const ca = require("fs").readFileSync(process.env.CA)
let left = 200, good = 0
for (let index = 0; index < 200; index++) {
  const socket = connect({ port: process.env.PORT, host: "127.0.0.1", servername: "api.test", ca }, () =>
    socket.write("GET /echo HTTP/1.1\\r\\nHost: api.test\\r\\nConnection: close\\r\\n\\r\\n"))
  let text = ""
  socket.on("data", data => (text += data))
  socket.on("error", error => console.log(error.code))
  socket.on("close", () => {
    if (text.startsWith("HTTP/1.1 200")) good++
    if (--left === 0) console.log("good " + good)
  })
}`
  expect((await stage.run(["node", "-e", client])).stdout).toBe("good 200\n")
})
