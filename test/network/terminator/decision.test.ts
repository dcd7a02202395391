import { describe, expect, test } from "bun:test"
import { authorityOf } from "../../../src/network/http/authority.ts"
import {
  type AskedRequest,
  authorityText,
  decide,
  pathOf,
  refusal,
  refusalBody,
} from "../../../src/network/terminator/decision.ts"
import { type EndedOptions, endedHost, placeholder, secret } from "../../support/ended-host.ts"

function decisionOn(change: Partial<AskedRequest> & { host?: string } = {}, options: EndedOptions = {}) {
  const { host = "api.test", ...more } = change
  return decide(endedHost(options), {
    method: "GET",
    target: "/",
    authorities: [authorityOf(host)],
    headers: [],
    ...more,
  })
}

describe("the host", () => {
  test.each(["api.test", "API.TEST", "api.test.", "api.test:443"])("%s is the one that was dialled", host => {
    expect(decisionOn({ host }).kind).toBe("pass")
  })

  test.each(["evil.test", "api.test.evil.com", "api.test:80", "user@api.test", "", "api.test:443:443"])(
    "%j is not",
    host => {
      expect(decisionOn({ host })).toMatchObject({ kind: "refuse", status: 421 })
    },
  )

  test("has its own port", () => {
    expect(decisionOn({ host: "api.test:8443" }, { port: 8443 }).kind).toBe("pass")
    expect(decisionOn({ host: "api.test" }, { port: 8443 }).kind).toBe("pass")
    expect(decisionOn({ host: "api.test:443" }, { port: 8443 }).kind).toBe("refuse")
  })

  test("must be it wherever one is named; none need be", () => {
    const [good, bad] = [authorityOf("api.test"), authorityOf("evil.test")]
    expect(decisionOn({ authorities: [good, good] }).kind).toBe("pass")
    expect(decisionOn({ authorities: [good, bad] })).toMatchObject({ status: 421 })
    expect(decisionOn({ authorities: [good, undefined] })).toMatchObject({ status: 421 })
    expect(decisionOn({ authorities: [] }).kind).toBe("pass")
  })

  test("is said as Host says it", () => {
    expect(authorityText({ host: "api.test", port: 443 })).toBe("api.test")
    expect(authorityText({ host: "api.test", port: 8443 })).toBe("api.test:8443")
  })
})

describe("what answers with the request, secret included", () => {
  test.each(["TRACE", "trace", "Trace", "TRACK", "CONNECT", "connect"])("%s is never passed on", method => {
    expect(decisionOn({ method })).toMatchObject({ kind: "refuse", status: 405 })
    for (const name of ["X-HTTP-Method-Override", "x-method-override", "X_HTTP_Method-Override"])
      expect(decisionOn({ method: "POST", headers: [[name, method]] })).toMatchObject({
        kind: "refuse",
        status: 405,
      })
  })
})

describe("the method", () => {
  const rules = ["allow api.test GET,POST /x"]

  test.each(["GET", "POST", "HEAD"])("%s passes where a rule allows it", method => {
    expect(decisionOn({ method, target: "/x" }, { rules }).kind).toBe("pass")
  })

  test.each(["DELETE", "PUT", "PROPFIND"])("%s does not where none does", method => {
    expect(decisionOn({ method, target: "/x" }, { rules })).toMatchObject({ kind: "refuse", status: 403 })
  })

  test.each(["TRACE", "CONNECT"])("%s never passes", method => {
    expect(decisionOn({ method })).toMatchObject({ kind: "refuse", status: 405 })
  })

  test.each(["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X_HTTP_METHOD_OVERRIDE"])(
    "that %s names is judged as well",
    name => {
      const asked = (value: string) =>
        decisionOn({ method: "POST", target: "/x", headers: [[name, value]] }, { rules })
      expect(asked("GET").kind).toBe("pass")
      expect(asked("DELETE")).toMatchObject({ kind: "refuse", status: 403 })
      expect(asked(" delete ")).toMatchObject({ kind: "refuse", status: 403 })
    },
  )
})

describe("the path", () => {
  const rules = ["allow api.test GET /x/**", "deny api.test GET /x/secret"]

  test.each(["/x/a", "/x/a?b=/../c", "/x/a%20b"])("%s passes", target => {
    expect(decisionOn({ target }, { rules })).toMatchObject({ kind: "pass", target })
  })

  test.each(["/y", "/x/secret", "/x/a/../secret", "/x/%73ecret", "/x/SECRET", "/x/a%2f..%2f..%2fy"])(
    "%s does not",
    target => {
      expect(decisionOn({ target }, { rules }).kind).toBe("refuse")
    },
  )

  test.each(["X-Original-URL", "x-rewrite-url", "x_original_url"])(
    "that %s names is judged as well",
    name => {
      const asked = (value: string, rules?: string[]) =>
        decisionOn({ target: "/x/a", headers: [[name, value]] }, rules ? { rules } : {})
      expect(asked("/x/b", [...rules]).kind).toBe("pass")
      expect(asked("/y", [...rules]).kind).toBe("refuse")
      expect(asked("/y").kind).toBe("pass")
    },
  )

  test("is said without its query", () => {
    expect(pathOf("/x?token=1")).toBe("/x")
    expect(pathOf("/x#y")).toBe("/x")
    expect(pathOf("*")).toBe("*")
  })
})

test("a request that passes has its secret", () => {
  const decision = decisionOn({ headers: [["authorization", `Bearer ${placeholder}`]] })
  expect(decision).toMatchObject({ kind: "pass", headers: [["authorization", `Bearer ${secret}`]] })
})

test("one that is refused is told why and what to do, in plain print", () => {
  const rules = ["allow api.test GET /x"]
  const told = decisionOn({ method: "POST", target: "/x" }, { rules })
  expect(told).toMatchObject({
    rule: "no rule allows this request",
    text: "POST https://api.test/x is blocked: no rule allows this request\nto allow it: cordon run --allow-host 'api.test POST /x'",
  })
  const hostile = decisionOn({ target: "/\u001b[2J\u202e" }, { rules })
  expect(hostile.kind === "refuse" ? hostile.text : "").not.toMatch(/[\u001b\u202e]/)
})

test("a path of any length makes no long answer, and no rule that is cut", () => {
  const told = decisionOn({ target: `/${"a".repeat(60_000)}` }, { rules: ["allow api.test GET /x"] })
  const text = told.kind === "refuse" ? told.text : ""
  expect(text.length).toBeLessThan(1100)
  expect(text).toStartWith("GET https://api.test/aaa")
  expect(text).toEndWith("a… is blocked: no rule allows this request")
})

test("a host that cannot be reached is the reason for all", () => {
  const failure = refusal(502, "no trusted connection")
  expect(decisionOn({}, { failure })).toEqual(failure)
  expect(decisionOn({ host: "evil.test" }, { failure })).toMatchObject({ status: 421 })
})

test("a body of ours begins with our name and ends its line", () => {
  expect(String(refusalBody("no"))).toBe("cordon: no\n")
})
