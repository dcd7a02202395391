/** A linked worktree needs the main repository's objects; its hooks and settings must stay out of reach. */
import { expect, test } from "bun:test"
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { treeOf } from "../support/tree.ts"
import { makeRepository, World, writeFiles } from "../support/world.ts"

/** A main repository and two linked worktrees beside it, all below the home. */
async function makeWorktrees(): Promise<{ world: World; main: string; linked: string }> {
  const world = new World({ project: { "code.js": "1" }, git: true })
  const linked = join(world.home, "work/linked")
  await world.host("git", "worktree", "add", "-q", "-b", "topic", linked)
  await world.host("git", "worktree", "add", "-q", "-b", "other", join(world.home, "work/other"))
  writeFiles(world.project, { ".git/hooks/post-commit": "#!/bin/sh\n" })
  return { world, main: world.project, linked }
}

test("git commit works in a linked worktree", async () => {
  const { world, main, linked } = await makeWorktrees()
  using _ = world
  const got = await world.attempts(
    {
      commit: "echo 2 > code.js && git add code.js && git commit -q -m second",
      log: "git log --oneline | grep -q second",
      branch: "git checkout -q -b fix && git commit -q --allow-empty -m third",
      stash: "echo 3 > code.js && git stash -q && git stash pop -q",
      status: "git status --short && git diff --stat",
    },
    { options: ["-C", linked] },
  )
  expect(failed(got)).toEqual({})
  expect(await world.host("git", "-C", main, "log", "--format=%s", "fix")).toContain("third")
})

test("the main repository's files, hooks and settings and the other worktrees' state stay as they are", async () => {
  const { world, main, linked } = await makeWorktrees()
  using _ = world
  const before = treeOf(main)
  const other = treeOf(join(world.home, "work/other"))
  const git = join(main, ".git")
  const got = await world.attempts(
    {
      "a hook": `echo x > ${git}/hooks/pre-commit`,
      "a hook that exists": `echo x >> ${git}/hooks/post-commit`,
      "the settings": `echo x >> ${git}/config`,
      "the settings by git": "git config core.pager evil",
      attributes: `mkdir -p ${git}/info && echo '* filter=evil' > ${git}/info/attributes`,
      "the main working tree": `echo x > ${main}/code.js`,
      "the main head": `echo x > ${git}/HEAD`,
      "another worktree's state": `echo x > ${git}/worktrees/other/HEAD`,
      "another worktree's files": "echo x > ../other/code.js",
      "the way to the common directory": `echo ${world.home}/evil > ${git}/worktrees/linked/commondir`,
      "the way back": `echo ${world.home}/evil/.git > ${git}/worktrees/linked/gitdir`,
      "the pointer": "echo gitdir: ./evil > .git",
      "the pointer away": "mv .git git2",
      "the pointer replaced": "mkdir evil; rm -f .git; mv evil .git",
      "a moved repository": `mv ${git} ${main}/git2`,
    },
    { options: ["-C", linked] },
  )
  expect(succeeded(got)).toEqual([])
  expect(treeOf(main)).toEqual(before)
  expect(treeOf(join(world.home, "work/other"))).toEqual(other)
})

test("hooks and settings of a submodule in a linked worktree stay as they are, and it can be committed to", async () => {
  const { world, main, linked } = await makeWorktrees()
  using _ = world
  const library = join(world.home, "library")
  mkdirSync(library)
  makeRepository(library, world.env)
  const allowed = ["-c", "protocol.file.allow=always"]
  await world.host("git", "-C", linked, ...allowed, "submodule", "--quiet", "add", library, "sub")
  const own = `${main}/.git/worktrees/linked/modules/sub`
  const attempts = {
    "a setting": `printf '[core]\\n\\tfsmonitor = evil\\n' >> ${own}/config`,
    "a setting by git": "git -C sub config core.fsmonitor evil",
    "a hook": `mkdir -p ${own}/hooks; echo x > ${own}/hooks/post-checkout`,
    attributes: `mkdir -p ${own}/info; echo '* filter=evil' > ${own}/info/attributes`,
    "hooks of one that is not there": `mkdir -p ${main}/.git/worktrees/linked/modules/other/hooks`,
  }
  expect(succeeded(await world.attempts(attempts, { options: ["-C", linked] }))).toEqual([])
  expect(succeeded(await world.attempts(attempts))).toEqual([])
  const commit = { commit: "git -C sub -c user.name=a -c user.email=b commit -q --allow-empty -m second" }
  expect(failed(await world.attempts(commit, { options: ["-C", linked] }))).toEqual({})
})

test("hooks and settings of a git directory by another name in the project stay as they are, and commits work", async () => {
  using world = new World({ project: { "code.js": "1", "store/notes": "2" } })
  await world.host("git", "init", "-q", "--separate-git-dir", "store/real", ".")
  const got = await world.attempts({
    "a setting": "echo x >> store/real/config",
    "a setting by git": "git config core.fsmonitor evil",
    "a hook": "mkdir -p store/real/hooks; echo x > store/real/hooks/pre-commit",
    "the directory moved": "mv store store2",
    attributes: "mkdir -p store/real/info; echo x > store/real/info/attributes",
    commit: "git add code.js && git -c user.name=a -c user.email=b commit -q -m first",
  })
  expect(succeeded(got)).toEqual(["commit"])
})

test.each([
  ["beside it", "kept/pointer", "store/real"],
  // From where the link is, not from where the file is.
  ["by a relative path", "pointer", "../real"],
])("so do those that a link to a .git file leads to %s, and that file", async (_, pointer, named) => {
  using world = new World({ project: { "sub/code.js": "1", "kept/": "", "store/": "" } })
  const top = join(world.project, "sub")
  await world.host("git", "init", "-q", "--separate-git-dir", join(world.project, "real"), top)
  rmSync(join(top, ".git"))
  if (named !== "../real") renameSync(join(world.project, "real"), join(world.project, named))
  const target = named === "../real" ? named : join(world.project, named)
  writeFileSync(join(world.project, pointer), `gitdir: ${target}\n`)
  symlinkSync(`../${pointer}`, join(top, ".git"))
  const directory = named.replace("../", "")
  const got = await world.attempts({
    "a setting": `echo x >> ${directory}/config`,
    "a hook": `mkdir -p ${directory}/hooks; echo x > ${directory}/hooks/pre-commit`,
    "the directory moved": `mv ${directory} store2`,
    "the file": `echo x >> ${pointer}`,
    "the file moved": `mv ${pointer} elsewhere`,
    "the link": "rm sub/.git",
    commit: "cd sub && git add code.js && git -c user.name=a -c user.email=b commit -q -m first",
  })
  expect(succeeded(got)).toEqual(["commit"])
})

/** A bare repository with its worktrees beside it, as those have it who work on several branches at once. */
test.each([
  ["that a .git file leads to", ".", true],
  ["that only its worktrees lead to", ".", false],
  ["of a repository among others", "one", true],
])("what decides for the worktrees of a bare repository %s stays as it is", async (_, place, hasPointer) => {
  using world = new World({ home: { "lib/file": "1" }, project: { "evil/": "" } })
  makeRepository(join(world.home, "lib"), world.env)
  const top = join(world.project, place)
  const bare = join(top, ".bare")
  await world.host("git", "clone", "-q", "--bare", join(world.home, "lib"), bare)
  if (hasPointer) writeFileSync(join(top, ".git"), "gitdir: ./.bare\n")
  await world.host("git", "--git-dir", bare, "worktree", "add", "-q", "-b", "work", join(top, "work"))
  const got = await world.attempts({
    "the way to the common directory": `echo ${world.project}/evil > ${bare}/worktrees/work/commondir`,
    "that way replaced": `cd ${bare}/worktrees; echo x > new; mv new work/commondir`,
    "a setting of a worktree": `echo x > ${bare}/worktrees/work/config.worktree`,
    "a setting": `echo x >> ${bare}/config`,
    "a hook": `mkdir -p ${bare}/hooks; echo x > ${bare}/hooks/pre-commit`,
    "another remote": `mkdir -p ${bare}/remotes; echo x > ${bare}/remotes/evil`,
    "another branch": `mkdir -p ${bare}/branches; echo x > ${bare}/branches/evil`,
    "the worktree's state moved": `mv ${bare}/worktrees/work ${bare}/worktrees/other`,
    commit: `cd ${top}/work && echo 2 > file && git -c user.name=a -c user.email=b commit -qam second`,
  })
  expect(succeeded(got)).toEqual(["commit"])
})

test("submodules and worktrees of a git directory that a link leads to keep their settings, and commits work", async () => {
  using world = new World({ home: { "lib/file": "1" }, project: { "evil/": "", "deep/": "" }, git: true })
  makeRepository(join(world.home, "lib"), world.env)
  const allowed = ["-c", "protocol.file.allow=always"]
  await world.host("git", ...allowed, "submodule", "--quiet", "add", join(world.home, "lib"), "lib")
  await world.host("mv", ".git", "store")
  await world.host("ln", "-s", "store", ".git")
  await world.host("git", "worktree", "add", "-q", "-b", "work", "work")
  // Where the launch does not come across what leads there from within.
  for (const pointer of ["lib", "work"]) await world.host("mv", `${pointer}/.git`, `${pointer}/pointer`)
  const got = await world.attempts({
    "a submodule's setting": "echo x >> store/modules/lib/config",
    "a submodule's hook": "mkdir -p store/modules/lib/hooks; echo x > store/modules/lib/hooks/post-commit",
    "a new submodule's hook": "mkdir -p store/modules/new/hooks",
    "a worktree's way to the common directory": "echo ../../../evil > store/worktrees/work/commondir",
    "a worktree's setting": "echo x > store/worktrees/work/config.worktree",
    "another remote": "mkdir -p store/remotes; echo x > store/remotes/evil",
    "the same by the link": "mkdir -p .git/remotes; echo x > .git/remotes/evil",
    "a submodule's commit":
      "cd lib && echo 2 > file && git --git-dir ../store/modules/lib --work-tree . -c user.name=a -c user.email=b commit -qam second",
    commit: "echo 2 > code && git add code && git -c user.name=a -c user.email=b commit -qm second",
  })
  expect(succeeded(got)).toEqual(["a submodule's commit", "commit"])
})

test("a forged .git file opens no repository", async () => {
  const { world, main } = await makeWorktrees()
  using _ = world
  const forged = join(world.home, "work/forged")
  const victim = join(main, ".git")
  writeFiles(forged, {
    "own/commondir": `${victim}\n`,
    "own/gitdir": `${forged}/.git\n`,
    "own/HEAD": "ref: refs/heads/main\n",
  })
  const pointers = [
    victim,
    `${victim}/worktrees/linked`,
    `${victim}/worktrees/other`,
    "./own",
    "../project/.git",
  ]
  for (const pointer of pointers) {
    writeFileSync(join(forged, ".git"), `gitdir: ${pointer}\n`)
    const before = treeOf(main)
    const got = await world.attempts(
      {
        objects: `echo x > ${victim}/objects/x`,
        refs: `echo x > ${victim}/refs/heads/evil`,
        hooks: `echo x > ${victim}/hooks/pre-commit`,
        state: `echo x > ${victim}/worktrees/linked/HEAD`,
        commit: "git commit -q --allow-empty -m evil",
        own: "echo x > file",
      },
      { options: ["-C", forged] },
    )
    expect(succeeded(got), pointer).toEqual(["own"])
    expect(treeOf(main)).toEqual(before)
  }
})

test("a submodule's pointer and settings stay as they are", async () => {
  using world = new World({ home: { "lib/file": "1" }, git: true })
  makeRepository(join(world.home, "lib"), world.env)
  await world.host(
    ..."git -c protocol.file.allow=always submodule --quiet add".split(" "),
    `${world.home}/lib`,
    "lib",
  )
  const pointer = readFileSync(join(world.project, "lib/.git"), "utf8")
  const got = await world.attempts({
    pointer: "echo gitdir: /tmp > lib/.git",
    "pointer away": "mv lib/.git lib/git2",
    settings: "git -C lib config core.pager evil",
    hook: "echo x > .git/modules/lib/hooks/post-commit",
    addresses: "echo x >> .gitmodules",
    commit: "cd lib && echo 2 > file && git -c user.name=T -c user.email=t@example.com commit -qam two",
  })
  expect(succeeded(got)).toEqual(["commit"])
  expect(readFileSync(join(world.project, "lib/.git"), "utf8")).toBe(pointer)
})
