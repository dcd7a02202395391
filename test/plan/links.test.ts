/** A rule holds for the path as written and for what it leads to; a link never opens more than its target's rules. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { resolveRules } from "../../src/plan/links.ts"
import { accesses } from "../../src/policy/layer.ts"
import type { LayerName } from "../../src/policy/source.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { fakeDisk, rulesOf, type Said } from "../policy/naive-model.ts"

function say(words: string): Said {
  const [does, text = "", layer = "user"] = words.split(" ")
  return { does: does as Said["does"], text, layer: layer as LayerName, locked: false }
}

function resolve(said: readonly string[], disk: readonly string[], found: readonly string[] = []) {
  const facts = fakeDisk(["/a/", "/b/", ...disk])
  const rules = rulesOf(["read / base", "write /a base", ...said].map(say))
  const resolved = resolveRules(rules, { project: "/a", home: "/b", found, facts })
  const { judge } = pathJudge(resolved)
  return { ...resolved, facts, accessOf: (path: string) => judge(path).access }
}

describe("a denial", () => {
  test("of a link denies what it leads to, through any number of links", () => {
    const disk = ["/b/.aws -> /dot/aws", "/dot/aws -> /vault/aws", "/vault/aws/key"]
    const { accessOf, warnings } = resolve(["deny /b/.aws"], disk)
    expect(["/b/.aws", "/vault/aws", "/vault/aws/key"].map(accessOf)).toEqual(["deny", "deny", "deny"])
    expect(accessOf("/vault/other")).toBe("read")
    expect(warnings).toEqual([])
  })

  test("of a dangling link denies where it would lead", () => {
    expect(resolve(["deny /b/.netrc"], ["/b/.netrc -> /dot/netrc"]).accessOf("/dot/netrc")).toBe("deny")
  })

  test("below a directory that is a link denies the real place", () => {
    expect(resolve(["deny /b/d/key"], ["/b/d -> /real", "/real/key"]).accessOf("/real/key")).toBe("deny")
  })

  test("by a glob holds for what a matching link leads to", () => {
    const disk = ["/a/x/.env -> /b/secrets/prod", "/b/secrets/prod", "/a/x/plain -> /b/secrets/other"]
    const { accessOf } = resolve(["deny **/.env"], disk, ["/a/x/.env", "/a/x/plain"])
    expect(accessOf("/b/secrets/prod")).toBe("deny")
    expect(accessOf("/b/secrets/other")).toBe("read")
  })
})

describe("an opening", () => {
  test("of a link by a person opens what it leads to, when nothing denies that", () => {
    const { accessOf, warnings } = resolve(["write /b/cache"], ["/b/cache -> /big/cache", "/big/cache/"])
    expect(accessOf("/big/cache/x")).toBe("write")
    expect(warnings).toEqual([])
  })

  test("does not open a denied target, and says so", () => {
    const disk = ["/b/conf -> /b/.aws/conf", "/b/.aws/conf"]
    const { accessOf, warnings } = resolve(["deny /b/.aws", "read /b/conf"], disk)
    expect(accessOf("/b/.aws/conf")).toBe("deny")
    expect(warnings).toEqual(["user: read /b/conf: /b/conf leads to /b/.aws/conf, which is denied"])
  })

  test.each(["/a/out", "/a/deep/out", "/w/out"])("by a link in a writable place opens nothing: %s", link => {
    const { accessOf, warnings } = resolve([`write ${link}`, "write /w"], [`${link} -> /b/x`, "/b/x/"])
    expect(accessOf("/b/x/file")).toBe("read")
    expect(warnings.join()).toContain("only a link directly in the home, or of the system, opens anything")
  })

  test("by a link on the way that the agent could have made opens nothing either", () => {
    const disk = ["/b/l -> /a/m", "/a/m -> /b/.bashrc.d", "/b/.bashrc.d/"]
    const { accessOf, warnings } = resolve(["write /b/l"], disk)
    expect(accessOf("/b/.bashrc.d")).toBe("read")
    expect(warnings).toHaveLength(1)
  })

  test("in strict mode the root's denial is nobody's secret: the target opens", () => {
    const { accessOf } = resolve(["deny /", "read /usr/bin"], ["/usr/bin -> /store/bin", "/store/bin/"])
    expect(accessOf("/store/bin/x")).toBe("read")
    expect(accessOf("/store/other")).toBe("deny")
  })

  test("that is less than the target has takes nothing away from others' rules", () => {
    const { accessOf } = resolve(["write /w", "read /b/l"], ["/b/l -> /w/d", "/w/d/"])
    expect(accessOf("/w/x")).toBe("write")
  })
})

describe("a protection", () => {
  test("of a place that is a link protects what it leads to", () => {
    const disk = ["/a/conf -> real/conf", "/a/real/conf"]
    expect(resolve(["protect /a/conf"], disk).accessOf("/a/real/conf")).toBe("read")
    expect(resolve([], disk).accessOf("/a/real/conf")).toBe("write")
  })

  test("is lifted by name only: a lifting does not follow links", () => {
    const disk = ["/a/conf -> real/conf", "/a/real/conf"]
    const { accessOf } = resolve(["protect /a/real/conf base", "unprotect /a/conf"], disk)
    expect(accessOf("/a/real/conf")).toBe("read")
  })
})

describe("a protected name", () => {
  test("that is a link protects what it leads to", () => {
    const disk = ["/a/.envrc -> conf/rc", "/a/conf/rc"]
    expect(resolve(["protect .envrc"], disk, ["/a/.envrc"]).accessOf("/a/conf/rc")).toBe("read")
    expect(resolve(["protect .other"], disk, ["/a/.envrc"]).accessOf("/a/conf/rc")).toBe("write")
  })

  test("behind a link is protected there too", () => {
    const disk = ["/a/.git -> real-git", "/a/real-git/hooks/", "/a/real-git/objects/"]
    const { accessOf } = resolve(["protect .git/hooks"], disk, ["/a/.git"])
    expect(["/a/real-git/hooks/x", "/a/real-git/objects/x"].map(accessOf)).toEqual(["read", "write"])
  })
})

test("without links nothing is added", () => {
  const { paths, protections } = resolve(["deny /b/x", "protect /a/y"], ["/b/x", "/a/y"], ["/a/y"])
  expect(paths).toHaveLength(3)
  expect(protections).toHaveLength(1)
})

describe("on any disk", () => {
  const name = fc.constantFrom("a", "b", "w", "x", "y")
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => `/${names.join("/")}`)
  const line = fc
    .tuple(path, name, fc.oneof(path, fc.constantFrom("../x", "y", "..", "../../b/x")), fc.boolean())
    .map(([at, last, target, link]) => (link ? `${at}/${last} -> ${target}` : `${at}/${last}/`))
  const rule = fc
    .tuple(fc.constantFrom("deny", "read", "write"), path)
    .map(([does, text]) => `${does} ${text}`)
  const world = [fc.array(rule, { maxLength: 5 }), fc.array(line, { maxLength: 6 }), path] as const

  test("a denial follows a link to what the project lies in, and not to the home or the project itself", () => {
    const above = resolve(["deny /b/all", "write /work/p"], ["/b/all -> /work", "/work/other", "/work/p/x"])
    expect(above.accessOf("/work/other")).toBe("deny")
    expect(above.accessOf("/work/p/x")).toBe("write")
    for (const target of ["/b", "/a"]) {
      const { accessOf } = resolve(
        ["read /b", "write /a", "deny /b/left"],
        [`/b/left -> ${target}`, "/a/x", "/b/y"],
      )
      expect([accessOf("/a/x"), accessOf("/b/y")]).toEqual(["write", "read"])
    }
  })

  test("what is denied by name is denied where it leads, unless a rule of its own opens it there", () => {
    fc.assert(
      fc.property(...world, (said, disk, asked) => {
        const rules = [...said, `deny ${asked}`]
        const { accessOf, facts } = resolve(rules, disk)
        const { canonical } = facts(asked)
        // A link to the home or the project as a whole is an agent's trick to deny everything: it is not followed.
        const whole = canonical !== asked && ["/", "/a", "/b"].includes(canonical)
        if (facts(asked).kind !== "unreachable" && !whole) expect(accessOf(canonical)).toBe("deny")
      }),
      { numRuns: 3000 },
    )
  })

  test("a link inside the project opens nothing outside it", () => {
    fc.assert(
      fc.property(...world, (said, disk, asked) => {
        const without = resolve(said, disk)
        const opened = resolve([...said, "write /a/x"], disk)
        const { canonical, links } = without.facts("/a/x")
        if (links.length === 0 || canonical.startsWith("/a") || asked.startsWith("/a/x")) return
        const [before, after] = [without, opened].map(one => accesses.indexOf(one.accessOf(asked)))
        expect(after).toBeLessThanOrEqual(before ?? 0)
      }),
      { numRuns: 3000 },
    )
  })
})
