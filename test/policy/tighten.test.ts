/** An untrusted repository may deny and limit; what it would open is left out, and named. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { accesses, type Layer, type SettingName, type Settings } from "../../src/policy/layer.ts"
import { decideSetting, mergeLayers } from "../../src/policy/merge.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { permissiveness } from "../../src/policy/restrictiveness.ts"
import { type LayerName, layerNames } from "../../src/policy/source.ts"
import { settingNames, tightenOnly } from "../../src/policy/tighten.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { credential, layerOf, pathRule, protection, rulesOf, type Said, sourced } from "./naive-model.ts"

const facts = { home: "/b", otherHomes: ["/c"] }
const others = [
  layerOf("base", { paths: [pathRule("write", "/a", { layer: "base" }), pathRule("deny", "/b/secret")] }),
  layerOf("preset", { settings: { networkMode: "filtered", environmentMode: "scrub", home: "read" } }),
]

function tighten(project: Parameters<typeof layerOf>[1]): { layer: Layer; texts: string[] } {
  const { layer, leftOut } = tightenOnly(layerOf("project", project), others, facts)
  return { layer, texts: leftOut.map(({ text }) => text) }
}

const project = { layer: "project" } as const
const settingsOf = ({ settings }: Layer) => Object.keys(settings) as SettingName[]

describe("paths", () => {
  test.each([
    ["deny", "x"],
    ["deny", "**/*.pem"],
    ["deny", "/usr/share/games"],
    ["read", "."],
    ["read", "sub/dir"],
    ["write", "sub/dir"],
    ["read", "/usr"],
  ] as const)("%s %s is heard: it opens nothing", (access, text) => {
    const { layer, texts } = tighten({ paths: [pathRule(access, text, project)] })
    expect(layer.paths).toHaveLength(1)
    expect(texts).toEqual([])
  })

  test.each([
    ["read", "/b/secret", "filesystem.read: /b/secret"],
    ["read", "/b/secret/deep", "filesystem.read: /b/secret/deep"],
    ["read", "/c/other", "filesystem.read: /c/other"],
    ["write", "/usr", "filesystem.write: /usr"],
    ["write", "/b/file", "filesystem.write: /b/file"],
    ["read", "/run/docker.sock", "filesystem.read: /run/docker.sock"],
    ["read", "**/x", "filesystem.read: /a/**/x"],
    ["write", "*.log", "filesystem.write: /a/**/*.log"],
  ] as const)("%s %s is left out", (access, text, named) => {
    const { layer, texts } = tighten({ paths: [pathRule(access, text, project)] })
    expect(layer.paths).toEqual([])
    expect(texts).toEqual([named])
  })

  test("protect is heard, unprotect is not", () => {
    const { layer, texts } = tighten({
      protections: [protection("protect", ".x", project), protection("unprotect", ".git/hooks", project)],
    })
    expect(layer.protections.map(({ effect }) => effect)).toEqual(["protect"])
    expect(texts).toEqual(["unprotect: .git/hooks"])
  })
})

describe("settings", () => {
  const opening: Partial<Settings>[] = [
    { networkMode: "open" },
    { environmentMode: "inherit" },
    { home: "write" },
    { nestedUserns: "allow" },
    { ask: "unlisted" },
  ]
  const tightening: Partial<Settings>[] = [
    { networkMode: "off" },
    { networkMode: "filtered" },
    { environmentMode: "clean" },
    { home: "deny" },
    { live: "strict" },
    { strict: true },
    { readonly: true },
    { memory: "1GB", cpus: 1 },
    { processes: 10, time: "5m" },
  ]

  test.each(opening)("%j is left out", settings => {
    const { layer, texts } = tighten({ settings })
    expect(layer.settings).toEqual({})
    const [[name, value] = []] = Object.entries(settings)
    expect(texts).toEqual([`${settingNames[name as keyof Settings]}: ${value}`])
  })

  test.each(tightening)("%j is heard", settings => {
    const { layer, texts } = tighten({ settings })
    expect(Object.keys(layer.settings)).toEqual(Object.keys(settings))
    expect(texts).toEqual([])
  })

  test("a larger limit than the others' is left out, a smaller one is heard", () => {
    const user = layerOf("user", { settings: { memory: "4GB", time: "1h" } })
    const heard = (settings: Partial<Settings>) =>
      Object.keys(tightenOnly(layerOf("project", { settings }), [user], facts).layer.settings)
    expect(heard({ memory: "5GB", time: "61m" })).toEqual([])
    expect(heard({ memory: "512MB", time: "59m" })).toEqual(["memory", "time"])
  })
})

test("everything else that opens is left out, and what denies is heard", () => {
  const host = hostPattern("evil.example:443")
  const { layer, texts } = tighten({
    hosts: [
      { ...sourced(host, "project"), verdict: "allow" },
      { ...sourced(host, "project"), verdict: "deny" },
    ],
    credentials: [
      sourced(
        {
          ...credential("TOKEN", "evil.example"),
          from: { kind: "command", words: ["sh", "-c", "id; date"] },
        },
        "project",
      ),
    ],
    variables: [
      { ...sourced("AWS_KEY", "project"), verdict: "pass" },
      { ...sourced("LANG", "project"), verdict: "remove" },
    ],
    sockets: [sourced("/run/docker.sock", "project")],
    hostPorts: [sourced(5432, "project")],
    expose: [sourced(3000, "project")],
    assignments: [{ ...sourced("evil.so", "project"), name: "LD_PRELOAD" }],
    optional: [sourced("seccomp", "project")],
    state: [{ ...sourced("/b", "project"), variable: undefined, below: "", absent: "create" }],
    commands: [sourced("git push *", "project")],
  })
  expect(layer).toMatchObject({
    sockets: [],
    hostPorts: [],
    expose: [],
    assignments: [],
    credentials: [],
    optional: [],
    state: [],
  })
  expect(layer.hosts.map(({ verdict }) => verdict)).toEqual(["deny"])
  expect(layer.variables.map(({ value }) => value)).toEqual(["LANG"])
  expect(layer.commands).toHaveLength(1)
  expect(texts).toHaveLength(9)
  expect(texts).toContain("credentials: TOKEN from the command sh -c 'id; date' for evil.example")
  for (const part of ["evil.example", "AWS_KEY", "docker.sock", "5432", "3000", "LD_PRELOAD", "seccomp"])
    expect(texts.join("\n")).toContain(part)
})

describe("whatever a repository says", () => {
  const name = fc.constantFrom("a", "b", "c", ".git", "hooks", "x")
  const path = fc.array(name, { maxLength: 4 }).map(names => `/${names.join("/")}`)
  const text = fc.oneof({ weight: 3, arbitrary: path }, fc.constantFrom("**/x", "/a/*", "/b/**/hooks", "c*"))
  const ruleBy = (layer: LayerName) =>
    fc.record<Said>({
      does: fc.constantFrom("deny", "read", "write"),
      text,
      layer: fc.constant(layer),
      locked: layer === "org" ? fc.boolean() : fc.constant(false),
    })
  const guard = fc.tuple(fc.constantFrom<Said["does"]>("protect", "unprotect"), path)
  const placed = (layer: LayerName) =>
    guard.map(([does, place]) => ({ does, text: place, layer, locked: false }))
  const settings = fc.record<Partial<Settings>>(
    {
      strict: fc.boolean(),
      readonly: fc.boolean(),
      home: fc.constantFrom("deny", "read", "write"),
      live: fc.constantFrom("strict", "standard"),
      networkMode: fc.constantFrom("off", "filtered", "open"),
      environmentMode: fc.constantFrom("clean", "scrub", "inherit"),
    },
    { requiredKeys: [] },
  )
  const layerBy = (name: LayerName) =>
    fc
      .tuple(fc.array(ruleBy(name), { maxLength: 4 }), fc.array(placed(name), { maxLength: 2 }), settings)
      .map(([rules, guards, said]) => layerOf(name, { ...rulesOf([...rules, ...guards]), settings: said }))
  const otherLayers = fc
    .uniqueArray(fc.constantFrom(...layerNames.filter(other => other !== "project")), { maxLength: 4 })
    .chain(names => fc.tuple(...names.map(layerBy)))

  test("no path opens further, no setting loosens, and each thing dropped is named", () => {
    fc.assert(
      fc.property(otherLayers, layerBy("project"), path, (rest, own, asked) => {
        const { layer, leftOut } = tightenOnly(own, rest, facts)
        const access = (layers: readonly Layer[]) =>
          accesses.indexOf(pathJudge(mergeLayers(layers, facts)).judge(asked).access)
        expect(access([...rest, layer])).toBeLessThanOrEqual(access(rest))
        for (const key of ["networkMode", "environmentMode"] as const) {
          const before = mergeLayers(rest, facts).settings[key].value
          const after = decideSetting([...rest, layer], key)?.value ?? before
          expect(permissiveness(key, after)).toBeLessThanOrEqual(permissiveness(key, before))
        }
        const dropped = [
          ...own.paths.filter(rule => !layer.paths.includes(rule)).map(rule => patternText(rule.value)),
          ...own.protections.filter(rule => !layer.protections.includes(rule)).map(({ effect }) => effect),
          ...settingsOf(own)
            .filter(key => !(key in layer.settings))
            .map(key => settingNames[key]),
        ]
        const texts = leftOut.map(({ text: named }) => named).join("\n")
        for (const what of dropped) expect(texts).toContain(what)
        if (dropped.length === 0) expect(leftOut).toEqual([])
      }),
      { numRuns: 5000 },
    )
  })
})
