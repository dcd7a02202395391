/** The hosts that the built-in profiles bring: what agents and package managers need, and nobody's telemetry. */
import { describe, expect, test } from "bun:test"
import { builtinLayer, builtinLayers, builtinNames } from "../../src/policy/builtin.ts"
import { hostJudge } from "../../src/policy/host-verdict.ts"
import type { Layer } from "../../src/policy/layer.ts"
import { mergeLayers } from "../../src/policy/merge.ts"
import { hostRule, layerOf } from "./naive-model.ts"

const variables = { home: "/home/me", project: "/home/me/p", user: "me", xdg: {} }
const names = builtinNames()
const agents = names.filter(({ layer }) => layer === "agent").map(({ name }) => name)
const toolchains = names.filter(({ layer }) => layer === "toolchain").map(({ name }) => name)

function profile(name: string): Layer {
  const layer = builtinLayer(name, variables)
  if (layer === undefined) throw new Error(`there is no ${name}`)
  return layer
}

/** Of the hosts, those that the layers do not allow. */
function missing(layers: readonly Layer[], hosts: readonly string[]): string[] {
  const { judgeName } = hostJudge(mergeLayers(layers, { home: "/home/me", otherHomes: [] }).hosts, {
    ask: "never",
    own: [],
    credentials: [],
  })
  return hosts.filter(host => {
    const [name = "", port = "443"] = host.split(":")
    return judgeName(name, Number(port)).verdict !== "allow"
  })
}

describe("presets", () => {
  test.each([
    ["standard", "filtered"],
    ["trusted", "open"],
    ["untrusted", "off"],
  ])("%s: %s", (name, mode) => {
    expect(mergeLayers([profile(name)], { home: "/h", otherHomes: [] }).settings.networkMode.value).toBe(
      mode as "off",
    )
  })

  test("standard reaches any public host, and nothing private", () => {
    const closed = [
      "10.0.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "127.0.0.1",
      "::1",
      "metadata.google.internal",
    ]
    const hosts = ["github.com", "example.com:8443", "8.8.8.8", "[2606:4700::1]"]
    const all = [profile("standard"), ...builtinLayers("toolchain", variables)]
    expect(missing(all, hosts.slice(0, 3))).toEqual([])
    expect(missing(all, closed.slice(0, 4))).toEqual(closed.slice(0, 4))
    expect(missing(all, ["metadata.google.internal", "printer.local"])).toHaveLength(2)
  })

  test("trusted, with the network filtered, does too", () => {
    const person = layerOf("command line", { settings: { networkMode: "filtered" } })
    expect(missing([profile("trusted"), person], ["github.com", "10.0.0.1"])).toEqual(["10.0.0.1"])
  })

  test("untrusted, with a host of a person's, reaches that, the agent's and the toolchains', and no other", () => {
    const person = layerOf("command line", { hosts: [hostRule("allow db.example:5432", "command line")] })
    const all = [profile("untrusted"), profile("claude"), ...builtinLayers("toolchain", variables), person]
    const { settings } = mergeLayers(all, { home: "/h", otherHomes: [] })
    expect(settings.networkMode.value).toBe("filtered")
    expect(missing(all, ["db.example:5432", "api.anthropic.com", "registry.npmjs.org"])).toEqual([])
    const others = ["db.example", "example.com", "api.openai.com", "8.8.8.8", "10.0.0.1"]
    expect(missing(all, others)).toEqual(others)
  })
})

const providers = [
  ..."api.anthropic.com api.openai.com generativelanguage.googleapis.com api.mistral.ai api.groq.com".split(
    " ",
  ),
  ..."api.deepseek.com api.x.ai openrouter.ai api.together.xyz api.fireworks.ai api.cohere.com".split(" "),
  ..."api.perplexity.ai mine.openai.azure.com".split(" "),
]

describe("agents", () => {
  test.each([
    ["claude", "api.anthropic.com claude.ai platform.claude.com console.anthropic.com registry.npmjs.org"],
    ["codex", "api.openai.com auth.openai.com chatgpt.com"],
    [
      "gemini",
      "generativelanguage.googleapis.com cloudcode-pa.googleapis.com oauth2.googleapis.com accounts.google.com",
    ],
    ["qwen", "dashscope.aliyuncs.com chat.qwen.ai"],
    ["droid", "api.factory.ai app.factory.ai relay.factory.ai"],
    ["amp", "ampcode.com x.ampcode.com"],
    ["cursor-agent", "api2.cursor.sh api3.cursor.sh cursor.com"],
    ["copilot", "api.github.com github.com api.githubcopilot.com copilot-proxy.githubusercontent.com"],
    ["auggie", "e1.api.augmentcode.com app.augmentcode.com"],
    ["opencode", "opencode.ai models.dev registry.npmjs.org"],
    ["kilocode", "api.kilo.ai app.kilo.ai"],
    ["crush", "catwalk.charm.sh"],
    ["aider", "openrouter.ai raw.githubusercontent.com pypi.org"],
  ])("%s reaches %s", (name, hosts) => {
    expect(missing([profile(name)], hosts.split(" "))).toEqual([])
    expect(missing([profile(name)], ["example.com"])).toEqual(["example.com"])
  })

  test.each(["opencode", "goose", "pi", "aider", "kilocode", "cline", "crush"])(
    "%s, whose models are anybody's, reaches the providers",
    name => {
      expect(missing([profile(name)], providers)).toEqual([])
    },
  )
})

describe("toolchains", () => {
  test.each([
    [
      "git",
      "github.com github.com:22 ssh.github.com codeload.github.com gitlab.com bitbucket.org codeberg.org",
    ],
    ["node", "registry.npmjs.org registry.yarnpkg.com nodejs.org"],
    ["bun", "registry.npmjs.org"],
    ["deno", "deno.land jsr.io npm.jsr.io registry.npmjs.org"],
    ["python", "pypi.org files.pythonhosted.org"],
    ["rust", "index.crates.io static.crates.io static.rust-lang.org"],
    ["go", "proxy.golang.org sum.golang.org storage.googleapis.com"],
    ["java", "repo.maven.apache.org repo1.maven.org plugins.gradle.org services.gradle.org"],
    ["ruby", "rubygems.org index.rubygems.org"],
    ["php", "packagist.org repo.packagist.org getcomposer.org api.github.com"],
    ["dotnet", "api.nuget.org builds.dotnet.microsoft.com"],
    [
      "browsers",
      "cdn.playwright.dev playwright.download.prss.microsoft.com storage.googleapis.com download.cypress.io",
    ],
    ["compilers", "ziglang.org binaries.prisma.sh releases.bazel.build"],
  ])("%s reaches %s", (name, hosts) => {
    expect(missing([profile(name)], hosts.split(" "))).toEqual([])
  })

  test("there are hosts for each of them", () => {
    for (const name of toolchains) expect([name, profile(name).hosts.length > 0]).toEqual([name, true])
  })
})

test("nobody's telemetry is among them", () => {
  const telemetry = [
    ..."statsig.anthropic.com o1.ingest.sentry.io sentry.io play.googleapis.com us.i.posthog.com".split(" "),
    ..."copilot-telemetry.githubusercontent.com collector.github.com default.exp-tas.com".split(" "),
    ..."dc.services.visualstudio.com telemetry.nextjs.org www.google-analytics.com".split(" "),
  ]
  const all = [...agents, ...toolchains].map(profile)
  expect(missing(all, telemetry)).toEqual(telemetry)
})

test("no rule of ours is wider than the suffix of one company, names an address, or denies", () => {
  for (const name of [...agents, ...toolchains])
    for (const { verdict, value } of profile(name).hosts) {
      expect([name, verdict, value.request]).toEqual([name, "allow", undefined])
      expect(["name", "below"]).toContain(value.kind)
      if (value.kind === "below")
        expect([value.host, value.host.split(".").length >= 2]).toEqual([value.host, true])
    }
})
