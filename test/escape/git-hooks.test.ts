/** An agent leaves code in the project that the user's next git, editor or shell runs outside the sandbox. */
import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { treeOf } from "../support/tree.ts"
import { makeRepository, World, writeFiles } from "../support/world.ts"

const project = {
  ".vscode/tasks.json": "{}",
  ".envrc": "# mine",
  ".husky/pre-commit": "# mine",
  ".mcp.json": "{}",
  ".claude/settings.json": "{}",
  ".npmrc": "save=true",
  "deep/er/.vscode/settings.json": "{}",
  "deep/er/.envrc": "# mine",
  "code.js": "1",
}

/** A repository with all that a hook, a setting or a submodule may lie in. */
function makeWorld(): World {
  const world = new World({ project, git: true })
  const nested = join(world.project, "vendor/lib")
  writeFiles(nested, { file: "1", "sub/.git/hooks/post-checkout": "# mine" })
  makeRepository(nested, world.env)
  writeFiles(world.project, {
    ".git/hooks/post-commit": "#!/bin/sh\n",
    ".git/modules/sub/hooks/post-checkout": "# mine",
    ".git/modules/sub/config": "[core]",
    ".git/info/attributes": "*.x -text",
  })
  return world
}

const writes = {
  "a hook that exists": "echo x >> .git/hooks/post-commit",
  "a new hook": "echo x > .git/hooks/pre-commit",
  "a hook by link": "ln -s ../../evil .git/hooks/pre-push",
  "a hook's mode": "chmod 777 .git/hooks/post-commit",
  "git's settings by git": "git config core.fsmonitor ./evil",
  "git's settings by hand": "echo '[core] sshCommand = evil' >> .git/config",
  "git's settings by rename": "echo x > .git/new && mv -f .git/new .git/config",
  "a filter's selection": "echo '* filter=evil' >> .git/info/attributes",
  "a submodule's hook": "echo x > .git/modules/sub/hooks/post-checkout",
  "a submodule's settings": "echo x >> .git/modules/sub/config",
  "a nested repository's hook": "echo x > vendor/lib/.git/hooks/post-commit",
  "a nested repository's settings": "git -C vendor/lib config core.pager evil",
  "a deeper repository's hook": "echo x >> vendor/lib/sub/.git/hooks/post-checkout",
  "an editor's tasks": "echo x >> .vscode/tasks.json",
  "an editor's new settings": "echo x > .vscode/settings.json",
  "a nested editor's settings": "echo x >> deep/er/.vscode/settings.json",
  direnv: "echo x >> .envrc",
  "nested direnv": "echo x >> deep/er/.envrc",
  "a hook manager": "echo x >> .husky/pre-commit",
  "an agent's servers": "echo x >> .mcp.json",
  "an agent's settings": "echo x >> .claude/settings.json",
  "a package manager's settings": "echo x >> .npmrc",
}

const moves = {
  "the hooks away": "mv .git/hooks .git/hooks2",
  "the settings away": "mv .git/config .git/config2",
  ".git away": "mv .git old",
  ".git away by a swap": "mkdir new && mv -T --exchange new .git 2>/dev/null || mv -T new .git",
  "the hooks removed": "rm -rf .git/hooks; test ! -e .git/hooks",
  "the settings removed": "rm -f .git/config; test ! -e .git/config",
  ".git removed": "rm -rf .git/hooks .git/config .git/modules .git/info; rmdir .git",
  "a nested .git away": "mv vendor/lib/.git vendor/lib/old",
  "the nested repository away": "mv vendor/lib vendor/lib2",
  "its parent away": "mv vendor vendor2",
  "an editor's directory away": "mv .vscode old",
  "the parent of an editor's directory": "mv deep/er deep/er2",
  "direnv's file": "echo x > new && mv -f new .envrc",
  "direnv's file removed": "rm -f .envrc; test ! -e .envrc",
}

test("what the host runs later cannot be written", async () => {
  using world = makeWorld()
  const before = treeOf(world.project)
  expect(succeeded(await world.attempts(writes))).toEqual([])
  const { ".git/new": _, ...after } = treeOf(world.project)
  expect(after).toEqual(before)
})

test("what the host runs later cannot be moved away, removed or replaced", async () => {
  using world = makeWorld()
  expect(succeeded(await world.attempts(moves))).toEqual([])
  for (const path of [
    ".git/hooks/post-commit",
    ".git/config",
    "vendor/lib/.git/config",
    ".vscode/tasks.json",
  ])
    expect(existsSync(join(world.project, path)), path).toBe(true)
})

test("git works as ever, and files beside the protected ones are writable", async () => {
  using world = makeWorld()
  const got = await world.attempts({
    commit: "echo 2 > code.js && git add code.js && git commit -q -m second",
    branch: "git checkout -q -b topic && git commit -q --allow-empty -m third && git checkout -q main",
    merge: "git merge -q --no-edit topic",
    stash: "echo 3 > code.js && git stash -q && git stash pop -q",
    tag: "git tag v1 && git log --oneline | grep -q second",
    "collect garbage": "git gc -q",
    "a file beside": "echo x > deep/er/code.js && echo x > .claude/notes",
    "move an ordinary directory": "mkdir -p a/b && mv a c",
  })
  expect(failed(got)).toEqual({})
  expect(await world.host("git", "log", "--format=%s", "-n", "2")).toContain("third")
})

test("git knows no remote that its settings do not name, whose hooks a push would run", async () => {
  using world = new World({ git: true })
  const got = await world.attempts({
    "a remote": "mkdir -p .git/remotes && echo 'URL: evil.git' > .git/remotes/origin",
    "a branch": "mkdir -p .git/branches && echo evil.git > .git/branches/origin",
    "moved in": "mkdir -p r && echo 'URL: evil.git' > r/origin && rm -rf .git/remotes && mv r .git/remotes",
    "in a new repository": "git init -q n && echo evil.git > n/.git/branches/origin",
  })
  expect(succeeded(got)).toEqual([])
  const allowed = await world.attempts({
    "a repository": "git init -q m && git clone -q . c && test -d m/.git/branches",
    "remotes as ever": "git update-ref refs/remotes/origin/main HEAD && git branch other",
  })
  expect(failed(allowed)).toEqual({})
})

test("--unprotect lifts one protection and no other", async () => {
  using world = makeWorld()
  const options = ["--unprotect", ".git/hooks"]
  const got = await world.attempts(
    { hook: "echo x > .git/hooks/pre-commit", settings: "git config core.pager evil" },
    { options },
  )
  expect(succeeded(got)).toEqual(["hook"])
})

test("a directory below another writable root is protected too", async () => {
  using world = new World({ home: { "other/.envrc": "# mine", "other/file": "1" } })
  makeRepository(join(world.home, "other"), world.env)
  const got = await world.attempts(
    {
      file: "echo x > ~/other/file",
      hook: "echo x > ~/other/.git/hooks/pre-commit",
      direnv: "echo x > ~/other/.envrc",
    },
    { options: ["--write", "~/other"] },
  )
  expect(succeeded(got)).toEqual(["file"])
})

test("hooks below a directory whose name is no UTF-8 are protected, or the run is refused", async () => {
  using world = makeWorld()
  await world.host("sh", "-c", "mv vendor \"$(printf 'v\\377')\"")
  const { stdout, code } = await world.shell(
    "for d in v*/lib; do (echo x > $d/.git/hooks/pre-commit) 2>/dev/null && echo hook; echo x > $d/file && echo file; done",
  )
  if (code !== 125) expect(stdout).toBe("file\n")
})

const links = {
  project: { "repo/file": "1", "own/hooks/pre-push": "mine", "own/envrc": "mine" },
}

async function worldWithLinks(): Promise<World> {
  const world = new World(links)
  makeRepository(join(world.project, "repo"), world.env)
  const script = [
    "mv repo/.git own/git && ln -s ../own/git repo/.git && ln -s own/envrc .envrc",
    "rm -r own/git/hooks && ln -s ../hooks own/git/hooks",
  ]
  await world.host("sh", "-c", script.join(" && "))
  return world
}

test("what a protected name leads to is protected, when the name is a link", async () => {
  using world = await worldWithLinks()
  const got = await world.attempts({
    "write behind the hooks": "echo x > own/hooks/pre-push",
    "write behind direnv": "echo x > own/envrc",
    "settings behind .git": "echo x >> own/git/config",
    "a file beside": "echo x > own/file",
  })
  expect(succeeded(got)).toEqual(["a file beside"])
})

test("a protected name that is a link cannot be swapped", async () => {
  using world = await worldWithLinks()
  const got = await world.attempts({
    "swap the hooks": "rm own/git/hooks && mkdir own/git/hooks && echo x > own/git/hooks/pre-push",
    "swap .git": "rm repo/.git && mkdir repo/.git",
    "swap direnv": "rm .envrc && echo x > .envrc",
    "a file beside": "echo x > own/file",
  })
  expect(succeeded(got)).toEqual(["a file beside"])
})
