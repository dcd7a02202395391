import { describe, expect, test } from "bun:test"
import { runners } from "../../src/command/runners.ts"
import { unwrap } from "../../src/command/unwrap.ts"

/** What a runner starts besides itself; packages in brackets. */
function started(line: string | readonly string[]): string {
  const command = typeof line === "string" ? line.split(" ") : line
  return unwrap(command)
    .slice(1)
    .map(program => (program.kind === "package" ? `[${program.name}]` : program.name))
    .join(" ")
}

describe("packages of npm", () => {
  test.each([
    "npx @openai/codex",
    "npx @openai/codex exec hi",
    "npx @openai/codex@latest",
    "npx @openai/codex@0.169.0 --version",
    "npx @openai/codex@^1.2",
    "npx -y @openai/codex",
    "npx --yes @openai/codex",
    "npx -- @openai/codex",
    "npx -y -- @openai/codex",
    "npx --no-install @openai/codex",
    "npx -p @openai/codex codex",
    "npx -p @openai/codex@latest codex",
    "npx -p @openai/codex -- codex",
    "npx -yp @openai/codex codex",
    "npx --package @openai/codex codex",
    "npx --package=@openai/codex codex",
    "npx --package=@openai/codex@1 -- codex",
    "npx --registry https://r @openai/codex",
    "npx -w pkg @openai/codex",
    "npx --prefix /tmp @openai/codex",
    "npx -p @openai/codex -c codex",
    "npm exec @openai/codex",
    "npm exec -- @openai/codex",
    "npm exec -y -- @openai/codex exec hi",
    "npm exec --package=@openai/codex -- codex",
    "npm exec --package @openai/codex -- codex",
    "npm x @openai/codex",
    "npm --prefix /tmp exec @openai/codex",
    "npm --silent x -- @openai/codex",
    "pnpm dlx @openai/codex",
    "pnpm dlx @openai/codex@latest",
    "pnpm --package=@openai/codex dlx codex",
    "pnpm dlx --package=@openai/codex codex",
    "pnpm dlx --package @openai/codex codex",
    "pnpm -C /tmp dlx @openai/codex",
    "pnpm --silent dlx @openai/codex",
    "pnpx @openai/codex",
    "yarn dlx @openai/codex",
    "yarn dlx -q @openai/codex",
    "yarn dlx -p @openai/codex codex",
    "yarn dlx --package @openai/codex codex",
    "yarn --cwd /tmp dlx @openai/codex",
    "bunx @openai/codex",
    "bunx --bun @openai/codex",
    "bunx -p @openai/codex codex",
    "bunx --package=@openai/codex codex",
    "bun x @openai/codex",
    "bun x --bun @openai/codex",
    "bun --bun x @openai/codex@latest",
    "/usr/bin/npx @openai/codex",
  ])("%s", line => {
    expect(started(line)).toBe("[@openai/codex]")
  })

  test.each([
    ["npx opencode-ai", "[opencode-ai]"],
    ["npx opencode-ai@1.18", "[opencode-ai]"],
    ["npx -p a -p b c", "[a] [b]"],
    ["npx ./claude", "[./claude]"],
    ["npx github:user/claude", "[github:user/claude]"],
    ["npx @scope", "[@scope]"],
    ["npx @", "[@]"],
    ["npx a@", "[a]"],
  ])("%s", (line, expected) => {
    expect(started(line)).toBe(expected)
  })
})

describe("a package under another's name is not it", () => {
  test.each([
    "npx @openai/codex@npm:evil",
    "npx @openai/codex@npm:@evil/codex@1.0",
    "npx @openai/codex@https://evil.example/x.tgz",
    "npx @openai/codex@git+ssh://evil.example/x",
    "npx @openai/codex@file:./x",
    "npx @openai/codex@evil/x",
    "npx @evil/codex",
    "npx -p @evil/codex codex",
    "npx codex",
    "npx @openai/codex-extra",
    "npx @openai/Codex",
    "npx x@openai/codex",
    "npx evil @openai/codex",
    "npm install @openai/codex",
    "npm run @openai/codex",
    "npm run exec @openai/codex",
    "pnpm add @openai/codex",
    "pnpm install dlx @openai/codex",
    "yarn add @openai/codex",
    "yarn @openai/codex",
    "bun add @openai/codex",
    "bun run x @openai/codex",
    "npx",
    "npx -p",
    "npx --package",
    "npx -y",
    "npx -- -- @openai/codex",
    "npm exec",
    "npm",
    "pnpm dlx",
    "yarn dlx -p",
    "bunx",
  ])("%s", line => {
    expect(started(line).split(" ")).not.toContain("[@openai/codex]")
  })
})

describe("a program that is installed", () => {
  test.each([
    ["pnpm exec claude", "claude"],
    ["pnpm exec claude -p hi", "claude"],
    ["pnpm -C /tmp exec claude", "claude"],
    ["pnpm --filter app exec claude", "claude"],
    ["pnpm -r exec nice claude", "claude"],
    ["pnpm exec -- claude", "claude"],
    ["pnpm exec npx opencode-ai", "npx [opencode-ai]"],
    ["pnpm exec", ""],
  ])("%s", (line, expected) => {
    expect(started(line)).toBe(expected)
  })
})

describe("strings for the shell", () => {
  test.each([
    [["npx", "-c", "claude -p hi"], "claude"],
    [["npx", "--call=a && claude"], "a claude"],
    [["npm", "exec", "-c", "claude"], "claude"],
    [["npx", "-c", "echo claude"], "echo"],
    [["npx", "-c", "$X"], ""],
    [["npx", "-c", ""], ""],
    [["npx", "-p", "evil", "-c", "claude"], "[evil]"],
  ])("%j", (command, expected) => {
    expect(started(command)).toBe(expected)
  })
})

describe("packages of Python", () => {
  test.each([
    "uvx aider-chat",
    "uvx aider-chat --model x",
    "uvx aider-chat@latest",
    "uvx aider-chat@0.86",
    "uvx aider-chat==0.86",
    "uvx aider-chat>=0.86,<1",
    "uvx aider-chat~=0.86",
    "uvx aider-chat!=0.85",
    "uvx aider-chat[playwright]",
    "uvx aider-chat[a,b]==0.86",
    "uvx Aider_Chat",
    "uvx aider.chat",
    "uvx aider--chat",
    "uvx --from aider-chat aider",
    "uvx --from=aider-chat aider",
    "uvx --from aider-chat==0.86 aider",
    "uvx --python 3.12 aider-chat",
    "uvx -p 3.12 --from aider-chat aider",
    "uvx --with x --from aider-chat aider",
    "uvx --with x aider-chat",
    "uvx --index-url https://r aider-chat",
    "uvx --isolated -q aider-chat",
    "uvx -- aider-chat",
    "uv tool run aider-chat",
    "uv tool run --from aider-chat aider",
    "uv --directory /tmp tool run aider-chat",
    "uv -q tool run --python 3.12 aider-chat",
    "pipx run aider-chat",
    "pipx run --spec aider-chat aider",
    "pipx run --spec=aider-chat==0.86 aider",
    "pipx run --python python3.12 aider-chat",
    "pipx run --no-cache aider-chat hi",
    "pipx -q run aider-chat",
  ])("%s", line => {
    expect(started(line)).toBe("[aider-chat]")
  })

  test.each([
    "uvx aider",
    "uvx --from evil aider-chat",
    "uvx aider-chat@https://evil.example/x.whl",
    "uvx aider-chat@git+https://evil.example/x",
    "uvx aiderchat",
    "uvx aider-chat-extra",
    "uvx evil aider-chat",
    "uvx --from",
    "uvx",
    "uv run aider-chat",
    "uv tool install aider-chat",
    "uv tool",
    "uv pip install aider-chat",
    "pipx install aider-chat",
    "pipx run",
    "pipx run --spec evil aider-chat",
    "pipx run https://evil.example/aider-chat",
    "pip install aider-chat",
  ])("not %s", line => {
    expect(started(line).split(" ")).not.toContain("[aider-chat]")
  })

  test.each([
    [["uvx", "aider-chat @ https://evil.example/x"]],
    [["uvx", "--from", "aider-chat @ git+ssh://x", "aider"]],
  ])("not %j", command => {
    expect(started(command)).not.toBe("[aider-chat]")
  })
})

describe("runners are found", () => {
  test("themselves too, for their own toolchain", () => {
    expect(unwrap(["npx", "@openai/codex"])).toEqual([
      { kind: "binary", name: "npx", path: "npx" },
      { kind: "package", name: "@openai/codex" },
    ])
    expect(unwrap(["uv", "sync"])).toEqual([{ kind: "binary", name: "uv", path: "uv" }])
  })

  test("behind wrappers", () => {
    expect(started("env A=b npx @openai/codex")).toBe("[@openai/codex]")
    expect(started("timeout -- 30 nice bunx @openai/codex")).toBe("[@openai/codex]")
    expect(started(["sh", "-c", "A=b npx -y @openai/codex@latest 'hi'"])).toBe("[@openai/codex]")
  })

  test("unless a word needs expansion", () => {
    expect(started(["sh", "-c", "npx $X @openai/codex"])).toBe("")
    expect(started(["sh", "-c", 'npx "@openai/$X"'])).toBe("")
    expect(started(["sh", "-c", "npx -p $X codex"])).toBe("")
  })
})

test("the table is consistent", () => {
  for (const { options, packageOptions, stringOptions, names } of runners) {
    expect(names.length).toBeGreaterThan(0)
    for (const name of [...packageOptions, ...stringOptions]) {
      const isKnown = name.length === 1 ? options.valued?.includes(name) : options.longValued?.includes(name)
      expect(isKnown).toBe(true)
    }
  }
})
