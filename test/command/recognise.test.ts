import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { parse } from "yaml"
import { type Recognisable, recognise } from "../../src/command/recognise.ts"

/** What of a built-in profile matters here. */
type ProfileText = {
  agent?: { binaries: string[]; packages: string[] }
  toolchain?: { binaries: string[] }
}

const policies = join(import.meta.dir, "../../policies")

async function readProfiles(folder: string): Promise<Recognisable[]> {
  const files = [...new Bun.Glob("*.yaml").scanSync(join(policies, folder))].sort()
  return Promise.all(
    files.map(async file => {
      const profile: ProfileText = parse(await Bun.file(join(policies, folder, file)).text())
      const { agent, toolchain } = profile
      const name = file.replace(".yaml", "")
      return { name, binaries: agent?.binaries ?? toolchain?.binaries ?? [], packages: agent?.packages ?? [] }
    }),
  )
}

const agents = await readProfiles("20-agents")
const toolchains = await readProfiles("10-toolchains")
const found = (line: string) => recognise(line.split(" "), agents)

describe("each agent by its programs", () => {
  test.each([
    ["claude", "claude"],
    ["codex", "codex"],
    ["opencode", "opencode"],
    ["gemini", "gemini"],
    ["qwen", "qwen"],
    ["goose", "goose"],
    ["goosed", "goose"],
    ["droid", "droid"],
    ["pi", "pi"],
    ["aider", "aider"],
    ["kilo", "kilocode"],
    ["kilocode", "kilocode"],
    ["codemux", "codemux"],
    ["amp", "amp"],
    ["cursor-agent", "cursor-agent"],
    ["copilot", "copilot"],
    ["auggie", "auggie"],
    ["cline", "cline"],
    ["crush", "crush"],
    ["kiro-cli", "kiro"],
    ["kiro", "kiro"],
  ])("%s is %s", (binary, name) => {
    expect(found(`${binary} --help`)).toEqual([name])
    expect(found(`/opt/bin/${binary}`)).toEqual([name])
    expect(found(`env A=b nice ${binary}`)).toEqual([name])
    expect(found(`echo ${binary}`)).toEqual([])
  })

  test("and there are no others", () => {
    expect(agents.map(({ name }) => name)).toEqual([
      "aider",
      "amp",
      "auggie",
      "claude",
      "cline",
      "codemux",
      "codex",
      "copilot",
      "crush",
      "cursor-agent",
      "droid",
      "gemini",
      "goose",
      "kilocode",
      "kiro",
      "opencode",
      "pi",
      "qwen",
    ])
  })

  test("no two profiles share a name", () => {
    for (const profiles of [agents, toolchains]) {
      const names = profiles.flatMap(({ binaries, packages }) => [
        ...binaries,
        ...packages.map(name => `[${name}]`),
      ])
      // an agent's package may be called like its program
      expect([...new Set(names)]).toEqual(names)
    }
  })
})

describe("each agent by its package", () => {
  test.each([
    ["npx @anthropic-ai/claude-code", "claude"],
    ["npx -y @anthropic-ai/claude-code@latest -p hi", "claude"],
    ["bunx @openai/codex", "codex"],
    ["pnpm dlx opencode-ai", "opencode"],
    ["npx https://github.com/google-gemini/gemini-cli", undefined],
    ["npx @google/gemini-cli", "gemini"],
    ["yarn dlx @qwen-code/qwen-code", "qwen"],
    ["npx @mariozechner/pi-coding-agent", "pi"],
    ["uvx --from aider-chat aider", "aider"],
    ["pipx run aider-chat", "aider"],
    ["npx @kilocode/cli", "kilocode"],
    ["npx @ampcode/cli", "amp"],
    ["npx @sourcegraph/amp@latest", "amp"],
    ["npx @github/copilot", "copilot"],
    ["npm exec -- @augmentcode/auggie", "auggie"],
    ["bun x @charmland/crush", "crush"],
    ["npx cline", "cline"],
  ])("%s is %s", (line, name) => {
    expect(found(line)).toEqual(name === undefined ? [] : [name])
  })
})

describe("a package that is only called like an agent's program gets nothing", () => {
  test.each([
    "npx claude",
    "npx codex",
    "npx gemini",
    "npx goose",
    "uvx aider",
    "uvx goose",
    "npx -p evil claude",
    "npx @evil/claude-code",
    "npx @anthropic-ai/claude-code@npm:evil",
  ])("%s", line => {
    expect(found(line)).toEqual([])
  })
})

describe("names that are no hit", () => {
  test.each([
    "echo claude",
    "grep -r codex .",
    "cat claude codex gemini",
    "git commit -m claude",
    "vim claude",
    "which claude",
    "command -v claude",
    "sudo claude",
    "doas claude",
    "su -c claude",
    "xargs claude",
    "ssh host claude",
    "docker run claude",
    "script -c claude",
    "flock lock claude",
    "unshare claude",
    "node claude",
    "bash claude",
    "claude-code",
    "myclaude",
    "claude.sh",
    "Claude",
    "claude/x",
    "cordon-claude",
    "pip install aider",
    "timeout claude",
    "env claude=1",
    "env A=claude",
    "",
    "-- claude",
  ])("%s", line => {
    expect(found(line)).toEqual([])
  })
})

describe("agent, a name that many programs have", () => {
  test.each([
    "/home/u/.local/share/cursor-agent/agent",
    "/home/u/.local/share/cursor-agent/versions/2026.01.01/agent",
    "~/.local/share/cursor-agent/agent",
    "nice /home/u/.local/share/cursor-agent/bin/agent -p",
    "/home/u/x/../.local/share/cursor-agent/agent",
  ])("is cursor's: %s", line => {
    expect(found(line)).toEqual(["cursor-agent"])
  })

  test.each([
    "agent",
    "./agent",
    "/usr/bin/agent",
    "/home/u/.local/share/cursor-agent/../agent",
    "/home/u/.local/share/cursor-agent/versions/../../agent",
    "/home/u/.local/share/cursor-agent-evil/agent",
    "/home/u/my.local/share/cursor-agent/agent",
    "/home/u/.local/share/cursor-agent/node",
    ".local/share/cursor-agent/agent",
    "/home/u/.local/share/cursor-agent/agent/other",
  ])("is not: %s", line => {
    expect(found(line)).toEqual([])
  })
})

describe("several at once", () => {
  test.each([
    [
      ["sh", "-c", "claude && codex"],
      ["claude", "codex"],
    ],
    [
      ["sh", "-c", "codex; claude; codex"],
      ["claude", "codex"],
    ],
    [["sh", "-c", "echo hi | claude -p 'use codex'"], ["claude"]],
    [
      ["sh", "-c", "npx @openai/codex || claude"],
      ["claude", "codex"],
    ],
    [["sh", "-c", "$AGENT"], []],
    [[], []],
    [[""], []],
  ])("%j", (command, names) => {
    expect(recognise(command, agents)).toEqual(names)
  })

  test("none without profiles", () => {
    expect(recognise(["claude"], [])).toEqual([])
  })

  test("a profile without programs is never found", () => {
    expect(recognise(["claude"], [{ name: "x", binaries: [], packages: [] }])).toEqual([])
    expect(recognise([""], [{ name: "x", binaries: [""], packages: [""] }])).toEqual([])
  })
})

describe("toolchains", () => {
  test.each([
    ["npm test", ["node"]],
    ["npx vitest", ["node"]],
    ["bunx vitest", ["bun"]],
    ["deno task x", ["deno"]],
    ["uvx ruff", ["python"]],
    ["python3.12 -m venv x", ["python"]],
    ["cargo test", ["rust"]],
    ["go test ./...", ["go"]],
    ["./gradlew build", ["java"]],
    ["bundle exec rspec", ["ruby"]],
    ["composer install", ["php"]],
    ["dotnet build", ["dotnet"]],
    ["playwright test", ["browsers"]],
    ["make -j8", ["compilers"]],
    ["git push", ["git"]],
    ["env CI=1 pnpm exec electron .", ["browsers", "node"]],
    ["ls", []],
  ])("%s", (line, names) => {
    expect(recognise(line.split(" "), toolchains)).toEqual(names)
  })
})
