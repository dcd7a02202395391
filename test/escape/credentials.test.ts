/**
 * Credentials that never enter the sandbox: what an attacker inside would look for, and what reaches the server.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { SessionEvent } from "../../src/audit/event.ts"
import { createAuthority } from "../../src/network/tls/authority.ts"
import { appears } from "../supervise/sessions.ts"
import { buildGo, goHttpClient, noGo } from "../support/go.ts"
import { runWithNames } from "../support/host-names.ts"
import { eventually } from "../support/process.ts"
import { World } from "../support/world.ts"

const secret = "ghp_SECRETsecretSECRETsecretSECRET123456"
const directory = mkdtempSync(join(tmpdir(), "cordon-credentials-"))
const file = (name: string, content: string) => {
  writeFileSync(join(directory, name), content)
  return join(directory, name)
}

let server: Bun.Subprocess<"ignore", "pipe", "inherit">
let port = 0
const asked: { url: string; headers: Record<string, string> }[] = []
const authority = createAuthority(undefined)

beforeAll(async () => {
  const { key, certificate } = authority.identityOf("api.example")
  const script = join(import.meta.dir, "../support/ended-upstream.cjs")
  const words = ["node", script, file("server.key", key), file("server.pem", certificate)]
  server = Bun.spawn(words, { stdio: ["ignore", "pipe", "inherit"] })
  void listen()
  await eventually(() => port || undefined)
})

afterAll(async () => {
  server.kill("SIGKILL")
  await server.exited
  rmSync(directory, { recursive: true, force: true })
})

async function listen(): Promise<void> {
  let rest = ""
  for await (const bytes of server.stdout) {
    const lines = (rest + Buffer.from(bytes).toString()).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const said = JSON.parse(line) as { port?: number } & (typeof asked)[number]
      if (said.port === undefined) asked.push(said)
      else port = said.port
    }
  }
}

/** A policy as a person writes it: api.example gets the token, and answers GET below /echo alone. */
const policy = () => `
network:
  mode: filtered
  allow: ["api.example:${port} GET /echo/**", "api.example:${port} GET /echo", "127.0.0.1:${port}"]
credentials:
  - name: GITHUB_TOKEN
    from: { variable: GITHUB_TOKEN }
    hosts: ["api.example:${port}"]
    as: bearer
`

function newWorld(): World {
  return new World({
    project: { "policy.yaml": policy() },
    env: { GITHUB_TOKEN: secret, OTHER_NAME: secret, SSL_CERT_FILE: file("host.pem", authority.certificate) },
  })
}

/** Runs a shell script inside; the host trusts the server's authority as it would any other. */
async function shell(script: string, programs: Readonly<Record<string, Uint8Array>> = {}) {
  using world = newWorld()
  return await shellIn(world, script, programs)
}

async function shellIn(world: World, script: string, programs: Readonly<Record<string, Uint8Array>> = {}) {
  for (const [name, bytes] of Object.entries(programs))
    writeFileSync(join(world.project, name), bytes, { mode: 0o755 })
  const options = ["--trust", "untrusted", "--config", join(world.project, "policy.yaml"), "-q"]
  const words = [...options, "--", "bash", "-c", script]
  return await runWithNames(world, { "api.example": "127.0.0.1" }, { words })
}

const bearer = '-H "Authorization: Bearer $GITHUB_TOKEN"'

describe("the secret", () => {
  test("reaches its server, and is a placeholder of its shape inside", async () => {
    const { stdout, stderr } = await shell(
      `echo "$GITHUB_TOKEN"; curl -sS -o /dev/null -w "%{http_code}" ${bearer} https://api.example:${port}/echo?mine`,
    )
    expect(stderr).toBe("")
    const [placeholder, status] = stdout.split("\n")
    expect(status).toBe("200")
    expect(placeholder).toMatch(/^ghp_[A-Z]{6}[a-z]{6}[A-Z]{6}[a-z]{6}[A-Z]{6}\d{6}$/)
    expect(placeholder).not.toBe(secret)
    expect(asked.find(({ url }) => url === "/echo?mine")?.headers.authorization).toBe(`Bearer ${secret}`)
  })

  test("is nowhere inside: environments, command lines, files, answers", async () => {
    const part = secret.slice(8, 30)
    const hidden = `$(printf %s ${[...part].reverse().join("")} | rev)`
    const { stdout } = await shell(`
      wanted=${hidden}
      all=$(cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n')
      printf %s "$all" | grep -q "$GITHUB_TOKEN" && echo placeholder found
      printf %s "$all" | grep -c "$wanted"
      grep -rl "$wanted" /run /tmp "$HOME" . 2>/dev/null | wc -l
      curl -sS -i ${bearer} https://api.example:${port}/echo | grep -c "$wanted"`)
    expect(stdout.split("\n").map(line => line.trim())).toEqual(["placeholder found", "0", "0", "0", ""])
  })
})

describe("a request that no rule allows", () => {
  test.each(["/admin", "/echo/../admin", "/echo/..%2fadmin"])("%s is refused with the reason", async path => {
    const { stdout } = await shell(
      `curl -sS --path-as-is -w " %{http_code}" https://api.example:${port}${path}`,
    )
    expect(stdout).toContain("is blocked")
    expect(stdout).toEndWith(" 403")
    expect(asked.map(({ url }) => url)).not.toContain(path)
  })
})

test("a secret without a shape of its own is under no other name either, with no network too", async () => {
  const policy = [
    "credentials:",
    "  - name: PLAIN",
    "    from: { variable: PLAIN }",
    "    hosts: [api.example]",
    "    as: bearer",
  ]
  const plain = "correct horse battery staple"
  using world = new World({ home: { "policy.yaml": policy.join("\n") } })
  const inside = async (third: string, ...options: string[]) => {
    const words = [...options, "--config", join(world.home, "policy.yaml"), "-q", "--", "printenv", "THIRD"]
    return (await world.cordon(words, { env: { PLAIN: plain, THIRD: third } })).stdout.trim()
  }
  for (const options of [[], ["-n"]]) {
    expect(await inside("something else", ...options)).toBe("something else")
    expect(await inside(`${plain}!`, ...options)).not.toContain(plain)
  }
})

test("a request that only the session's end ends is recorded, as one that was answered", async () => {
  using world = newWorld()
  const url = `https://api.example:${port}/echo`
  const waiting = (option: string) =>
    `curl -sS ${option} --max-time 20 -d x=y -G ${url}/never > /dev/null 2>&1 &`
  const isAsked = "until [ -e asked ]; do sleep 0.05; done"
  const running = shellIn(
    world,
    `curl -sS ${url}; ${waiting("--http1.1")} ${waiting("--http2")} ${isAsked}; exit 0`,
  )
  const unanswered = () => asked.filter(request => request.url.startsWith("/echo/never"))
  await eventually(() => unanswered().length === 2 || undefined)
  writeFileSync(join(world.project, "asked"), "")
  await running
  const directory = join(world.home, ".local/state/cordon/sessions")
  const log = readdirSync(directory).map(name => readFileSync(join(directory, name), "utf8"))
  const events = log
    .join("")
    .trim()
    .split("\n")
    .map(line => JSON.parse(line) as SessionEvent)
  const requests = events.flatMap(event =>
    event.kind === "connection" ? [`${event.request?.path} ${event.request?.status} ${event.sent > 0}`] : [],
  )
  expect(requests.sort()).toEqual(["/echo 200 true", "/echo/never 0 true", "/echo/never 0 true"])
  expect(events.at(-1)?.kind).toBe("end")
})

test("no core dump of Cordon holds the secret; the command's are as they were", async () => {
  using world = newWorld()
  const words = "cat /proc/self/coredump_filter > filter; echo > started; exec sleep 60"
  const running = world.start(["-q", "--config", "policy.yaml", "--", "sh", "-c", words])
  expect(await appears(world, "started")).toBe(true)
  const filterOf = (process_: number | "self") =>
    Number.parseInt(readFileSync(`/proc/${process_}/coredump_filter`, "utf8"), 16)
  expect(await eventually(() => (filterOf(running.process.pid) === 0 ? true : undefined))).toBe(true)
  expect(Number.parseInt(readFileSync(join(world.project, "filter"), "utf8"), 16)).toBe(filterOf("self"))
  running.process.kill("SIGTERM")
  await running.outcome
})

describe("the session's authority", () => {
  test("is trusted by curl, Node and Python, and speaks for no other host", async () => {
    const { stdout } = await shell(`
      url=https://api.example:${port}/echo
      node -e "fetch('$url').then(answer => console.log('node', answer.status))"
      python3 -c "import urllib.request as r; print('python', r.urlopen('$url').status)"
      openssl x509 -in /run/cordon/authority.pem -noout -ext nameConstraints | grep DNS`)
    expect(stdout.split("\n").map(line => line.trim())).toEqual([
      "node 200",
      "python 200",
      "DNS:api.example",
      "",
    ])
  })

  test.skipIf(noGo !== undefined)(
    `is trusted by programs in Go [skipped when ${noGo}]`,
    async () => {
      const place = await buildGo(directory, goHttpClient)
      const { stdout } = await shell(`TOKEN=$GITHUB_TOKEN ./client https://api.example:${port} once`, {
        client: await Bun.file(place).bytes(),
      })
      expect(stdout).toMatch(/^HTTP\/2\.0 200 Bearer ghp_\w+\n$/)
      expect(stdout).not.toContain(secret)
      expect(asked.find(({ url }) => url === "/echo?go")?.headers.authorization).toBe(`Bearer ${secret}`)
    },
    60_000,
  )

  test("has no key inside", async () => {
    const { stdout } = await shell(`grep -rl "PRIVATE KEY" /run/cordon /tmp 2>/dev/null | wc -l`)
    expect(stdout.trim()).toBe("0")
  })
})
