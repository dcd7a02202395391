/** The library drives the real program, from Bun here and from Node as users do. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { CordonError, explain, run } from "../src/index.ts"
import { cordonBinary, World } from "./support/world.ts"

describe("run", () => {
  test("gives what the command said and how it ended", async () => {
    using world = new World()
    const options = { program: cordonBinary, directory: world.project, environment: world.env }
    const result = await run(["sh", "-c", "echo out; echo err >&2; exit 3"], options)
    expect(result).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n" })
  })

  test("hands words on as they are: no shell looks at them", async () => {
    using world = new World()
    const options = { program: cordonBinary, directory: world.project, environment: world.env }
    const { stdout } = await run(["printf", "%s|", "a b", "$HOME", "", "*"], options)
    expect(stdout).toBe("a b|$HOME||*|")
  })

  test("confines: a secret is refused, the project is not", async () => {
    using world = new World({ home: { ".aws/credentials": "key" }, project: { file: "words" } })
    const options = {
      program: cordonBinary,
      directory: world.project,
      environment: world.env,
      options: ["-n"],
    }
    expect((await run(["cat", join(world.home, ".aws/credentials")], options)).exitCode).not.toBe(0)
    expect((await run(["cat", "file"], options)).stdout).toBe("words")
  })

  test("ends the command and what it started when the signal says so", async () => {
    using world = new World()
    const stop = new AbortController()
    const options = {
      program: cordonBinary,
      directory: world.project,
      environment: world.env,
      signal: stop.signal,
    }
    const running = run(["sleep", "60"], options)
    setTimeout(() => stop.abort(), 300)
    await expect(running).rejects.toThrow()
  })

  test("says so when the program cannot be started", async () => {
    await expect(run(["true"], { program: "/no/such/cordon" })).rejects.toThrow("ENOENT")
  })
})

describe("explain", () => {
  test("gives the verdict and the rule on a path and on a variable", async () => {
    using world = new World({ home: { ".aws/credentials": "key" } })
    const options = { program: cordonBinary, directory: world.project, environment: world.env }
    const path = await explain(join(world.home, ".aws/credentials"), options)
    expect(path).toMatchObject({ kind: "path", verdict: "deny", layer: "base" })
    const variable = await explain(["env", "GITHUB_TOKEN"], options)
    expect(variable).toMatchObject({ kind: "variable", verdict: "remove" })
  })

  test("throws what Cordon said when the policy is broken", async () => {
    using world = new World({ project: { ".cordon.yaml": "netwrok: {}\n" } })
    const options = { program: cordonBinary, directory: world.project, environment: world.env }
    const failure = await explain("/etc", options).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CordonError)
    expect(String(failure)).toContain('unknown key "netwrok"')
  })
})

test("the built library runs on Node", async () => {
  using world = new World()
  const code = `import { run } from ${JSON.stringify(join(import.meta.dir, "../dist/index.js"))}
    const { stdout } = await run(["echo", "from node"], ${JSON.stringify({ program: cordonBinary, directory: world.project })})
    process.stdout.write(stdout)`
  expect(await world.host("node", "--input-type=module", "-e", code)).toBe("from node\n")
})
