import { describe, expect, test } from "bun:test"
import { decide } from "../../src/network/decision.ts"
import { SyntheticNames } from "../../src/network/names/synthetic-names.ts"
import type { Approval } from "../../src/network/people/approvals.ts"
import { Holding } from "../../src/network/streams/holding.ts"
import type { Stream } from "../../src/network/streams/peer.ts"
import { Reserve } from "../../src/network/streams/reserve.ts"
import type { Destination } from "../../src/network/upstream/destination.ts"
import type { BorderState, Visit } from "../../src/network/visit.ts"
import { addressAt, judgeOf, nameAt, type Rules } from "../support/judges.ts"

type Asked = { answer?: Approval; process?: number; after?: Rules }

/** A connection to there under these rules, and the questions that come of it. */
function visit(dialled: Destination, rules: Rules, asked: Asked = {}) {
  let judge = judgeOf(rules)
  const signals: (AbortSignal | undefined)[] = []
  const { answer } = asked
  const state: BorderState = {
    judge: () => judge,
    lookUp: async () => [],
    proxy: undefined,
    names: new SyntheticNames(),
    hostPorts: new Set([5432]),
    approvals: {
      ask: (_, signal) => {
        signals.push(signal)
        if (asked.after !== undefined) judge = judgeOf(asked.after)
        return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer)
      },
    },
    terminator: undefined,
    reserve: new Reserve(),
    record: () => undefined,
    relayed: new Set(),
  }
  const holding = new Holding()
  const dial = {
    from: { address: "198.18.0.1", port: 1 },
    to: { address: "198.18.1.1", port: dialled.port },
    process: asked.process ?? process.pid,
    program: "",
  }
  const made: Visit = { stream: undefined as unknown as Stream, holding, dial, dialled, startedMs: 0, state }
  return { made, holding, signals }
}

const decided = async (...words: Parameters<typeof visit>) => {
  const { made, signals } = visit(...words)
  const decision = await decide(made)
  return { verdict: decision?.verdict, why: decision?.why, asked: signals.length }
}

describe("by rule", () => {
  test("a name", async () => {
    expect(await decided(nameAt("web.test"), { allow: ["web.test"] })).toEqual({
      verdict: "allow",
      why: "allow web.test (user, ~/.config/cordon/policy.yaml:1)",
      asked: 0,
    })
    expect((await decided(nameAt("web.test"), { allow: ["*"], deny: ["web.test"] })).verdict).toBe("deny")
    expect((await decided(nameAt("web.test"), {})).why).toBe("no rule allows it")
  })

  test("an address", async () => {
    expect((await decided(addressAt("203.0.113.7"), { allow: ["203.0.113.0/24"] })).verdict).toBe("allow")
    expect((await decided(addressAt("10.0.0.1"), { allow: ["*"] })).verdict).toBe("deny")
  })

  test("a port", async () => {
    expect((await decided(nameAt("web.test", 22), { allow: ["web.test:443"] })).verdict).toBe("deny")
    expect((await decided(nameAt("web.test", 443), { allow: ["web.test:443"] })).verdict).toBe("allow")
  })

  test("a port of the host, by its list and no rule", async () => {
    const own = (port: number): Destination => ({ kind: "host port", host: "127.0.0.1", port })
    expect(await decided(own(5432), {})).toEqual({ verdict: "allow", why: "host_ports 5432", asked: 0 })
    expect(await decided(own(5433), { allow: ["*", "127.0.0.1"], ask: "unlisted" })).toEqual({
      verdict: "deny",
      why: "127.0.0.1:5433 is not in host_ports",
      asked: 0,
    })
  })
})

describe("by a person", () => {
  const unlisted: Rules = { ask: "unlisted" }

  test("who allows it", async () => {
    expect(await decided(nameAt("web.test"), unlisted, { answer: "allow" })).toEqual({
      verdict: "allow",
      why: "allowed when asked",
      asked: 1,
    })
  })

  test("whose answer became a rule", async () => {
    const after: Rules = { ...unlisted, allow: ["*.test"] }
    expect((await decided(nameAt("web.test"), unlisted, { answer: "allow", after })).why).toStartWith(
      "allow *.test",
    )
  })

  test("who does not allow it", async () => {
    expect(await decided(nameAt("web.test"), unlisted, { answer: "deny" })).toEqual({
      verdict: "deny",
      why: "no rule allows it, and nobody allowed it when asked",
      asked: 1,
    })
  })

  test("whom nothing reaches", async () => {
    expect(await decided(nameAt("web.test"), unlisted, { answer: "nobody" })).toMatchObject({
      verdict: "deny",
      why: "no rule allows it, and nobody can be asked",
    })
  })

  test("who is not there", async () => {
    const { made } = visit(nameAt("web.test"), unlisted)
    const decision = await decide({ ...made, state: { ...made.state, approvals: undefined } })
    expect(decision).toMatchObject({
      verdict: "deny",
      why: "no rule allows it, and nobody can be asked",
      opening: "web.test",
    })
  })
})

describe("nobody, when the client has gone meanwhile", () => {
  const unlisted: Rules = { ask: "unlisted" }

  test("because it broke off", async () => {
    const { made, holding, signals } = visit(nameAt("web.test"), unlisted)
    const decision = decide(made)
    holding.close(new Error("reset"))
    expect(await decision).toBeUndefined()
    expect(signals[0]?.aborted).toBe(true)
  })

  test("because it said nothing, and that it will say nothing", async () => {
    const { made, holding } = visit(nameAt("web.test"), unlisted)
    const decision = decide(made)
    holding.end()
    expect(await decision).toBeUndefined()
  })

  test("because it said its last and its process has ended", async () => {
    const ended = Bun.spawnSync(["true"]).pid
    const { made, holding } = visit(nameAt("web.test"), unlisted, { process: ended })
    holding.held.add(Buffer.from("hello"))
    holding.end()
    expect(await decide(made)).toBeUndefined()
  })

  test("but not because it said its last and waits for an answer", async () => {
    const { made, holding } = visit(nameAt("web.test"), unlisted)
    holding.held.add(Buffer.from("hello"))
    holding.end()
    const first = await Promise.race([decide(made), Bun.sleep(100).then(() => "waits")])
    expect(first).toBe("waits")
    // Ends what still looks after it.
    holding.close(undefined)
  })
})
