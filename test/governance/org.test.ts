/** Org policy: its locked rules hold whatever the command line says, its plain ones are defaults. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PolicyError, UserError } from "../../src/base/error.ts"
import { loadOrgPolicy } from "../../src/governance/org.ts"
import { orgPolicyPath } from "../../src/governance/org-policy-path.ts"
import { judgeVariable } from "../../src/plan/environment.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import type { PathVariables } from "../../src/policy/path-pattern.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { type WordsPolicy, wordsLayer } from "../../src/policy/words-layer.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-org-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const variables: PathVariables = { home: "/home/me", project: "/home/me/p", user: "me", xdg: {} }

let serial = 0
/** A file that holds this text. */
function policyFile(text: string): string {
  const path = join(root, `${serial++}.yaml`)
  writeFileSync(path, text)
  return path
}

/** The policy that the org's text and the words of a command line make. */
async function merged(text: string, content: WordsPolicy["content"] = {}) {
  const reading = await loadOrgPolicy(variables, policyFile(text))
  const layers = [...(reading?.layers ?? []), wordsLayer("command line", { content, words: {} }, variables)]
  const policy = mergeLayers(layers, { home: "/home/me", otherHomes: [] })
  const accessOf = (path: string) => pathJudge(policy).judge(path).access
  return { policy, accessOf }
}

describe("the file", () => {
  test("lies where only the machine's owner can write", () => {
    expect(orgPolicyPath).toBe("/etc/cordon/policy.yaml")
  })

  test("need not exist", async () => {
    expect(await loadOrgPolicy(variables, join(root, "none.yaml"))).toBeUndefined()
  })

  test("with the other ending stops the run: its locks would not hold", async () => {
    writeFileSync(join(root, "ending.yml"), "version: 1")
    expect(loadOrgPolicy(variables, join(root, "ending.yaml"))).rejects.toThrow("ending.yml is not read")
    writeFileSync(join(root, "ending.yaml"), "version: 1")
    expect(await loadOrgPolicy(variables, join(root, "ending.yaml"))).toBeDefined()
  })

  test("that is broken stops the run, with every problem", async () => {
    const path = policyFile("filesystem: { denny: [/x] }\nnetwerk: {}\n")
    const error = await loadOrgPolicy(variables, path).catch((thrown: unknown) => thrown)
    if (!(error instanceof PolicyError)) return expect.unreachable()
    expect(error.problems.map(({ file, line }) => `${file}:${line}`)).toEqual([`${path}:1`, `${path}:2`])
  })

  test("that cannot be read stops the run", async () => {
    const path = join(root, "directory.yaml")
    mkdirSync(path)
    expect(loadOrgPolicy(variables, path)).rejects.toThrow(UserError)
  })

  test("may lock, extend any file, and speaks in the org's voice", async () => {
    policyFile("filesystem: { deny: [{ path: /team, locked: true }] }\n")
    const reading = await loadOrgPolicy(variables, policyFile(`extends: [./${serial - 1}.yaml]\n`))
    expect(reading?.layers.flatMap(({ paths }) => paths)).toMatchObject([{ layer: "org", locked: true }])
    expect(reading?.files).toHaveLength(2)
  })
})

describe("locked", () => {
  test("a denial beats --write and --read, however deep", async () => {
    const filesystem = { write: ["/data/x/y"], read: ["/data/z"] }
    const { accessOf } = await merged("filesystem: { deny: [{ path: /data, locked: true }] }", { filesystem })
    expect(["/data", "/data/x/y", "/data/z", "/data/x/y/deep"].map(accessOf)).toEqual(
      Array.from({ length: 4 }, () => "deny" as const),
    )
  })

  test("a denying glob beats --read of the very file", async () => {
    const text = 'filesystem: { deny: [{ path: "**/*.pem", locked: true }] }'
    const { accessOf } = await merged(text, { filesystem: { read: ["k.pem"] } })
    expect(accessOf("/home/me/p/k.pem")).toBe("deny")
    expect(accessOf("/home/me/p/k.txt")).toBe("read")
  })

  test("a read caps --write, and --deny still tightens", async () => {
    const filesystem = { write: ["/data/x"], deny: ["/data/y"] }
    const { accessOf } = await merged("filesystem: { locked: true, read: [/data] }", { filesystem })
    expect(["/data/x", "/data/y"].map(accessOf)).toEqual(["read", "deny"])
  })

  test("a protection beats --unprotect", async () => {
    const content = { filesystem: { write: ["."], unprotect: [".ci", ".envrc"] } }
    const text = "filesystem: { protect: [{ path: .ci, locked: true }, .envrc] }"
    const { accessOf } = await merged(text, content)
    expect(accessOf("/home/me/p/sub/.ci/run")).toBe("read")
    expect(accessOf("/home/me/p/.envrc")).toBe("write")
  })

  test("settings cap what the command line asks for", async () => {
    const text = 'network: { locked: true, mode: "off" }\nenvironment: { locked: true, mode: clean }\n'
    const asked = { network: { mode: "open" }, environment: { mode: "inherit" } } as const
    const { policy } = await merged(text, asked)
    expect(policy.settings.networkMode).toMatchObject({ value: "off", layer: "org" })
    expect(policy.settings.environmentMode).toMatchObject({ value: "clean", layer: "org" })
  })

  test("settings let the command line tighten", async () => {
    const { policy } = await merged("network: { locked: true, mode: open }", { network: { mode: "off" } })
    expect(policy.settings.networkMode).toMatchObject({ value: "off", layer: "command line" })
  })

  test("what is optional is what the organisation says, be that nothing", async () => {
    const names = async (text: string) =>
      (await merged(text, { optional: ["limits"] })).policy.optional.map(({ value }) => value)
    expect(await names("optional: { value: [], locked: true }")).toEqual([])
    expect(await names("optional: { value: [live-names], locked: true }")).toEqual(["live-names"])
    expect(await names("optional: { value: [live-names] }")).toEqual(["live-names", "limits"])
    expect(await names("optional: [live-names]")).toEqual(["live-names", "limits"])
    expect(await names("optional: { value: [] }")).toEqual(["limits"])
  })

  test("a setting that is in no section caps as well", async () => {
    const nested = async (text: string, asked: "allow" | "deny") => {
      const { policy } = await merged(`nested_userns: ${text}`, { nested_userns: asked })
      const { value, layer } = policy.settings.nestedUserns
      return `${value} ${layer}`
    }
    expect(await nested("{ value: deny, locked: true }", "allow")).toBe("deny org")
    expect(await nested("{ value: allow, locked: true }", "deny")).toBe("deny command line")
    expect(await nested("{ value: deny }", "allow")).toBe("allow command line")
    expect(await nested("deny", "allow")).toBe("allow command line")
  })

  test("a list of ports is closed, also when it names none; one that is left out is not", async () => {
    const asked = { network: { host_ports: [48123], expose: [3000] } }
    const ports = async (text: string) => {
      const { policy } = await merged(`network: { locked: true, ${text} }`, asked)
      return [policy.hostPorts, policy.expose].map(list => list.map(({ value }) => value))
    }
    expect(await ports("host_ports: [], expose: []")).toEqual([[], []])
    expect(await ports("host_ports: [80], expose: []")).toEqual([[80], []])
    expect(await ports("expose: []")).toEqual([[48123], []])
    expect(await ports("mode: filtered")).toEqual([[48123], [3000]])
    const open = await merged("network: { host_ports: [], expose: [80] }", asked)
    expect(open.policy.hostPorts.map(({ value }) => value)).toEqual([48123])
    expect(open.policy.expose.map(({ value }) => value)).toEqual([80, 3000])
  })

  test("a list of sockets is closed, by its section or by one of its items", async () => {
    const asked = { network: { unix_sockets: ["/run/docker.sock"] } }
    const sockets = async (text: string) =>
      (await merged(`network: { ${text} }`, asked)).policy.sockets.map(({ value }) => value)
    expect(await sockets("locked: true, unix_sockets: [/run/a.sock]")).toEqual(["/run/a.sock"])
    expect(await sockets("unix_sockets: [{ path: /run/a.sock, locked: true }]")).toEqual(["/run/a.sock"])
    expect(await sockets("locked: true, unix_sockets: []")).toEqual([])
    expect(await sockets("unix_sockets: [/run/a.sock]")).toEqual(["/run/a.sock", "/run/docker.sock"])
    expect(await sockets("locked: true, host_ports: []")).toEqual(["/run/docker.sock"])
  })

  test("a removed variable stays removed", async () => {
    const text = "environment: { locked: true, remove: [CORP_*] }"
    const { policy } = await merged(text, { environment: { mode: "inherit", pass: ["CORP_KEY"] } })
    expect(judgeVariable("CORP_KEY", "v", policy).verdict).toBe("remove")
    expect(judgeVariable("OTHER", "v", policy).verdict).toBe("pass")
  })
})

describe("defaults", () => {
  const text = 'filesystem: { deny: [/data], write: [/out] }\nnetwork: { mode: "off" }\n'

  test("hold when nobody says otherwise", async () => {
    const { policy, accessOf } = await merged(text)
    expect(["/data/x", "/out/x"].map(accessOf)).toEqual(["deny", "write"])
    expect(policy.settings.networkMode.value).toBe("off")
  })

  test("give way to people", async () => {
    const content = { filesystem: { read: ["/data"], deny: ["/out"] }, network: { mode: "open" } } as const
    const { policy, accessOf } = await merged(text, {
      ...content,
      filesystem: { read: ["/data"], deny: ["/out"] },
    })
    expect(["/data/x", "/out/x"].map(accessOf)).toEqual(["read", "deny"])
    expect(policy.settings.networkMode.value).toBe("open")
  })
})
