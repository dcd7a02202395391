/** Code that nobody has read runs with the preset that is made for it. */
import { expect, test } from "bun:test"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { treeOf } from "../support/tree.ts"
import { World, writeFiles } from "../support/world.ts"

const secret = "s3cret-from-untrusted"
const options = ["--trust", "untrusted"]
const home = { "notes.txt": secret, ".npm/_cacache/x": "1", ".cache/pip/x": "1", ".aws/credentials": secret }
const project = {
  "code.js": "plain",
  "server.key": secret,
  "a/terraform.tfstate": secret,
  "a/b.txt": "plain",
}

test("untrusted code writes nothing on the host and reads the project only", async () => {
  using world = new World({ home, project, git: true })
  const before = treeOf(world.root)
  const got = await world.attempts(
    {
      "write in the project": "echo x > new",
      "change the project": "echo x >> code.js",
      "write in a cache": "echo x > ~/.npm/_cacache/y || echo x > ~/.cache/pip/y",
      "write in the home": "echo x > ~/new",
      "read the home": "cat ~/notes.txt",
      "read a secret": "cat ~/.aws/credentials",
      "read a key of the project": "cat server.key",
      "read a state of the project": "cat a/terraform.tfstate",
      "find another network": "tail -n +3 /proc/net/dev | grep -v lo:",
    },
    { options },
  )
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  expect(treeOf(world.root)).toEqual(before)
  const open = await world.attempts(
    { read: "cat code.js a/b.txt", temp: 'echo x > "$TMPDIR/x"', programs: "ls /usr/bin", git: "git log" },
    { options },
  )
  expect(failed(open)).toEqual({})
})

test("the command line opens again what a person wants", async () => {
  using world = new World({ home, project })
  const open = await world.attempts(
    { write: "echo x > a/b.txt", read: "cat ~/notes.txt", variable: 'test "$EDITOR2" = vim' },
    {
      options: [...options, "--write", "a", "--read", "~/notes.txt", "--env", "EDITOR2"],
      env: { EDITOR2: "vim" },
    },
  )
  expect(failed(open)).toEqual({})
})

test("CORDON_TRUST chooses the preset as well, and a broken value stops the run", async () => {
  using world = new World({ home, project })
  const got = await world.attempts({ write: "echo x > new" }, { env: { CORDON_TRUST: "untrusted" } })
  expect(succeeded(got)).toEqual([])
  const broken = await world.shell("echo ran", { env: { CORDON_TRUST: "untrustd" } })
  expect(broken).toMatchObject({ code: 125, stdout: "" })
  expect(broken.stderr).toContain('"untrusted"')
})

test("the preset outweighs a user policy that opens more", async () => {
  using world = new World({ home, project })
  const policy = "network: { mode: open }\nenvironment: { mode: inherit }\n"
  writeFiles(world.home, { ".config/cordon/policy.yaml": policy })
  const { stdout } = await world.shell(
    "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; echo [$X_TOKEN]",
    {
      options,
      env: { X_TOKEN: secret },
    },
  )
  expect(stdout).toBe("lo\n[]\n")
})
