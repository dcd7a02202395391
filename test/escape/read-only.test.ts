/** With --ro nothing of the host is writable but the agent's own state and caches. */
import { expect, test } from "bun:test"
import { failed, succeeded } from "../support/attempts.ts"
import { treeOf } from "../support/tree.ts"
import { World } from "../support/world.ts"

const home = {
  ".config/cordon/policy.yaml": "filesystem: { write: [~/open] }\n",
  "open/file": "1",
  ".npm/_cacache/x": "1",
  "notes.txt": "1",
}
const project = { file: "1", "out/file": "1", "a/b/file": "1" }

test("--ro makes the project and what the user policy opens read-only", async () => {
  using world = new World({ home, project, git: true })
  const before = treeOf(world.root)
  const got = await world.attempts(
    {
      "change a file": "echo x >> file",
      "make a file": "echo x > new",
      "make a file deeper": "echo x > a/b/new",
      "remove a file": "rm -f out/file; test ! -e out/file",
      "move a directory": "mv a c",
      "change a mode": "chmod 777 file",
      commit: "git commit -q --allow-empty -m x",
      "what the user policy opens": "echo x >> ~/open/file",
      home: "echo x > ~/new",
    },
    { options: ["--ro"] },
  )
  expect(succeeded(got)).toEqual([])
  expect(treeOf(world.root)).toEqual(before)
})

test("reading, temp and caches work under --ro", async () => {
  using world = new World({ home, project })
  const got = await world.attempts(
    {
      read: "cat file a/b/file ~/open/file ~/notes.txt",
      temp: 'echo x > "$TMPDIR/x"',
      cache: "echo x > ~/.npm/_cacache/y",
    },
    { options: ["--ro"] },
  )
  expect(failed(got)).toEqual({})
})

test("--ro with --write opens that and nothing else", async () => {
  using world = new World({ home, project })
  const got = await world.attempts(
    {
      opened: "echo x > out/new",
      project: "echo x > new",
      "what the user policy opens": "echo x >> ~/open/file",
    },
    { options: ["--ro", "--write", "out"] },
  )
  expect(succeeded(got)).toEqual(["opened"])
})

test("without --ro all of it is writable, and --rw lifts a read-only policy", async () => {
  using world = new World({ home, project })
  const writes = { project: "echo x > new", "what the user policy opens": "echo x >> ~/open/file" }
  expect(failed(await world.attempts(writes))).toEqual({})
  using closed = new World({
    home: { ".config/cordon/policy.yaml": "filesystem: { readonly: true }\n" },
    project,
  })
  const own = { project: "echo x > new" }
  expect(succeeded(await closed.attempts(own))).toEqual([])
  expect(failed(await closed.attempts(own, { options: ["--rw"] }))).toEqual({})
})
