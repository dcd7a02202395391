/** Layers → one policy: lists add up, the highest layer that sets a value wins, locked values hold. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import type { Layer, Settings } from "../../src/policy/layer.ts"
import { defaultSettings, type MergeFacts, mergeLayers } from "../../src/policy/merge.ts"
import { type LayerName, layerNames, rankOf } from "../../src/policy/source.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { networkModes } from "../../src/policy/vocabulary.ts"
import { credential, layerOf, pathRule, protection, sourced } from "./naive-model.ts"

const facts: MergeFacts = { home: "/home/me", otherHomes: ["/home", "/root"] }

function accessAt(path: string, ...layers: Layer[]): string {
  return pathJudge(mergeLayers(layers, facts)).judge(path).access
}

function withSettings(name: LayerName, settings: Partial<Settings>): Layer {
  return layerOf(name, { settings })
}

function lockedMode(value: Settings["networkMode"]): Layer {
  return { ...layerOf("org"), settings: { networkMode: sourced(value, "org", true) } }
}

describe("lists", () => {
  test("of all layers add up, whatever their order", () => {
    const layers = [
      layerOf("user", { paths: [pathRule("deny", "/x")], protections: [protection("protect", ".u")] }),
      layerOf("base", {
        paths: [pathRule("write", "/y", { layer: "base" })],
        protections: [protection("unprotect", ".b", { layer: "base" })],
        variables: [{ ...sourced("A", "base"), verdict: "pass" }],
        hosts: [{ ...sourced(hostPattern("h"), "base"), verdict: "allow" }],
        credentials: [sourced(credential("T", "h"), "base")],
        sockets: [sourced("/s", "base")],
        hostPorts: [sourced(1, "base")],
        expose: [sourced(2, "base")],
        assignments: [{ ...sourced("v", "base"), name: "N" }],
        commands: [sourced("rm *", "base")],
        optional: [sourced("limits", "base")],
        state: [{ ...sourced("/st", "base"), variable: undefined, below: "", absent: "skip" }],
      }),
      layerOf("project", { variables: [{ ...sourced("B", "project"), verdict: "remove" }] }),
    ]
    for (const order of [layers, [...layers].reverse()]) {
      const policy = mergeLayers(order, facts)
      const files = policy.paths.map(({ source }) => source.file)
      expect(files).toEqual(expect.arrayContaining(["user: deny /x", "base: write /y"]))
      expect(policy.protections).toHaveLength(2)
      expect(policy.variables.map(({ value }) => value).sort()).toEqual(["A", "B"])
      for (const list of [
        "hosts",
        "credentials",
        "sockets",
        "hostPorts",
        "expose",
        "assignments",
        "commands",
      ] as const)
        expect(policy[list], list).toHaveLength(1)
      expect([policy.optional.length, policy.state.length]).toEqual([1, 1])
    }
  })

  test("of no layers hold only the ground", () => {
    const policy = mergeLayers([], facts)
    expect(policy.protections).toEqual([])
    expect(policy.limits).toEqual({})
    const values = Object.entries(policy.settings).map(([name, { value }]) => [name, value])
    expect(Object.fromEntries(values)).toEqual(defaultSettings)
    expect(defaultSettings).toMatchObject({ networkMode: "off", environmentMode: "clean", home: "read" })
  })
})

const anyMode = fc.tuple(fc.constantFrom<LayerName>(...layerNames), fc.constantFrom(...networkModes))

describe("settings", () => {
  test("the highest layer that sets one wins, in any order", () => {
    const modes = fc.array(anyMode, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(modes, said => {
        const once = [...new Map(said)]
        const layers = once.map(([name, networkMode]) => withSettings(name, { networkMode }))
        const highest = once.reduce((a, b) => (rankOf(a[0]) > rankOf(b[0]) ? a : b))
        const { networkMode } = mergeLayers(layers, facts).settings
        expect([networkMode.layer, networkMode.value]).toEqual(highest)
      }),
    )
  })

  test("each setting is its own: one that a high layer leaves out comes from below", () => {
    const layers = [
      withSettings("user", { home: "deny", cpus: 2 }),
      withSettings("command line", { networkMode: "open", cpus: 4 }),
      withSettings("preset", { environmentMode: "scrub", home: "write", ask: "unlisted" }),
      withSettings("base", { nestedUserns: "allow", memory: "1GB" }),
    ]
    const { settings, limits } = mergeLayers(layers, facts)
    expect(settings.home.value).toBe("deny")
    expect(settings.networkMode.value).toBe("open")
    expect(settings.environmentMode.value).toBe("scrub")
    expect([settings.ask.value, settings.nestedUserns.value]).toEqual(["unlisted", "allow"])
    expect(limits.cpus).toMatchObject({ value: 4, layer: "command line" })
    expect(limits.memory?.value).toBe("1GB")
  })

  test.each([
    ["off", "open", "off"],
    ["filtered", "open", "filtered"],
    ["filtered", "off", "off"],
    ["open", "off", "off"],
  ] as const)("locked %s against %s on the command line is %s", (locked, asked, expected) => {
    const layers = [lockedMode(locked), withSettings("command line", { networkMode: asked })]
    expect(mergeLayers(layers, facts).settings.networkMode.value).toBe(expected)
    expect(mergeLayers(layers.reverse(), facts).settings.networkMode.value).toBe(expected)
  })

  test("a lock is not lifted by who says the same again", () => {
    const org: Layer = {
      ...layerOf("org"),
      settings: {
        readonly: sourced(true, "org", true),
        strict: sourced(true, "org", true),
        home: sourced("deny", "org", true),
      },
    }
    const again = withSettings("user", { readonly: true, strict: true, home: "deny" })
    const paths = [
      pathRule("read", "/", { layer: "command line" }),
      pathRule("read", "/home/me", { layer: "command line" }),
      pathRule("write", "/x/y", { layer: "command line" }),
    ]
    const asked = layerOf("command line", { paths })
    const access = (...layers: Layer[]) =>
      ["/opt", "/home/me/z", "/x/y"].map(path => accessAt(path, ...layers, asked))
    expect(access(org)).toEqual(["deny", "deny", "read"])
    expect(access(org, again)).toEqual(["deny", "deny", "read"])
    expect(access(again)).toEqual(["read", "read", "write"])
  })

  test("a locked limit caps, by amount and not by text", () => {
    const org: Layer = {
      ...layerOf("org"),
      settings: { memory: sourced("8GB", "org", true), time: sourced("2h", "org", true) },
    }
    const asked = (memory: string, time: string) => {
      const { limits } = mergeLayers([org, withSettings("user", { memory, time })], facts)
      return [limits.memory?.value, limits.time?.value]
    }
    expect(asked("16GB", "121m")).toEqual(["8GB", "2h"])
    expect(asked("900MB", "90m")).toEqual(["900MB", "90m"])
  })
})

describe("readonly", () => {
  const write = (layer: LayerName, role: "policy" | "state" = "policy") =>
    layerOf(layer, { paths: [{ ...pathRule("write", "/x/y", { layer }), role }] })

  test.each([
    ["a lower layer's", "read", "project", "policy"],
    ["the same layer's", "write", "user", "policy"],
    ["a higher layer's", "write", "command line", "policy"],
    ["an agent's state", "write", "agent", "state"],
  ] as const)("%s writing becomes %s", (_, access, layer, role) => {
    expect(accessAt("/x/y/z", write(layer, role), withSettings("user", { readonly: true }))).toBe(access)
  })

  test("taken back by a higher layer caps nothing", () => {
    const layers = [
      withSettings("user", { readonly: true }),
      withSettings("command line", { readonly: false }),
    ]
    expect(accessAt("/x/y", write("base"), ...layers)).toBe("write")
  })

  test("opens nothing: denials stay", () => {
    const denied = layerOf("base", { paths: [pathRule("deny", "/x/y", { layer: "base" })] })
    expect(accessAt("/x/y", denied, write("base"), withSettings("user", { readonly: true }))).toBe("deny")
  })

  test("takes a writable home back too", () => {
    const layers = [withSettings("user", { home: "write" }), withSettings("command line", { readonly: true })]
    expect(accessAt("/home/me/x", ...layers)).toBe("read")
  })

  test("locked by the org holds against the command line", () => {
    const org: Layer = { ...layerOf("org"), settings: { readonly: sourced(true, "org", true) } }
    expect(accessAt("/x/y", org, write("command line"))).toBe("read")
  })
})

describe("the ground", () => {
  test.each([
    ["/", "read"],
    ["/usr/bin", "read"],
    ["/tmp", "private"],
    ["/tmp/x", "private"],
    ["/var/tmp/x", "private"],
    ["/dev/kvm", "private"],
    ["/proc/1", "private"],
    ["/run/docker.sock", "private"],
    ["/home/me", "read"],
    ["/home/me/x", "read"],
    ["/home/you", "deny"],
    ["/root/.ssh", "deny"],
  ])("%s is %s when nobody says anything", (path, access) => {
    expect(accessAt(path)).toBe(access)
  })

  test.each(["deny", "read", "write"] as const)("the home is what home says: %s", home => {
    expect(accessAt("/home/me/x", withSettings("preset", { home }))).toBe(home)
    expect(accessAt("/home/you/x", withSettings("preset", { home }))).toBe("deny")
  })

  test("strict denies the root and the home, whatever home says", () => {
    const strict = withSettings("user", { strict: true, home: "write" })
    expect(accessAt("/opt", strict)).toBe("deny")
    expect(accessAt("/home/me/x", strict)).toBe("deny")
    expect(accessAt("/tmp/x", strict)).toBe("private")
    expect(accessAt("/x", strict, layerOf("base", { paths: [pathRule("read", "/x")] }))).toBe("read")
  })

  test("a home that is denied stays so in strict mode, even when the root is opened", () => {
    const layers = [
      withSettings("user", { home: "deny" }),
      withSettings("project", { strict: true }),
      layerOf("project", { paths: [pathRule("read", "/", { layer: "project" })] }),
    ]
    expect(accessAt("/home/me/x", ...layers)).toBe("deny")
  })
})
