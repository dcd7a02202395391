/** A linked worktree is believed when the main repository acknowledges it; real git makes the repositories. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createPathFacts, type PathFacts } from "../../src/host/path-facts.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { protectionText } from "../../src/policy/protection.ts"
import { pathJudge } from "../../src/policy/verdict.ts"
import { linkedWorktree, worktreeLayer } from "../../src/worktrees/git.ts"
import { pathRule } from "../policy/naive-model.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-git-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const main = join(root, "main")
const common = join(main, ".git")

function git(directory: string, ...words: string[]): void {
  const identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
  const { exitCode, stderr } = Bun.spawnSync(["git", ...identity, ...words], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? "", HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
  })
  if (exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`)
}

const worktreeAt = (project: string) => linkedWorktree(project, "/home/nobody", createPathFacts())

/** A directory with a `.git` file that says this. */
function pointing(name: string, text: string): string {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, ".git"), text)
  return path
}

beforeAll(() => {
  mkdirSync(main)
  git(main, "init", "-q", "-b", "main")
  git(main, "commit", "-q", "--allow-empty", "-m", "first")
  git(main, "worktree", "add", "-q", "../linked")
  git(main, "worktree", "add", "-q", "../second")
})

describe("a linked worktree", () => {
  test("is recognised, with its own directory and the one that all share", () => {
    expect(worktreeAt(join(root, "linked"))).toEqual({
      gitDirectory: join(common, "worktrees/linked"),
      commonDirectory: common,
    })
  })

  test("is recognised by relative pointers too", () => {
    const path = join(root, "second")
    writeFileSync(join(path, ".git"), "gitdir: ../main/.git/worktrees/second\n")
    writeFileSync(join(common, "worktrees/second/gitdir"), "../../../../second/.git\n")
    expect(worktreeAt(path)?.gitDirectory).toBe(join(common, "worktrees/second"))
  })

  test("is recognised in a repository that a link leads to, and then named by where it is", () => {
    symlinkSync("main", join(root, "alias"))
    git(main, "worktree", "add", "-q", "../third")
    writeFileSync(join(root, "third/.git"), `gitdir: ${root}/alias/.git/worktrees/third\n`)
    expect(worktreeAt(join(root, "third"))?.commonDirectory).toBe(common)
  })
})

describe("no linked worktree", () => {
  test("is an ordinary repository, or no repository at all", () => {
    expect(worktreeAt(main)).toBeUndefined()
    mkdirSync(join(root, "plain"))
    expect(worktreeAt(join(root, "plain"))).toBeUndefined()
    expect(worktreeAt(join(root, "none"))).toBeUndefined()
  })

  test("is a submodule", () => {
    git(main, "submodule", "add", "-q", "../linked", "module")
    expect(readFileSync(join(main, "module/.git"), "utf8")).toStartWith("gitdir: ")
    expect(worktreeAt(join(main, "module"))).toBeUndefined()
  })

  test("is a copy of a worktree's pointer in another directory", () => {
    const forged = pointing("forged", `gitdir: ${common}/worktrees/linked\n`)
    expect(worktreeAt(forged)).toBeUndefined()
  })

  test("is a pointer to a repository itself, to a directory that points nowhere, or to nothing", () => {
    for (const [index, text] of [
      `gitdir: ${common}\n`,
      `gitdir: ${root}/plain\n`,
      "gitdir: /none\n",
      "gitdir: \n",
      "gitdir:../main\n",
      "",
      "something else",
    ].entries())
      expect(worktreeAt(pointing(`pointer-${index}`, text))).toBeUndefined()
  })

  test("is one whose directory was forged in the project, pointing back at it", () => {
    const path = pointing("self", `gitdir: ${root}/self/fake/worktrees/x\n`)
    const fake = join(path, "fake/worktrees/x")
    mkdirSync(fake, { recursive: true })
    writeFileSync(join(fake, "gitdir"), `${path}/.git\n`)
    // The agent says that the common directory is somebody else's: it is not where the pointer lies.
    writeFileSync(join(fake, "commondir"), `${common}\n`)
    expect(worktreeAt(path)).toBeUndefined()
  })

  test("is one whose directory lies in the repository, and not where git puts worktrees", () => {
    const path = pointing("beside", `gitdir: ${common}/refs/w\n`)
    mkdirSync(join(common, "refs/w"))
    writeFileSync(join(common, "refs/w/gitdir"), `${path}/.git\n`)
    writeFileSync(join(common, "refs/w/commondir"), "../..\n")
    expect(worktreeAt(path)).toBeUndefined()
    rmSync(join(common, "refs/w"), { recursive: true })
  })

  test("is one whose .git is a link to a true pointer", () => {
    const path = join(root, "by-link")
    mkdirSync(path)
    symlinkSync("../linked/.git", join(path, ".git"))
    expect(worktreeAt(path)).toBeUndefined()
  })

  test("is one that was moved away from where the repository knows it", () => {
    git(main, "worktree", "add", "-q", "../moving")
    expect(worktreeAt(join(root, "moving"))).toBeDefined()
    renameSync(join(root, "moving"), join(root, "moved"))
    expect(worktreeAt(join(root, "moved"))).toBeUndefined()
  })
})

describe("what a worktree opens", () => {
  const directories: PathFacts = path => ({ canonical: path, kind: "directory", links: [] })
  const worktree = { gitDirectory: "/m/.git/worktrees/w", commonDirectory: "/m/.git" }
  const layer = worktreeLayer(worktree, directories)

  test("is nothing that a link stands for: an agent could have put it there", () => {
    const linked: PathFacts = path =>
      path.endsWith("logs") ? { canonical: "/victim", kind: "directory", links: [] } : directories(path)
    const paths = worktreeLayer(worktree, linked).paths.map(
      ({ value }) => value.kind === "exact" && value.path,
    )
    expect(paths).not.toContain("/m/.git/logs")
    expect(paths).not.toContain("/victim")
    expect(paths).toContain("/m/.git/objects")
  })

  const { judge } = pathJudge({
    paths: [pathRule("read", "/", { layer: "base" }), ...layer.paths],
    protections: layer.protections,
  })

  test.each(
    "objects/ab refs/heads/x logs/HEAD worktrees/w worktrees/w/HEAD worktrees/w/index.lock".split(" "),
  )("%s can be written", name => {
    expect(judge(`/m/.git/${name}`).access).toBe("write")
  })

  const closed =
    "hooks hooks/pre-commit config info/attributes modules worktrees worktrees/other HEAD packed-refs " +
    "worktrees/w/gitdir worktrees/w/commondir worktrees/w/config.worktree worktrees/w/hooks/x"
  test.each(closed.split(" "))("%s cannot", name => {
    expect(judge(`/m/.git/${name}`).access).toBe("read")
  })

  test("says so as Cordon's own word, which --ro takes back", () => {
    for (const rule of layer.paths)
      expect([rule.layer, rule.role, rule.access]).toEqual(["base", "policy", "write"])
    expect(layer.paths.map(({ value }) => patternText(value))).toContain("/m/.git/objects")
    expect(layer.protections.map(({ value }) => protectionText(value))).toContain(
      "/m/.git/worktrees/w/commondir",
    )
  })
})
