/** What a sandbox has at a path is held against what the host has there: of a sandbox that bubblewrap made. */
import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import { refuseReplaced } from "../../src/supervise/replaced.ts"

const directory = realpathSync(mkdtempSync(join(tmpdir(), "cordon-replaced-")))
afterAll(() => rmSync(directory, { recursive: true }))

const at = (name: string) => join(directory, name)
for (const name of ["tree/below", "other"]) mkdirSync(at(name), { recursive: true })
for (const name of ["file", "second", "other/landed"]) writeFileSync(at(name), name)

/** @param binds source and path of each mount */
async function inSandbox(binds: readonly [string, string][], act: (process_: number) => void): Promise<void> {
  const words = binds.flatMap(([source, path]) => ["--bind", at(source), at(path)])
  const child = Bun.spawn(["bwrap", "--bind", "/", "/", ...words, "sh", "-c", "echo $$; read line"], {
    stdin: "pipe",
    stdout: "pipe",
  })
  const { value } = await child.stdout.getReader().read()
  try {
    act(Number(new TextDecoder().decode(value)))
  } finally {
    child.stdin.end()
    await child.exited
  }
}

const expected = (...names: string[]) => ({ bound: names.map(at), mountPoints: [] })
const refusal = (process_: number, name: string) => () => refuseReplaced(process_, expected(name))

test("what the host has is what is wanted", async () => {
  await inSandbox(
    [
      ["tree", "tree"],
      ["tree/below", "tree/below"],
      ["file", "file"],
    ],
    process_ => refuseReplaced(process_, expected("tree", "tree/below", "file")),
  )
})

test("another directory or file at the path is refused", async () => {
  await inSandbox(
    [
      ["other", "tree"],
      ["second", "file"],
    ],
    process_ => {
      for (const name of ["tree", "file"]) expect(refusal(process_, name)).toThrow(HostError)
    },
  )
})

test("a directory at which nothing was mounted is refused", async () => {
  await inSandbox([["tree", "tree"]], process_ => {
    expect(refusal(process_, "tree/below")).toThrow(HostError)
  })
})

test("one that is killed while it is looked at is not refused: nothing will run", async () => {
  await inSandbox([["tree", "tree"]], process_ => {
    Bun.spawn(["sh", "-c", `sleep 0.2; kill -9 ${process_}`])
    // Looked at for a second or more.
    const bound = Array.from({ length: 200_000 }, () => at("tree"))
    refuseReplaced(process_, { bound, mountPoints: [] })
  })
})

test("a link on the way is refused, though it leads to the same", async () => {
  await inSandbox([["tree/below", "tree/below"]], process_ => {
    renameSync(at("tree"), at("moved"))
    symlinkSync(at("moved"), at("tree"))
    try {
      expect(refusal(process_, "tree/below")).toThrow(HostError)
    } finally {
      rmSync(at("tree"))
      renameSync(at("moved"), at("tree"))
    }
  })
})

test("a file that its program replaced since is no reason to refuse", async () => {
  await inSandbox([["file", "file"]], process_ => {
    writeFileSync(at("new"), "new")
    renameSync(at("new"), at("file"))
    refusal(process_, "file")()
  })
})

test("a file that has no mount is refused when the host shows where nothing was to be mounted", async () => {
  const binds: [string, string][] = [["second", "other/landed"]]
  await inSandbox(binds, process_ => {
    expect(refusal(process_, "file")).toThrow(HostError)
    refuseReplaced(process_, { bound: [at("file")], mountPoints: [at("other/landed")] })
  })
})

test("nobody is there any more", async () => {
  const child = Bun.spawn(["true"])
  await child.exited
  refuseReplaced(child.pid, expected("tree"))
})
