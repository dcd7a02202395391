/** Rules about requests: which of them a host that is allowed may be sent. */
import { describe, expect, test } from "bun:test"
import { type HostVerdict, hostJudge } from "../../src/policy/host-verdict.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { hostRule } from "./naive-model.ts"

const facts = { ask: "never", own: [], credentials: [] } as const

function asked(rules: readonly HostRule[], request: string, host = "api.github.com"): HostVerdict {
  const [method = "", path = ""] = request.split(" ")
  return hostJudge(rules, facts).judgeRequest(host, 443, { method, path })
}

function verdict(texts: readonly string[], request: string): string {
  return asked(
    texts.map(text => hostRule(text)),
    request,
  ).verdict
}

const api = "allow api.github.com"

describe("a host that is allowed for some requests", () => {
  test.each([
    ["GET /repos/a", "allow"],
    ["HEAD /repos/a", "allow"],
    ["GET /repos/a?per_page=100", "allow"],
    ["GET /user", "deny"],
    ["POST /repos/a", "deny"],
    ["DELETE /repos/a", "deny"],
    ["PATCH /repos/me/b", "allow"],
    ["GET /repos", "allow"],
    ["OPTIONS *", "deny"],
    ["GET http://api.github.com/repos", "deny"],
    // however the path is spelled
    ["GET /repos/../user", "deny"],
    ["GET /repos/%2e%2e/user", "deny"],
    ["GET /user/../repos/a", "deny"],
    ["GET /repos%2fa", "deny"],
    ["GET /repos/a%2fb", "allow"],
    ["GET /%72epos/a", "allow"],
    ["GET /repos;x/a", "deny"],
    ["GET /repos/a;x", "allow"],
    ["GET //user", "deny"],
    ["GET /repos/a%00", "deny"],
    ["GET /repos/a#b", "deny"],
  ])("%s: %s", (request, expected) => {
    expect(verdict([`${api} GET /repos/**`, `${api} POST,PATCH /repos/me/**`], request)).toBe(expected)
  })

  test("the refusal says which rule would allow it, when one can be written", () => {
    const rules = [hostRule(`${api} GET /repos/**`)]
    expect(asked(rules, "POST /user?a=b")).toEqual({
      verdict: "deny",
      rule: undefined,
      why: "no rule allows this request",
      opening: "api.github.com POST /user",
    })
    for (const request of ["GET /a*", "GET /%41", "GET /{a}", "G\u00e9T /a", "GET /a?b"])
      expect([request, asked(rules, request).opening]).toEqual([
        request,
        request === "GET /a?b" ? "api.github.com GET /a" : undefined,
      ])
    expect(asked(rules, "GET /..").why).toBe("this is no path that a rule can be held against")
  })

  test("the rule that allows it is named", () => {
    const rules = [hostRule(`${api} GET /repos/**`), hostRule("allow *.github.com GET /repos/**")]
    expect(asked(rules, "GET /repos/a").rule).toBe(rules[0] as HostRule)
    expect(asked(rules, "GET /repos/a", "uploads.github.com").rule).toBe(rules[1] as HostRule)
    expect(asked(rules, "GET /repos/a").why).toBe("allow api.github.com GET /repos/** (user, user says so)")
  })

  test("each reading of a path may be allowed by a rule of its own", () => {
    const rules = ["allow api.github.com GET /@scope*", "allow api.github.com GET /@scope/*"]
    expect(verdict(rules, "GET /@scope%2fname")).toBe("allow")
    expect(verdict(rules.slice(0, 1), "GET /@scope%2fname")).toBe("deny")
    expect(verdict(rules.slice(1), "GET /@scope%2fname")).toBe("deny")
  })

  test("on one port only, when the rules say so", () => {
    const { judgeRequest } = hostJudge(
      [hostRule("allow a.example:8443 GET /x"), hostRule("allow a.example:443")],
      facts,
    )
    const request = { method: "POST", path: "/y" }
    expect(judgeRequest("a.example", 8443, request).verdict).toBe("deny")
    expect(judgeRequest("a.example", 443, request).verdict).toBe("allow")
  })
})

describe("a host that is allowed as a whole", () => {
  test.each([
    [[], "once, by a person"],
    [[api], "by its name"],
    [["allow *"], "by *"],
    [["allow *", "deny api.github.com DELETE /**"], "but for some requests"],
  ])("%j (%s) may be sent anything else", rules => {
    for (const request of ["GET /", "POST /a", "PUT /a%2fb"]) expect(verdict(rules, request)).toBe("allow")
  })

  test.each([
    ["DELETE /repos/a", "deny"],
    ["delete /repos/a", "deny"],
    ["DELETE /user", "allow"],
    ["POST /repos/a", "allow"],
    ["GET /admin/x", "deny"],
    ["HEAD /admin/x", "deny"],
    ["GET /ADMIN/x", "deny"],
    ["GET /%61dmin/x", "deny"],
    ["GET /%2561dmin/x", "deny"],
    ["GET //admin//x", "deny"],
    ["GET /admin%2fx", "deny"],
    ["GET /admin;v=1/x", "deny"],
    ["GET /a/../admin/x", "deny"],
    ["GET /a%5c..%5cadmin/x", "deny"],
    ["GET /administration", "allow"],
  ])("denials of requests hold however they are spelled: %s is %s", (request, expected) => {
    const rules = ["allow *", "deny api.github.com DELETE /repos/**", "deny *.github.com GET /admin/**"]
    expect(verdict(rules, request)).toBe(expected)
  })

  test("a host that is denied since is denied on connections that are open", () => {
    expect(verdict([api, "deny api.github.com"], "GET /")).toBe("deny")
    expect(verdict([`${api} GET /**`, "deny *.github.com"], "GET /")).toBe("deny")
  })
})

describe("a rule for the host as a whole beside rules for requests", () => {
  const request = (wide: string, wideLayer: LayerName, narrow: string, narrowLayer: LayerName) =>
    asked([hostRule(wide, wideLayer), hostRule(narrow, narrowLayer)], "POST /user").verdict

  test.each([
    // the wider rule gives way
    ["allow *", "preset", `${api} GET /**`, "user", "deny"],
    ["allow *", "user", `${api} GET /**`, "user", "deny"],
    ["allow *", "command line", `${api} GET /**`, "user", "deny"],
    ["allow *.github.com", "user", `${api} GET /**`, "user", "deny"],
    // one for the same host holds, unless a higher layer narrows it
    [api, "user", `${api} GET /**`, "user", "allow"],
    [api, "command line", `${api} GET /**`, "user", "allow"],
    [api, "user", `${api} GET /**`, "command line", "deny"],
    [api, "user", "allow *.github.com GET /**", "command line", "allow"],
  ] as const)("%s (%s), %s (%s): %s", (wide, wideLayer, narrow, narrowLayer, expected) => {
    expect(request(wide, wideLayer, narrow, narrowLayer)).toBe(expected)
  })

  test("Cordon's own lists give way to whatever people write", () => {
    const own = { ...hostRule(api, "user"), source: { file: "built-in:php.yaml", line: 3, column: 1 } }
    const person = hostRule("allow *.github.com GET /**", "project")
    expect(asked([hostRule(api, "toolchain"), person], "POST /user").verdict).toBe("deny")
    // in the voice of a file that extends the profile, too
    expect(asked([own, person], "POST /user").verdict).toBe("deny")
    expect(asked([own, person], "GET /user").verdict).toBe("allow")
  })
})
