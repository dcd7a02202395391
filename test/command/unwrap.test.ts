import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { unwrap } from "../../src/command/unwrap.ts"

/** What a command starts, in short: names, packages in brackets. */
function started(command: readonly string[]): string {
  return unwrap(command)
    .map(program => (program.kind === "package" ? `[${program.name}]` : program.name))
    .join(" ")
}

describe("a program", () => {
  test.each([
    [["claude"], "claude"],
    [["claude", "-p", "codex"], "claude"],
    [["/usr/local/bin/claude"], "claude"],
    [["./claude"], "claude"],
    [["~/.local/bin/claude"], "claude"],
    [["//claude"], "claude"],
    [["/opt/my programs/claude"], "claude"],
    [["claude "], "claude "],
    [["Claude"], "Claude"],
    [["claude.exe"], "claude.exe"],
    [["-claude"], "-claude"],
    [["$claude"], "$claude"],
    [["a;claude"], "a;claude"],
    [["日本"], "日本"],
  ])("%j", (command, expected) => {
    expect(started(command)).toBe(expected)
  })

  test("keeps the word as it was written", () => {
    expect(unwrap(["nice", "/opt/x/claude"])).toEqual([
      { kind: "binary", name: "claude", path: "/opt/x/claude" },
    ])
  })
})

describe("nothing", () => {
  test.each([[[]], [[""]], [["/"]], [["bin/"]], [["", "claude"]], [["claude/", "codex"]]])(
    "in %j",
    command => {
      expect(unwrap(command)).toEqual([])
    },
  )
})

describe("wrappers in wrappers", () => {
  test.each([
    "env A=b nice claude",
    "nice env A=b claude",
    "nohup nice -n 5 timeout -k 5 30 env -i A=b claude",
    "time -p stdbuf -oL setsid -w claude",
    "command exec claude",
    "timeout -- 30 nice -- claude",
    "env env env env claude",
    "xvfb-run -a strace -f -o out nice -5 claude",
    "taskset -c 0 chrt -b 0 ionice -c3 claude",
  ])("%s", line => {
    expect(started(line.split(" "))).toBe("claude")
  })

  test.each([
    ["env A=b sudo claude", "sudo"],
    ["nice xargs claude", "xargs"],
    ["sudo env claude", "sudo"],
    ["nice script -c claude", "script"],
    ["timeout 30 ssh host claude", "ssh"],
  ])("%s stops at %s", (line, expected) => {
    expect(started(line.split(" "))).toBe(expected)
  })
})

describe("shells", () => {
  test.each([
    [["sh", "-c", "claude"], "claude"],
    [["bash", "-c", "claude -p 'a b'"], "claude"],
    [["/bin/zsh", "-c", "claude"], "claude"],
    [["dash", "-c", "claude"], "claude"],
    [["ksh", "-c", "claude"], "claude"],
    [["fish", "-c", "claude"], "claude"],
    [["bash", "-lc", "claude"], "claude"],
    [["bash", "-xec", "claude"], "claude"],
    [["bash", "-cx", "claude"], "claude"],
    [["bash", "-l", "-c", "claude"], "claude"],
    [["bash", "-c", "-x", "claude"], "claude"],
    [["bash", "-c", "--", "claude"], "claude"],
    [["bash", "-c", "-", "claude"], "claude"],
    [["bash", "--norc", "-c", "claude"], "claude"],
    [["bash", "--rcfile", "f", "-c", "claude"], "claude"],
    [["bash", "--init-file", "-c", "-c", "claude"], "claude"],
    [["bash", "-o", "pipefail", "-c", "claude"], "claude"],
    [["bash", "-euo", "pipefail", "-c", "claude"], "claude"],
    [["bash", "-ceuo", "pipefail", "claude"], "claude"],
    [["bash", "-O", "extglob", "-c", "claude"], "claude"],
    [["bash", "+x", "-c", "claude"], "claude"],
    [["bash", "+o", "posix", "-c", "claude"], "claude"],
    [["sh", "-c", "claude", "sh", "codex"], "claude"],
    [["sh", "-c", "a && claude"], "a claude"],
    [["sh", "-c", "claude; codex"], "claude codex"],
    [["sh", "-c", "cd x && exec claude"], "cd claude"],
    [["sh", "-c", "exec -a x claude"], "claude"],
    [["sh", "-c", "A=b exec env C=d nice claude"], "claude"],
    [["sh", "-c", "sh -c 'claude && codex'"], "claude codex"],
    [["sh", "-c", "sh -c \"sh -c 'claude'\""], "claude"],
    [["sh", "-c", "env -S 'A=b claude'"], "claude"],
    [["nice", "sh", "-c", "claude"], "claude"],
    [["sh", "-c", "~/bin/claude"], "claude"],
    [["sh", "-c", "timeout 30 claude | tee log"], "claude tee"],
    [["sh", "-c", "if true; then claude; fi"], "true claude"],
    [["sh", "-c", "npx @openai/codex"], "npx [@openai/codex]"],
  ])("%j", (command, expected) => {
    expect(started(command)).toBe(expected)
  })

  test.each([
    [["sh"], "sh"],
    [["bash", "-l"], "bash"],
    [["bash", "claude"], "bash"],
    [["bash", "./claude", "-c", "codex"], "bash"],
    [["bash", "--", "-c", "claude"], "bash"],
    [["bash", "-", "-c", "claude"], "bash"],
    [["bash", "-o", "-c", "claude"], "bash"],
    [["bash", "+c", "claude"], "bash"],
    [["bash", "--rcfile", "-c", "claude"], "bash"],
    [["bash", "--version", "claude"], "bash"],
    [["sh", "-c"], ""],
    [["sh", "-c", ""], ""],
    [["sh", "-c", "", "claude"], ""],
    [["sh", "-c", "echo claude"], "echo"],
    [["sh", "-c", "# claude"], ""],
    [["sh", "-c", "$X"], ""],
    [["sh", "-c", '"$@"', "sh", "claude"], ""],
    [["sh", "-c", 'exec "$0"', "claude"], "exec"],
    [["sh", "-c", "timeout $T claude"], "timeout"],
    [["sh", "-c", "nice $OPTIONS claude"], "nice"],
    [["sh", "-c", "sh -c $X claude"], ""],
    [["sh", "-c", "sh $X -c claude"], ""],
    [["sh", "-c", "env $X claude"], "env"],
    [["sh", "-c", "env A=$X claude"], "env"],
    [["sh", "-c", "A=$(claude)"], ""],
    [["sh", "-c", "sudo claude"], "sudo"],
    [["sh", "-c", "case x in claude) a;; esac"], "a"],
    [["sh", "-c", "cat <<E\nclaude\nE"], "cat"],
    [["sh", "-c", "'claude"], ""],
  ])("%j", (command, expected) => {
    expect(started(command)).toBe(expected)
  })
})

describe("a real shell agrees", () => {
  test.each([
    [["-c", "echo started"]],
    [["-ec", "echo started"]],
    [["-c", "-e", "echo started"]],
    [["-c", "--", "echo started"]],
    [["-e", "-c", "echo started"]],
    [["+e", "-c", "echo started"]],
    [["-c", "true && echo started"]],
    [["-c", "false || echo started; true"]],
    [["-c", "if true; then A=b exec echo started; fi"]],
    [["-c", "case x in a) b;; (x) echo started;; esac"]],
    [["-c", "(echo started)"]],
    [["-c", "{ echo started; }"]],
    [["-c", "cat >/dev/null <<E && echo started\necho wrong\nE"]],
    [["-c", ": # comment's\necho started"]],
    [["-c", "2>/dev/null echo started"]],
    [["-c", "ec\\\nho started"]],
  ])("sh %j", words => {
    expect(Bun.spawnSync(["sh", ...words]).stdout.toString()).toBe("started\n")
    expect(started(["sh", ...words])).toContain("echo")
  })
})

describe("hostile lines end", () => {
  test("wrappers nested deeper than anybody writes are unknown", () => {
    expect(started([...Array<string>(16).fill("nice"), "claude"])).toBe("claude")
    expect(started([...Array<string>(17).fill("nice"), "claude"])).toBe("")
    expect(started([...Array<string>(100_000).fill("nice"), "claude"])).toBe("")
  })

  test("shells nested deeper than anybody writes are unknown", () => {
    let text = "claude"
    for (let depth = 0; depth < 8; depth++) text = `sh -c '${text.replaceAll("'", "'\\''")}'`
    expect(started(["sh", "-c", text])).toBe("claude")
    for (let depth = 0; depth < 4; depth++) text = `sh -c ${JSON.stringify(text)}`
    expect(() => started(["sh", "-c", text])).not.toThrow()
  })

  test("env -S in env -S", () => {
    const text = `${"-S ".repeat(100)}claude`
    expect(started(["env", "-S", text])).toBe("env")
    expect(started(["env", ...Array<string>(100).fill("-S"), "claude"])).not.toContain("codex")
  })

  test("a very long string of commands", () => {
    expect(unwrap(["sh", "-c", "nice claude;".repeat(20_000)])).toHaveLength(20_000)
  })

  test("no words make it throw, or find a name that is not there", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "env",
        "nice",
        "timeout",
        "sh",
        "bash",
        "npx",
        "uvx",
        "npm",
        "exec",
        "pnpm",
        "dlx",
        "tool",
      ),
      fc.constantFrom("-c", "-S", "-p", "--", "-", "-n", "5", "A=b", "", "--package=x", "-euo", "run", "x"),
      fc.string({ unit: fc.constantFrom(..."'\"\\`$(){}[]*?|&;<>#=! \n-ab@/") }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), command => {
        expect(started(command)).not.toContain("claude")
      }),
      { numRuns: 5000 },
    )
  })
})
