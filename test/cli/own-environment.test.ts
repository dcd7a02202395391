/** Variables are bytes (environ(7)): the command gets those of the caller, and a home of any name is denied as others are. */
import { expect, test } from "bun:test"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { mendEnvironment } from "../../src/cli/own-environment.ts"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

test("an environment that is text stays as it is", () => {
  const environment = { A: "é", B: "", C: undefined }
  mendEnvironment(environment)
  expect(environment).toEqual({ A: "é", B: "", C: undefined })
})

test("a value that is no UTF-8 is the same inside, the second time too", async () => {
  using world = new World()
  mkdirSync(join(world.home, ".local/state"), { recursive: true })
  const shell = `VALUE=$(printf '\\377\\303\\251x') exec "$0" -n -- sh -c 'printf %s "$VALUE" | od -An -tx1'`
  for (const _ of [1, 2]) {
    const { code, stdout } = await run(["sh", "-c", shell, cordonBinary], {
      cwd: world.project,
      env: world.env,
    })
    expect([code, stdout.trim()]).toEqual([0, "ff c3 a9 78"])
  }
})

test("a home whose name is no UTF-8 keeps its secrets, and is the home inside", async () => {
  using world = new World()
  const shell = `
    HOME=$PWD/$(printf 'h\\377'); export HOME
    mkdir -p "$HOME/.aws" "$HOME/project" && echo s3cret > "$HOME/.aws/credentials" && cd "$HOME/project" || exit 9
    "$0" -n -- sh -c 'echo "$HOME" | od -An -tx1 | tail -1; cat ~/.aws/credentials; echo x > made && cat made'
    code=$?; rm -r "$HOME"; exit $code`
  const { code, stdout, stderr } = await run(["sh", "-c", shell, cordonBinary], {
    cwd: world.project,
    env: world.env,
  })
  expect([code, stdout.trim().endsWith("68 ff 0a\nx")]).toEqual([0, true])
  expect(stdout).not.toContain("s3cret")
  expect(stderr).toContain("Permission denied")
})
