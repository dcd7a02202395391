/** All output: what goes where, colours, errors and exit codes; tried in processes of their own. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { type Outcome, run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const imports = `
import * as output from ${JSON.stringify(join(root, "src/cli/output.ts"))}
import { bug, HostError, PolicyError, UserError } from ${JSON.stringify(join(root, "src/base/error.ts"))}
`

/** Runs a few lines that use the module. */
function speak(code: string, env: Record<string, string> = {}): Promise<Outcome> {
  return run([process.execPath, "-e", imports + code], { cwd: root, env: { PATH: "/usr/bin:/bin", ...env } })
}

/** The same with a terminal on every stream. */
async function onTerminal(code: string, env: Record<string, string> = {}): Promise<string> {
  const words = ["-q", "-e", "-c", `'${process.execPath}' -e "$CODE"`, "/dev/null"]
  const script = Bun.which("script") ?? "/usr/bin/script"
  const settings = { PATH: "/usr/bin:/bin", TERM: "xterm", CODE: imports + code, ...env }
  const { stdout } = await run([script, ...words], { cwd: root, env: settings })
  return stdout
}

describe("streams", () => {
  test("people are spoken to on stderr, what was asked for goes to stdout", async () => {
    const spoken = await speak(
      'output.say("a"); output.warn("b"); output.print("c"); output.printJson("K", [1])',
    )
    expect(spoken.stderr).toBe("cordon: a\ncordon: warning: b\n")
    const [first, ...json] = spoken.stdout.split("\n")
    expect(first).toBe("c")
    expect(JSON.parse(json.join("\n"))).toEqual({ apiVersion: "cordon/v1", kind: "K", data: [1] })
  })

  test("a reader that has seen enough is nobody's error", async () => {
    const code = `${imports}for (let at = 0; at < 1e5; at++) output.print("line " + at)`
    const words = [
      "bash",
      "-c",
      '"$0" -e "$1" | head -1; echo "$' + '{PIPESTATUS[0]}"',
      process.execPath,
      code,
    ]
    const { stdout, stderr } = await run(words, { cwd: root, env: { PATH: "/usr/bin:/bin" } })
    expect(stdout).toBe("line 0\n0\n")
    expect(stderr).toBe("")
  })

  /** Runs Cordon in a shell that sends its output somewhere. */
  const shell = async (script: string) => {
    using world = new World()
    return await run(["sh", "-c", script, cordonBinary], { cwd: world.project, env: world.env })
  }

  test.each(["--version", "help", "policy schema", "completion bash"])(
    "a full disk under standard output is a sentence and an exit code: %s",
    async words => {
      const { code, stderr } = await shell(`"$0" ${words} >/dev/full`)
      expect({ code, stderr }).toEqual({
        code: 125,
        stderr:
          "cordon: standard output cannot be written: ENOSPC\ncordon: → make room where it goes, or send it elsewhere\n",
      })
      expect((await shell(`"$0" ${words} >/dev/null`)).code).toBe(0)
    },
  )

  test("a full disk under standard error changes nothing of what is done, and no exit code", async () => {
    const ended = async (script: string) => (await shell(`${script}; echo "$?"`)).stdout
    expect(await ended('"$0" -- nosuch 2>/dev/full')).toBe("127\n")
    expect(await ended('"$0" -v -- sh -c "exit 3" 2>/dev/full')).toBe("3\n")
    expect(await ended('"$0" --denny 2>/dev/full')).toBe("125\n")
    expect(await ended('"$0" --version 2>/dev/full | grep -c cordon')).toBe("1\n0\n")
    expect(await ended('"$0" --version >/dev/full 2>&1')).toBe("125\n")
    const said = await speak('output.say("a"); output.sayAtOnce("b"); process.exitCode = 7')
    expect(said).toMatchObject({ code: 7, stderr: "cordon: a\ncordon: b\n" })
  })

  test("a large document is printed whole", async () => {
    const { stdout } = await speak('output.print("x".repeat(3e6))')
    expect(stdout).toHaveLength(3e6 + 1)
  })
})

describe("colours", () => {
  const code = 'process.stdout.write(JSON.stringify(output.coloured("t", "red")))'

  test("are not for files and pipes", async () => {
    expect((await speak(code)).stdout).toBe('"t"')
  })

  test.skipIf(Bun.which("script") === null)(
    "are for terminals, unless NO_COLOR or a dumb terminal says no [skipped when there is no script(1)]",
    async () => {
      expect(await onTerminal(code)).toBe('"\\u001b[31mt\\u001b[0m"')
      expect(await onTerminal(code, { NO_COLOR: "1" })).toBe('"t"')
      expect(await onTerminal(code, { TERM: "dumb" })).toBe('"t"')
      expect(await onTerminal(code, { NO_COLOR: "" })).toContain("[31m")
    },
  )
})

describe("an error", () => {
  const report = (error: string) => speak(`process.exitCode = output.reportError(${error})`)

  test("of the user's is a sentence and a next step", async () => {
    const { code, stdout, stderr } = await report('new UserError("it is so", "do that")')
    expect([code, stdout]).toEqual([125, ""])
    expect(stderr).toBe("cordon: it is so\ncordon: → do that\n")
  })

  test("of the machine's too", async () => {
    const { code, stderr } = await report('new HostError("it lacks", "sudo apt-get install it")')
    expect(code).toBe(125)
    expect(stderr).toBe("cordon: it lacks\ncordon: → sudo apt-get install it\n")
  })

  test("of a policy is each problem with its place", async () => {
    const problems = [
      { file: "a.yaml", line: 7, column: 3, message: "wrong" },
      { file: "--deny $X", line: 0, column: 0, message: "also wrong" },
    ]
    const { code, stderr } = await report(`new PolicyError(${JSON.stringify(problems)})`)
    expect(code).toBe(125)
    expect(stderr).toBe("cordon: a.yaml:7:3: wrong\ncordon: --deny $X: also wrong\n")
  })

  test("of ours says so, with its stack", async () => {
    const { code, stderr } = await report('bug("impossible")')
    expect(code).toBe(125)
    expect(stderr).toStartWith("cordon: this is a bug of Cordon's; please report it")
    expect(stderr).toContain("bug: impossible")
    expect(stderr).toMatch(/\n\s+at /)
  })

  test("that is no error at all is a bug as well", async () => {
    const { code, stderr } = await report('"just a text"')
    expect(code).toBe(125)
    expect(stderr).toContain("just a text")
  })
})
