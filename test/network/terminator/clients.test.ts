import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { hostAuthorities } from "../../../src/host/authorities.ts"
import { javaStoreWith } from "../../../src/plan/java-trust.ts"
import { placeholder, secret } from "../../support/ended-host.ts"
import { EndedStage } from "../../support/ended-stage.ts"

/** Clients as people have them, each with the trust that it has inside: the stage's name and port are in no DNS. */
let stage: EndedStage
let bundle: string
beforeAll(async () => {
  stage = new EndedStage({ ownPort: true })
  await stage.ready()
  bundle = join(stage.directory, "bundle.pem")
  const authorities = [...hostAuthorities({}), stage.authority.certificate]
  writeFileSync(bundle, authorities.join("\n"))
})
afterAll(() => stage[Symbol.asyncDispose]())

const url = (path: string) => `https://api.test:${stage.port}${path}`
const asked = (path: string) => stage.asked.find(({ url }) => url === path)

const python = Bun.which("python3")
const requests = python !== null && Bun.spawnSync([python, "-c", "import requests"]).exitCode === 0
const httpx = python !== null && Bun.spawnSync([python, "-c", "import httpx"]).exitCode === 0
const java = Bun.which("java")
const git = Bun.which("git")
const openssl = Bun.which("openssl")

/** Python whose api.test is this machine. */
const pythonHere = `
import socket, os
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *more, **named: real("127.0.0.1" if host == "api.test" else host, *more, **named)
url, token = os.environ["URL"], os.environ["TOKEN"]
`

describe.skipIf(python === null)("Python [skipped when python3 is not installed]", () => {
  const runPython = (script: string, path: string, env: Record<string, string>) =>
    stage.run([python ?? "", "-c", pythonHere + script], { URL: url(path), TOKEN: placeholder, ...env })

  test("its own library finds the authority by SSL_CERT_FILE", async () => {
    const script = `
import urllib.request
request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
print(urllib.request.urlopen(request).status)`
    const { stdout, stderr } = await runPython(script, "/echo?urllib", { SSL_CERT_FILE: bundle })
    expect(stdout + stderr).toBe("200\n")
    expect(asked("/echo?urllib")?.headers.authorization).toBe(`Bearer ${secret}`)
    expect((await runPython(script, "/echo?untrusted", {})).stderr).toContain("CERTIFICATE_VERIFY_FAILED")
  })

  test.skipIf(!requests)(
    "requests by REQUESTS_CA_BUNDLE [skipped when requests is not installed]",
    async () => {
      const script = `
import requests
session = requests.Session()
session.headers["Authorization"] = "Bearer " + token
print([session.get(url).status_code for _ in range(3)], session.post(url, data=iter([b"a", b"b"])).status_code)`
      const { stdout, stderr } = await runPython(script, "/echo?requests", { REQUESTS_CA_BUNDLE: bundle })
      expect(stdout + stderr).toBe("[200, 200, 200] 200\n")
      expect(asked("/echo?requests")?.headers.authorization).toBe(`Bearer ${secret}`)
    },
  )

  test.skipIf(!httpx)("httpx by SSL_CERT_FILE [skipped when httpx is not installed]", async () => {
    const script = `
import httpx
print(httpx.get(url, headers={"Authorization": "Bearer " + token}).status_code)`
    const { stdout } = await runPython(script, "/echo?httpx", { SSL_CERT_FILE: bundle })
    expect(stdout).toBe("200\n")
    expect(asked("/echo?httpx")?.headers.authorization).toBe(`Bearer ${secret}`)
  })
})

describe("Node", () => {
  const here = `
const dns = require("node:dns")
const real = dns.lookup
dns.lookup = (host, options, done) => real(host === "api.test" ? "127.0.0.1" : host, options, done)
const headers = { authorization: "Bearer " + process.env.TOKEN }
`
  const runNode = (
    script: string,
    path: string,
    env: Record<string, string> = { NODE_EXTRA_CA_CERTS: stage.ca },
  ) => stage.run(["node", "-e", here + script], { URL: url(path), TOKEN: placeholder, ...env })

  test("fetch finds the authority by NODE_EXTRA_CA_CERTS", async () => {
    const script = `fetch(process.env.URL, { headers }).then(async answer => console.log(answer.status, (await answer.json()).authorization))`
    const { stdout, stderr } = await runNode(script, "/echo?fetch")
    expect(stderr).toBe("")
    expect(stdout).toBe(`200 Bearer ${placeholder}\n`)
    expect(asked("/echo?fetch")?.headers.authorization).toBe(`Bearer ${secret}`)
    expect((await runNode(script, "/echo?untrusted", {})).stderr).toContain("CERT")
  })

  test("fetch sends a body of unknown length and reads the answer as it comes", async () => {
    const script = `
const body = new ReadableStream({ start(control) { for (const word of ["one", "two"]) control.enqueue(Buffer.from(word)); control.close() } })
fetch(process.env.URL, { method: "POST", duplex: "half", headers, body }).then(async answer => console.log(await answer.text()))`
    expect((await runNode(script, "/upload")).stdout).toBe("got 6\n")
  })

  test("its HTTP/2 has many streams at once, and trailers", async () => {
    const script = `
const session = require("node:http2").connect(new URL(process.env.URL).origin, { lookup: dns.lookup })
let left = 50
for (let index = 0; index < 50; index++) {
  const stream = session.request({ ":path": "/trailers", ...headers })
  stream.on("trailers", trailers => { if (trailers["grpc-status"] !== "0") console.log("no trailers") })
  stream.on("data", () => undefined)
  stream.on("end", () => { if (--left === 0) { console.log("all"); session.close() } })
  stream.end()
}`
    const { stdout, stderr } = await runNode(script, "/")
    expect(stdout + stderr).toBe("all\n")
  })

  test("its HTTP/2 sees that a stream was reset, and by which error", async () => {
    const script = `
const session = require("node:http2").connect(new URL(process.env.URL).origin, { lookup: dns.lookup })
const stream = session.request({ ":path": "/cut" })
stream.on("data", data => console.log(String(data)))
stream.on("error", error => console.log(error.code))
stream.on("close", () => { console.log("reset", stream.rstCode); session.close() })
stream.end()`
    const { stdout } = await runNode(script, "/")
    expect(stdout).toBe("half of it\nERR_HTTP2_STREAM_ERROR\nreset 2\n")
  })
})

const javaClient = `
import java.net.*; import java.net.http.*; import java.net.http.HttpResponse.BodyHandlers; import javax.net.ssl.*;
public class Client {
  public static void main(String[] words) throws Exception {
    String token = "Bearer " + System.getenv("TOKEN");
    HttpsURLConnection connection = (HttpsURLConnection) new URL(words[0] + "/echo?java").openConnection();
    connection.setRequestProperty("Authorization", token);
    System.out.println(connection.getResponseCode());
    HttpRequest request = HttpRequest.newBuilder(URI.create(words[0] + "/echo?java2")).header("Authorization", token).build();
    HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    System.out.println(answer.version() + " " + answer.statusCode());
  }
}`

describe.skipIf(java === null)("Java [skipped when java is not installed]", () => {
  const store = ["/etc/ssl/certs/java/cacerts", "/etc/pki/java/cacerts"].find(existsSync)

  test.skipIf(store === undefined)(
    "finds the authority in its own store, over both versions of HTTP [skipped when there is no store]",
    async () => {
      const own = join(stage.directory, "cacerts")
      writeFileSync(own, javaStoreWith(readFileSync(store ?? ""), stage.authority.certificate) ?? "")
      const [source, hosts] = [join(stage.directory, "Client.java"), join(stage.directory, "hosts")]
      writeFileSync(source, javaClient)
      writeFileSync(hosts, "127.0.0.1 api.test\n")
      const options = [`-Djavax.net.ssl.trustStore=${own}`, `-Djdk.net.hosts.file=${hosts}`]
      const { stdout, stderr } = await stage.run([java ?? "", ...options, source, url("")], {
        TOKEN: placeholder,
      })
      expect(stdout + stderr).toBe("200\nHTTP_2 200\n")
      expect(asked("/echo?java")?.headers.authorization).toBe(`Bearer ${secret}`)
      expect(asked("/echo?java2")?.headers.authorization).toBe(`Bearer ${secret}`)
    },
  )
})

describe.skipIf(git === null)("git [skipped when it is not installed]", () => {
  test("sends the password of a user, which is swapped", async () => {
    await using other = new EndedStage({ ownPort: true, as: { kind: "basic", user: "git" } })
    await other.ready()
    const place = `https://git:${placeholder}@api.test:${other.port}/repo.git`
    const resolve = `http.curloptResolve=api.test:${other.port}:127.0.0.1`
    const { stderr } = await other.run([git ?? "", "-c", resolve, "ls-remote", place], {
      GIT_SSL_CAINFO: other.ca,
      GIT_TERMINAL_PROMPT: "0",
    })
    expect(stderr).toContain("Authentication failed")
    const sent = other.asked.map(({ headers }) => headers.authorization)
    expect(sent).toContain(`Basic ${Buffer.from(`git:${secret}`).toString("base64")}`)
  })
})

describe.skipIf(openssl === null)("openssl s_client [skipped when openssl is not installed]", () => {
  test("verifies the chain and the name, and names the protocol", async () => {
    const words = [
      "s_client",
      "-connect",
      `127.0.0.1:${stage.port}`,
      "-servername",
      "api.test",
      "-CAfile",
      stage.ca,
    ]
    const more = [
      "-verify_hostname",
      "api.test",
      "-verify_return_error",
      "-x509_strict",
      "-alpn",
      "h2,http/1.1",
    ]
    const { stdout } = await stage.run([openssl ?? "", ...words, ...more])
    expect(stdout).toContain("Verify return code: 0 (ok)")
    expect(stdout).toContain("ALPN protocol: h2")
    expect(stdout).toMatch(/s:O = Cordon, CN = api\.test\n\s*i:O = Cordon, CN = Cordon session/)
  })

  test.each([["-tls1_2"], ["-tls1_3"]])("with %s", async version => {
    const words = [
      "s_client",
      version,
      "-connect",
      `127.0.0.1:${stage.port}`,
      "-servername",
      "api.test",
      "-CAfile",
      stage.ca,
    ]
    expect((await stage.run([openssl ?? "", ...words])).stdout).toContain("Verify return code: 0 (ok)")
  })

  test("with an older version gets none", async () => {
    const words = [
      "s_client",
      "-tls1_1",
      "-cipher",
      "DEFAULT:@SECLEVEL=0",
      "-connect",
      `127.0.0.1:${stage.port}`,
    ]
    expect((await stage.run([openssl ?? "", ...words, "-servername", "api.test"])).code).not.toBe(0)
  })

  test("without a protocol that we carry gets the alert", async () => {
    const words = [
      "s_client",
      "-alpn",
      "imap",
      "-connect",
      `127.0.0.1:${stage.port}`,
      "-servername",
      "api.test",
    ]
    const { stderr, stdout } = await stage.run([openssl ?? "", ...words])
    expect(stderr + stdout).toContain("no application protocol")
  })
})

test("no client and no file of theirs ever had the secret, or a key of ours", async () => {
  const { key } = stage.authority.identityOf("api.test")
  const [, line = key] = key.split("\n")
  for (const name of readdirSync(stage.directory)) {
    const text = readFileSync(join(stage.directory, name), "latin1")
    expect(text).not.toContain(secret)
    expect(text).not.toContain(line)
  }
  const here = ["--resolve", `api.test:${stage.port}:127.0.0.1`, "-H", `Authorization: Bearer ${placeholder}`]
  const { stdout } = await stage.curl("-i", ...here, url("/echo?last"))
  expect(stdout).toContain("200")
  expect(stdout).not.toContain(secret)
  expect(asked("/echo?last")?.headers.authorization).toBe(`Bearer ${secret}`)
})
