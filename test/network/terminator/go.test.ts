/** Go's net/http through ended TLS: with an HTTP/2 and a TLS of its own, and SSL_CERT_FILE as its way to trust. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { placeholder, secret } from "../../support/ended-host.ts"
import { EndedStage } from "../../support/ended-stage.ts"
import { buildGo, goHttpClient, noGo } from "../../support/go.ts"

describe.skipIf(noGo !== undefined)(`Go [skipped when ${noGo}]`, () => {
  let stage: EndedStage
  let program: string
  beforeAll(async () => {
    stage = new EndedStage({ ownPort: true })
    program = await buildGo(stage.directory, goHttpClient)
    await stage.ready()
  }, 60_000)
  afterAll(() => stage[Symbol.asyncDispose]())

  const runGo = (env: Record<string, string>, ...words: string[]) =>
    stage.run([program, `https://api.test:${stage.port}`, ...words], {
      HERE: "1",
      TOKEN: placeholder,
      ...env,
    })

  test.each([
    ["2.0", {}, { cut: "stream error", trailer: "0" }],
    // The server says how long its answer is, so there are no chunks behind which trailers could stand.
    ["1.1", { HTTP1: "1" }, { cut: "unexpected EOF", trailer: "" }],
  ])(
    "over HTTP/%s asks, sends, waits for 100, reads trailers, and sees what is cut",
    async (version, env, { cut, trailer }) => {
      const before = stage.asked.length
      const { stdout, stderr } = await runGo({ SSL_CERT_FILE: stage.ca, ...env })
      expect(stderr).toBe("")
      const lines = stdout.trimEnd().split("\n")
      expect(lines.slice(0, -1)).toEqual([
        `HTTP/${version} 200 Bearer ${placeholder}`,
        "got 3000000",
        "got 100000",
        `content ${trailer}`,
        "50",
      ])
      expect(lines.at(-1)).toStartWith("error ")
      expect(lines.at(-1)).toContain(cut)
      const asked = stage.asked.slice(before)
      expect(asked).toHaveLength(55)
      for (const { headers } of asked) expect(headers.authorization).toBe(`Bearer ${secret}`)
    },
  )

  test("trusts nobody without it", async () => {
    const { stdout } = await runGo({}, "once")
    expect(stdout).toContain("x509: certificate signed by unknown authority")
  })
})
