/** Every layer that is in force for a launch, from real files. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { type LayersInForce, type LayersRequest, layersInForce } from "../../src/governance/layers.ts"
import { hostJudge } from "../../src/policy/host-verdict.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { contentHash } from "../../src/policy/trust.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { layerOf, pathRule } from "../policy/naive-model.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-layers-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

type Change = Partial<LayersRequest> & { files?: Readonly<Record<string, string>> }

let serial = 0
/** A home with a project `p`, and a request about it. Files are named from the home. */
function site({ files = {}, ...change }: Change = {}): LayersRequest {
  const home = join(root, String(serial++))
  mkdirSync(join(home, "p"), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true })
    writeFileSync(join(home, name), text)
  }
  const xdg = {
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_STATE_HOME: `${home}/.local/state`,
  }
  return {
    variables: { home, project: `${home}/p`, user: "me", xdg },
    mergeFacts: { home, otherHomes: [] },
    preset: "standard",
    presetChosen: false,
    userPolicy: { path: `${home}/user.yaml`, shown: undefined },
    profiles: [],
    agents: [],
    additional: [],
    commandLine: { content: {}, words: {} },
    environment: { content: {}, words: {} },
    trusted: {},
    orgPolicyPath: `${home}/org.yaml`,
    ...change,
  }
}

async function inForce(request: LayersRequest) {
  const found = await layersInForce(request)
  const policy = mergeLayers(found.layers, request.mergeFacts)
  const accessOf = (path: string) => pathJudge(policy).judge(`${request.variables.home}/${path}`).access
  return { ...found, policy, accessOf }
}

const namesOf = ({ layers }: LayersInForce) => [...new Set(layers.map(({ name }) => name))]

describe("the layers", () => {
  test("without any file are Cordon's own, and the empty words", async () => {
    const found = await inForce(site())
    expect(namesOf(found)).toEqual(["base", "preset", "toolchain", "environment", "command line"])
    expect([found.files, found.leftOut, found.project]).toEqual([[], [], undefined])
  })

  test("of every kind are there, and every file that was read is named", async () => {
    const files = {
      "org.yaml": "filesystem: { deny: [/o] }",
      "user.yaml": "extends: [team.yaml]\nfilesystem: { deny: [/u] }",
      "team.yaml": "filesystem: { deny: [/t] }",
      "profile.yaml": "filesystem: { deny: [/pr] }",
      "p/.cordon.yaml": "filesystem: { deny: [/pj] }",
    }
    const additional = [layerOf("base", { paths: [pathRule("deny", "/ad", { layer: "base" })] })]
    const request = site({ files, additional, agents: ["codex"] })
    const { home } = request.variables
    const found = await inForce({ ...request, profiles: [`${home}/profile.yaml`] })
    expect(namesOf(found).sort().join()).toBe(
      "agent,base,command line,environment,org,preset,profile,project,toolchain,user",
    )
    const denied = ["/o", "/u", "/t", "/pr", "/pj", "/ad"]
    const { judge } = pathJudge(found.policy)
    for (const path of denied) expect(judge(path).access, path).toBe("deny")
    const named = found.files.map(path => path.slice(home.length + 1))
    expect(named).toEqual(["org.yaml", "user.yaml", "team.yaml", "profile.yaml", "p/.cordon.yaml"])
  })

  test("know only the agents that were recognised", async () => {
    const { accessOf } = await inForce(site({ agents: ["codex"] }))
    expect(accessOf(".codex/auth.json")).toBe("write")
    expect(accessOf(".claude/.credentials.json")).toBe("deny")
  })

  test("of untrusted work leave the toolchains' caches alone, and know their hosts", async () => {
    const found = await inForce(site({ preset: "untrusted" }))
    const toolchains = found.layers.filter(({ name }) => name === "toolchain")
    const { paths, state, variables } = found.policy
    for (const values of [paths, state, variables])
      expect(values.filter(({ layer }) => layer === "toolchain")).toEqual([])
    expect(toolchains.flatMap(({ hosts }) => hosts.map(({ value }) => value.host))).toContain("pypi.org")
    expect(found.policy.settings.strict.value).toBe(true)
  })
})

describe("a preset", () => {
  const files = { "user.yaml": "network: { mode: open }" }

  test("that the command line names beats the user's policy", async () => {
    const { policy } = await inForce(site({ files, preset: "untrusted", presetChosen: true }))
    expect(policy.settings.networkMode).toMatchObject({ value: "off", layer: "command line" })
  })

  test("that nobody named is beaten by it", async () => {
    const { policy } = await inForce(site({ files, preset: "untrusted" }))
    expect(policy.settings.networkMode).toMatchObject({ value: "open", layer: "user" })
  })

  test("gives way to another word on the same command line", async () => {
    const commandLine = { content: { network: { mode: "open" as const } }, words: {} }
    const { policy } = await inForce(site({ preset: "untrusted", presetChosen: true, commandLine }))
    expect(policy.settings.networkMode.value).toBe("open")
    expect(policy.settings.strict.value).toBe(true)
  })
})

describe("the project's policy", () => {
  const text = "filesystem: { deny: [x], read: [~/.aws], write: [~/other] }\nnetwork: { mode: open }\n"
  const files = { "p/.cordon.yaml": text }
  const strict = { preset: "untrusted", presetChosen: true } as const

  test("of strangers may deny, and what it opens is left out by name", async () => {
    const found = await inForce(site({ files, ...strict }))
    expect(found.accessOf("p/x")).toBe("deny")
    expect(found.accessOf(".aws")).toBe("deny")
    expect(found.accessOf("other")).not.toBe("write")
    expect(found.policy.settings.networkMode.value).toBe("off")
    expect(found.leftOut.map(({ source }) => `${source.file}:${source.line}`)).toEqual([
      ...[".cordon.yaml:1", ".cordon.yaml:1", ".cordon.yaml:2"],
    ])
  })

  test("of exactly trusted content opens what it says", async () => {
    const request = site({ files })
    const path = `${request.variables.project}/.cordon.yaml`
    const trusted = { [path]: contentHash([{ path, text }]) }
    const found = await inForce({ ...request, trusted })
    expect([found.accessOf(".aws"), found.accessOf("other"), found.accessOf("p/x")]).toEqual([
      "read",
      "write",
      "deny",
    ])
    expect(found.leftOut).toEqual([])
    writeFileSync(path, `${text}# changed\n`)
    expect((await inForce({ ...request, trusted })).accessOf(".aws")).toBe("deny")
  })

  test("may be called either way, and not both", async () => {
    const plain = await inForce(site({ files: { "p/cordon.yaml": text } }))
    expect(plain.accessOf("p/x")).toBe("deny")
    const both = site({ files: { "p/cordon.yaml": "", "p/.cordon.yaml": "" } })
    expect(layersInForce(both)).rejects.toThrow("the project has both .cordon.yaml and cordon.yaml")
  })

  test("that is something else than a file stops the run", async () => {
    const request = site()
    mkdirSync(`${request.variables.project}/.cordon.yaml`)
    expect(layersInForce(request)).rejects.toThrow(".cordon.yaml cannot be read")
  })

  test("cannot set variables that make programs run code, trusted or not", async () => {
    const request = site({
      files: { "p/.cordon.yaml": "environment: { set: { LD_PRELOAD: x.so, EDITOR: vi } }" },
    })
    const path = `${request.variables.project}/.cordon.yaml`
    const said = "environment: { set: { LD_PRELOAD: x.so, EDITOR: vi } }"
    const found = await inForce({ ...request, trusted: { [path]: contentHash([{ path, text: said }]) } })
    expect(found.policy.assignments.map(({ name }) => name)).toEqual(["EDITOR"])
  })
})

describe("the network", () => {
  const hosts = ({ policy }: Awaited<ReturnType<typeof inForce>>) =>
    policy.hosts.map(({ value }) => value.host)

  test("of standard is filtered, and any public host can be reached", async () => {
    const found = await inForce(site())
    expect(found.policy.settings.networkMode.value).toBe("filtered")
    expect(hosts(found)).toContain("*")
  })

  test("of untrusted is off, until a person lists a host; then it is that, the agent's and the toolchains'", async () => {
    const shut = await inForce(site({ preset: "untrusted", presetChosen: true, agents: ["codex"] }))
    expect(shut.policy.settings.networkMode.value).toBe("off")
    const files = { "user.yaml": "network: { allow: [db.example] }" }
    const found = await inForce(site({ preset: "untrusted", presetChosen: true, agents: ["codex"], files }))
    expect(found.policy.settings.networkMode).toMatchObject({ value: "filtered", layer: "user" })
    expect(hosts(found)).toEqual(
      expect.arrayContaining(["db.example", "api.openai.com", "registry.npmjs.org"]),
    )
    expect(hosts(found)).not.toContain("*")
    expect(hosts(found)).not.toContain("api.anthropic.com")
  })

  test("of untrusted stays off for hosts that a repository or an organisation lists", async () => {
    const files = {
      "p/.cordon.yaml": "network: { allow: [a.example] }",
      "org.yaml": "network: { allow: [b.example] }",
    }
    const found = await inForce(site({ preset: "untrusted", presetChosen: true, files }))
    expect(found.policy.settings.networkMode.value).toBe("off")
    expect(hosts(found)).not.toContain("a.example")
  })

  test("that the organisation locks is its list, whatever others allow", async () => {
    const org = "network: { locked: true, mode: filtered, allow: ['*.corp.example'] }"
    const files = { "org.yaml": org, "user.yaml": "network: { mode: open, allow: [github.com] }" }
    const { policy } = await inForce(site({ files }))
    const { judgeName } = hostJudge(policy.hosts, { ask: "unlisted", own: [], credentials: [] })
    expect(policy.settings.networkMode).toMatchObject({ value: "filtered", layer: "org", locked: true })
    expect(["git.corp.example", "github.com", "pypi.org"].map(name => judgeName(name, 443).verdict)).toEqual([
      "allow",
      "deny",
      "deny",
    ])
  })
})

describe("a repository's credentials", () => {
  const text = `credentials:
  - { name: GH, from: { command: [gh, auth, token] }, hosts: [api.github.com], as: bearer }
  - { name: LD_PRELOAD, from: { variable: X }, hosts: [a.example], as: bearer }
`
  const files = { "p/.cordon.yaml": text }

  test("are left out, the command named, until a person trusts them", async () => {
    const found = await inForce(site({ files }))
    expect(found.policy.credentials).toEqual([])
    expect(found.leftOut.map(({ always }) => always)).toEqual([false, true])
    expect(found.leftOut.map(({ text: said, source }) => `${source.line}: ${said}`)).toEqual([
      "2: credentials: GH from the command gh auth token for api.github.com",
      "3: credentials: LD_PRELOAD from the variable X for a.example",
    ])
  })

  test("hold then, but for names that make programs run code", async () => {
    const request = site({ files })
    const path = `${request.variables.project}/.cordon.yaml`
    const found = await inForce({ ...request, trusted: { [path]: contentHash([{ path, text }]) } })
    expect(found.policy.credentials.map(({ value }) => value.name)).toEqual(["GH"])
    expect(found.leftOut).toMatchObject([
      { text: "credentials: LD_PRELOAD from the variable X for a.example", always: true },
    ])
  })
})

describe("what was named and is not there stops the run", () => {
  test.each<[string, Change, string]>([
    [
      "a user policy",
      { userPolicy: { path: "/none.yaml", shown: "none.yaml" } },
      "the policy none.yaml does not exist",
    ],
    ["a profile's file", { profiles: ["/none.yaml"] }, "the profile /none.yaml does not exist"],
    ["a profile", { profiles: ["claud"] }, 'there is no built-in profile "claud"; did you mean "claude"?'],
    ["a preset as a profile", { profiles: ["standard"] }, 'there is no built-in profile "standard"'],
  ])("%s", async (_, change, words) => {
    const error = await layersInForce(site(change)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect(String(error)).toContain(words)
  })

  test("a user policy that nobody named may be missing", async () => {
    expect(namesOf(await layersInForce(site()))).not.toContain("user")
  })
})
