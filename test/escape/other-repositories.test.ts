/** What Mercurial, Sapling and Jujutsu would run for the user the next time: their settings in the project, and what names others. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { treeOf } from "../support/tree.ts"
import { World } from "../support/world.ts"

const project = {
  ".hg/hgrc": "[ui]\n",
  ".hg/requires": "store\n",
  ".hg/store/data/": "",
  "deep/er/.hg/hgrc": "[ui]\n",
  ".sl/config": "[ui]\n",
  ".sl/store/git/config": "[core]\n",
  ".git/sl/config": "[ui]\n",
  ".jj/repo/config.toml": "[ui]\n",
  ".jj/repo/store/git_target": "git",
  ".jj/repo/store/git/config": "[core]\n",
  ".jj/working_copy/": "",
  "fresh/.hg/": "",
  "fresh/.sl/": "",
  "fresh/.git/sl/": "",
  "fresh/.jj/repo/": "",
  "begun/.jj/": "",
}

const writes = {
  "Mercurial's hooks": "echo '[hooks]' >> .hg/hgrc",
  "Mercurial's hooks by rename": "echo x > .hg/new; mv -f .hg/new .hg/hgrc",
  "Mercurial's hooks in a deeper repository": "echo x >> deep/er/.hg/hgrc",
  "new hooks of Mercurial's": "echo x > fresh/.hg/hgrc",
  "what a share keeps for itself": "echo x > .hg/hgrc-not-shared",
  "another repository's settings": "echo ../evil > .hg/sharedpath",
  "Sapling's settings": "echo x >> .sl/config",
  "new settings of Sapling's": "echo x > fresh/.sl/config",
  "another repository's settings, of Sapling's": "echo ../evil > .sl/sharedpath",
  "Sapling's settings in a repository of git's": "echo x >> .git/sl/config",
  "those, new": "echo x > fresh/.git/sl/config",
  "Jujutsu's settings": "echo x >> .jj/repo/config.toml",
  "new settings of Jujutsu's": "echo x > fresh/.jj/repo/config.toml",
  "a workspace's settings": "echo x > .jj/workspace-config.toml",
  "settings of the git within Jujutsu's": "echo x >> .jj/repo/store/git/config",
  "hooks of the git within Jujutsu's":
    "mkdir .jj/repo/store/git/hooks; echo x > .jj/repo/store/git/hooks/pre-push",
  "another git directory for Jujutsu's": "echo ../../../evil > .jj/repo/store/git_target",
  "the same, new": "mkdir fresh/.jj/repo/store; echo ../../../evil > fresh/.jj/repo/store/git_target",
  "settings of the git within Sapling's": "echo x >> .sl/store/git/config",
  "another git directory for Sapling's": "echo ../../evil > .sl/store/gitdir",
  "another repository by a file": "echo ../../evil > begun/.jj/repo",
  "another repository by a link": "ln -s ../evil begun/.jj/repo",
  "a repository that is prepared elsewhere":
    "mkdir h && echo x > h/hgrc && mv h copy && mkdir n && mv copy n/.hg",
}

const moves = {
  "the settings away": "mv .hg/hgrc .hg/hgrc2",
  "the repository away": "mv .hg old",
  "Sapling's away": "mv .sl old",
  "Jujutsu's away": "mv .jj/repo .jj/repo2",
  "the git within it away": "mv .jj/repo/store/git .jj/repo/store/git2",
  "the settings removed": "rm -f .hg/hgrc; test ! -e .hg/hgrc",
}

describe("the settings of repositories that are not git's", () => {
  test("cannot be written, at any depth, existing or not", async () => {
    using world = new World({ project })
    expect(succeeded(await world.attempts(writes))).toEqual([])
    for (const [path, text] of Object.entries(project))
      if (!path.endsWith("/")) expect(readFileSync(join(world.project, path), "utf8")).toBe(text)
  })

  test("cannot be moved away or removed", async () => {
    using world = new World({ project })
    const before = treeOf(world.project)
    expect(succeeded(await world.attempts(moves))).toEqual([])
    expect(treeOf(world.project)).toEqual(before)
  })

  test("are all that is protected there", async () => {
    using world = new World({ project })
    const got = await world.attempts({
      "Mercurial's data": "echo x > .hg/store/data/a.i && echo x > .hg/dirstate && echo x >> .hg/requires",
      "a working copy":
        "echo x > .jj/working_copy/tree_state && echo x > .jj/repo/store/type && mkdir .jj/repo/store/git/objects",
      "Sapling's data": "echo x > .sl/store/a && echo x > .sl/dirstate",
      "files of those names elsewhere":
        "mkdir sl && echo x > sl/config && echo x > hgrc && echo x > config.toml",
    })
    expect(failed(got)).toEqual({})
  })

  test("are opened by name", async () => {
    using world = new World({ project })
    const options = ["--unprotect", ".hg/hgrc"]
    const got = await world.attempts({ hg: "echo x >> .hg/hgrc", sl: "echo x >> .sl/config" }, { options })
    expect(succeeded(got)).toEqual(["hg"])
  })
})

const hg = Bun.which("hg")

test.skipIf(hg === null)("Mercurial works as ever [skipped when hg is not installed]", async () => {
  using world = new World({ project: { a: "1\n" } })
  await world.host("hg", "init")
  await world.host("sh", "-c", "printf '[ui]\\nusername = me\\n' > .hg/hgrc")
  const got = await world.attempts({
    commit: "hg add a && hg commit -q -m first && echo 2 >> a && hg commit -q -m second",
    branch:
      "hg branch -q topic && echo 3 >> a && hg commit -q -m third && hg update -q default && hg merge -q topic",
    "commit a merge": "hg commit -q -m merged && hg tag v1 && hg bookmark b && hg verify -q",
    "begin a repository": "hg init new && cd new && echo 1 > b && hg add -q b && hg commit -q -u me -m first",
  })
  expect(failed(got)).toEqual({})
  expect(await world.host("hg", "log", "--template", "{desc|firstline} ")).toContain(
    "merged third second first",
  )
  const refused = await world.attempts({
    "its own settings": "hg config --local --edit --config ui.editor=true && echo x >> .hg/hgrc",
  })
  expect(succeeded(refused)).toEqual([])
})
