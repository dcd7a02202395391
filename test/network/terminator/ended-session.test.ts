import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createPathFacts } from "../../../src/host/path-facts.ts"
import { type EndedSessionRequest, endedSession } from "../../../src/network/terminator/ended-session.ts"
import type { FilteredNetwork, LaunchPlan, Mount } from "../../../src/plan/launch-plan.ts"
import type { Credential } from "../../../src/policy/credential.ts"
import { hostPattern } from "../../../src/policy/host-pattern.ts"
import { hostJudge } from "../../../src/policy/host-verdict.ts"
import { sourceOf } from "../../../src/policy/source.ts"
import { ruleOf, secret } from "../../support/ended-host.ts"

const home = realpathSync(mkdtempSync(join(tmpdir(), "cordon-session-")))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const credential: Credential = {
  name: "GITHUB_TOKEN",
  from: { kind: "variable", name: "GITHUB_TOKEN" },
  hosts: [hostPattern("api.test")],
  as: { kind: "bearer" },
}

function requestWith(change: Partial<EndedSessionRequest> = {}, mounts: Mount[] = []): EndedSessionRequest {
  const network: FilteredNetwork = {
    mode: "filtered",
    rules: [ruleOf("allow other.test GET /x")],
    ask: "never",
    askTimeoutMs: 60_000,
    hostPorts: [],
    expose: [],
    proxy: undefined,
    credentials: [credential],
  }
  const plan = {
    mounts,
    environment: { PATH: "/bin", COPY: `a ${secret}` },
    warnings: ["a warning"],
    network,
  } as unknown as LaunchPlan
  return {
    plan,
    network,
    credentials: [{ value: credential, source: sourceOf("test") }],
    environment: { GITHUB_TOKEN: secret },
    home,
    facts: createPathFacts(),
    visible: () => true,
    isWritable: () => false,
    ...change,
  }
}

describe("the plan of a session with credentials", () => {
  test("has placeholders and no secret anywhere", async () => {
    const { plan } = await endedSession(requestWith())
    expect(plan.environment.GITHUB_TOKEN).toMatch(/^ghp_[A-Z]{6}[a-z]{6}[A-Z]{6}$/)
    expect(plan.environment.COPY).toBe(`a ${plan.environment.GITHUB_TOKEN}`)
    expect(JSON.stringify(plan)).not.toContain(secret)
  })

  test("has the authority's certificate, and no key", async () => {
    const { plan } = await endedSession(requestWith())
    const own = plan.mounts.find(({ path }) => path === "/run/cordon/authority.pem")
    expect(own?.kind === "file" ? own.content : "").toContain("BEGIN CERTIFICATE")
    for (const mount of plan.mounts)
      expect("content" in mount ? Buffer.from(mount.content as string).toString("latin1") : "").not.toContain(
        "PRIVATE KEY",
      )
    expect(plan.environment.NODE_EXTRA_CA_CERTS).toBe("/run/cordon/authority.pem")
    expect(plan.warnings).toContain("a warning")
  })

  test("keeps what the person's own variables trust", async () => {
    const file = join(home, "corp.pem")
    writeFileSync(file, "-----BEGIN CERTIFICATE-----\nY29ycA==\n-----END CERTIFICATE-----\n")
    const request = requestWith()
    const plan = { ...request.plan, environment: { NODE_EXTRA_CA_CERTS: file } }
    const planned = (await endedSession({ ...request, plan })).plan
    const mount = planned.mounts.find(({ path }) => path === planned.environment.NODE_EXTRA_CA_CERTS)
    expect(mount?.kind === "file" ? mount.content : "").toContain("Y29ycA==")
  })

  test("puts its files where they can still be made", async () => {
    const mounts: Mount[] = [
      { kind: "private", path: "/run", mode: 0o755, why: "test" },
      { kind: "sealed", path: "/run", why: "test" },
    ]
    const { plan } = await endedSession(requestWith({}, mounts))
    expect(plan.mounts.at(0)?.kind).toBe("private")
    expect(plan.mounts.at(-1)?.kind).toBe("sealed")
    expect(plan.mounts.length).toBeGreaterThan(3)
  })

  test("is not there when a secret cannot be read", async () => {
    const request = requestWith({ environment: {} })
    await expect(endedSession(request)).rejects.toThrow("GITHUB_TOKEN, which is not set")
  })
})

test("each session has another authority and other placeholders", async () => {
  const [one, two] = await Promise.all([endedSession(requestWith()), endedSession(requestWith())])
  expect(one.plan.environment.GITHUB_TOKEN).not.toBe(two.plan.environment.GITHUB_TOKEN)
  expect(JSON.stringify(one.plan.mounts[0])).not.toBe(JSON.stringify(two.plan.mounts[0]))
})

test("its Terminator serves", async () => {
  const session = await endedSession(requestWith())
  const judge = hostJudge([], { ask: "never", own: [], credentials: [credential] })
  const terminator = await session.openTerminator(() => judge)
  const descriptor = terminator.serve({
    host: "api.test",
    port: 443,
    protocols: [],
    connectUpstream: () => new Promise(() => undefined),
    record: () => undefined,
  })
  expect(descriptor).toBeGreaterThan(2)
  terminator.close()
})
