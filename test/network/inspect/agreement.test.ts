import { describe, expect, test } from "bun:test"
import { disagreement } from "../../../src/network/inspect/agreement.ts"
import type { Destination } from "../../../src/network/upstream/destination.ts"
import { addressAt, judgeOf, nameAt, type Rules } from "../../support/judges.ts"

/** What is said against a host that a client names, "" when nothing is. */
function flaw(claimed: string, dialled: Destination, rules: Rules = {}, port?: number): string {
  return disagreement("Host", { host: claimed, port }, dialled, judgeOf(rules))?.why ?? ""
}

describe("a name that was dialled", () => {
  test("is the one that may be named", () => {
    expect(flaw("web.test", nameAt("web.test"))).toBe("")
  })

  test.each(["other.test", "www.web.test", "test", "10.0.0.1", "2001:db8::1"])("is not %s", claimed => {
    // Whether the other one is allowed makes no difference: it would have to be dialled.
    expect(flaw(claimed, nameAt("web.test"), { allow: ["*", "10.0.0.1"] })).toBe(
      `Host is ${claimed}, and web.test:443 is what was dialled`,
    )
  })

  test("goes with its own port, or none", () => {
    expect(flaw("web.test", nameAt("web.test", 8080), {}, 8080)).toBe("")
    expect(flaw("web.test", nameAt("web.test", 8080))).toBe("")
    expect(flaw("web.test", nameAt("web.test", 8080), {}, 80)).toBe(
      "Host says port 80, and web.test:8080 is what was dialled",
    )
  })

  test("cannot be opened by an option", () => {
    const found = disagreement(
      "Host",
      { host: "other.test", port: undefined },
      nameAt("web.test"),
      judgeOf({}),
    )
    expect(found?.opening).toBeUndefined()
  })
})

describe("an address that was dialled", () => {
  test("may be named itself", () => {
    expect(flaw("203.0.113.7", addressAt("203.0.113.7"))).toBe("")
    expect(flaw("2001:db8::1", addressAt("2001:db8::1"))).toBe("")
  })

  test("is no other address", () => {
    expect(flaw("203.0.113.8", addressAt("203.0.113.7"), { allow: ["203.0.113.0/24"] })).toContain(
      "Host is 203.0.113.8",
    )
  })

  test("may go by a name that is allowed", () => {
    expect(flaw("web.test", addressAt("203.0.113.7"), { allow: ["web.test"] })).toBe("")
    expect(flaw("web.test", addressAt("203.0.113.7"), { allow: ["*"] })).toBe("")
  })

  test("does not go by a name that is not", () => {
    expect(flaw("web.test", addressAt("203.0.113.7"), { allow: ["203.0.113.7"] })).toBe(
      "Host is web.test: no rule allows it",
    )
    expect(flaw("web.test", addressAt("203.0.113.7"), { allow: ["*"], deny: ["web.test"] })).toBe(
      "Host is web.test: deny web.test (user, ~/.config/cordon/policy.yaml:1)",
    )
    expect(flaw("web.test", addressAt("203.0.113.7"), { ask: "unlisted" })).toContain("no rule allows it")
  })

  test("says what would allow the name", () => {
    const found = disagreement(
      "TLS server name",
      { host: "web.test", port: undefined },
      addressAt("203.0.113.7"),
      judgeOf({ allow: ["203.0.113.7"] }),
    )
    expect(found).toEqual({ why: "TLS server name is web.test: no rule allows it", opening: "web.test" })
  })

  test("is no way round rules for the requests of a name", () => {
    const rules = { allow: ["web.test GET /public/**", "203.0.113.7"] }
    expect(flaw("web.test", addressAt("203.0.113.7"), rules)).toBe(
      "Host is web.test, whose requests the policy looks at: dial it by its name",
    )
    // On another port there are none.
    expect(
      flaw("web.test", addressAt("203.0.113.7", 8443), { allow: ["web.test:443 GET /**", "web.test:8443"] }),
    ).toBe("")
  })
})
