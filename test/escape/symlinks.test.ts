/** A link leads elsewhere than its name says: from a secret's name, to a secret, or put there by an earlier run. */
import { expect, test } from "bun:test"
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { World, writeFiles } from "../support/world.ts"

const secret = "s3cret-behind-a-link"

test("a secret's directory that is an absolute link is denied by both names", async () => {
  using world = new World({
    home: { "dotfiles/aws/credentials": secret, "dotfiles/gh/hosts.yml": secret, "dotfiles/vimrc": "plain" },
  })
  mkdirSync(join(world.home, ".config"))
  symlinkSync(join(world.home, "dotfiles/aws"), join(world.home, ".aws"))
  symlinkSync("../dotfiles/gh", join(world.home, ".config/gh"))
  symlinkSync(join(world.home, "dotfiles/vimrc"), join(world.home, ".plain"))
  const denied = await world.attempts({
    "through the link": "cat ~/.aws/credentials",
    "behind the link": "cat ~/dotfiles/aws/credentials",
    "through a relative link": "cat ~/.config/gh/hosts.yml",
    "behind a relative link": "cat ~/dotfiles/gh/hosts.yml",
  })
  expect(succeeded(denied)).toEqual([])
  expect(spoken(denied)).not.toContain(secret)
  const open = await world.attempts({ behind: "cat ~/dotfiles/vimrc", through: "cat ~/.plain" })
  expect(failed(open)).toEqual({})
})

test("a secret's file that is a link into the project is denied there", async () => {
  using world = new World({ project: { "dotfiles/netrc": secret, "dotfiles/other": "plain" } })
  symlinkSync(join(world.project, "dotfiles/netrc"), join(world.home, ".netrc"))
  const denied = await world.attempts({
    "through the link": "cat ~/.netrc",
    "behind the link": "cat dotfiles/netrc",
    "moved away": "mv dotfiles/netrc x && cat x",
    "moved with its directory": "mv dotfiles d && cat d/netrc",
    overwritten: "echo x > dotfiles/netrc",
  })
  expect(succeeded(denied)).toEqual([])
  expect(failed(await world.attempts({ beside: "cat dotfiles/other" }))).toEqual({})
})

test("a secret's name that is a dangling link stops nothing", async () => {
  using world = new World({ home: { "notes.txt": "plain" } })
  symlinkSync("/no/such/place", join(world.home, ".aws"))
  symlinkSync("dotfiles/absent", join(world.home, ".netrc"))
  const got = await world.attempts({ secret: "cat ~/.netrc", other: "cat ~/.aws/credentials" })
  expect(succeeded(got)).toEqual([])
  expect(failed(await world.attempts({ run: "cat ~/notes.txt" }))).toEqual({})
})

test("a .env that is a link denies what it leads to", async () => {
  using world = new World({ project: { "config/real": secret, "config/other": "plain" } })
  symlinkSync("config/real", join(world.project, ".env"))
  const denied = await world.attempts({ through: "cat .env", behind: "cat config/real" })
  expect(succeeded(denied)).toEqual([])
  expect(failed(await world.attempts({ beside: "cat config/other" }))).toEqual({})
})

test("a link in the project opens no secret, with --read and --write of it either", async () => {
  using world = new World({ home: { ".aws/credentials": secret }, project: { "real/file": "plain" } })
  symlinkSync(join(world.home, ".aws"), join(world.project, "link"))
  for (const options of [[], ["--read", "link"], ["--write", "link"], ["--read", "link/credentials"]]) {
    const { stdout, stderr, code } = await world.shell("cat link/credentials; cat ~/.aws/credentials", {
      options,
    })
    expect(stdout, options.join(" ")).toBe("")
    expect(code, options.join(" ")).not.toBe(0)
    if (options.length > 0) expect(stderr, "it is said").toMatch(/cordon: .*link/)
  }
  symlinkSync("real", join(world.project, "own"))
  expect(failed(await world.attempts({ own: "cat own/file" }))).toEqual({})
})

test("a directory that an earlier run swapped for a link opens nothing in the next", async () => {
  using world = new World({
    home: { ".config/app/settings": "mine", "shared/": "" },
    project: { "out/": "" },
  })
  const swapped = await world.shell(`rmdir out && ln -s ${world.home}/.config/app out`)
  expect(swapped.code).toBe(0)
  const options = ["--write", "out"]
  const got = await world.attempts(
    {
      "through the link": "echo owned > out/settings",
      "behind the link": "echo owned > ~/.config/app/settings",
    },
    { options },
  )
  expect(succeeded(got)).toEqual([])
  expect(readFileSync(join(world.home, ".config/app/settings"), "utf8")).toBe("mine")
  // A link that only a person could have made leads where it leads.
  symlinkSync(join(world.home, "shared"), join(world.home, "link"))
  const own = await world.attempts({ write: "echo x > ~/link/file" }, { options: ["--write", "~/link"] })
  expect(failed(own)).toEqual({})
  expect(existsSync(join(world.home, "shared/file"))).toBe(true)
})

test("the same in a directory that the user policy opened for writing", async () => {
  using world = new World({ home: { ".config/app/settings": "mine", "open/out/": "" } })
  const policy = { ".config/cordon/policy.yaml": "filesystem: { write: [~/open, ~/open/out] }\n" }
  writeFiles(world.home, policy)
  const swap = await world.shell(
    `rmdir ~/open/out || mv ~/open/out ~/open/old; ln -s ~/.config/app ~/open/out`,
  )
  const got = await world.attempts({ write: "echo owned > ~/.config/app/settings" })
  expect(succeeded(got), swap.stderr).toEqual([])
  expect(failed(await world.attempts({ open: "echo x > ~/open/file" }))).toEqual({})
})

test("a home that is itself a link hides its secrets by both spellings", async () => {
  using world = new World({
    home: { ".aws/credentials": secret, "notes.txt": "plain", "open/": "" },
    project: { file: "plain" },
  })
  const link = join(world.root, "link-to-home")
  symlinkSync("home", link)
  const env = { HOME: link }
  const options = ["--write", "~/open"]
  const denied = await world.attempts(
    {
      "through the link": "cat ~/.aws/credentials",
      "behind the link": `cat ${world.home}/.aws/credentials`,
      "write to the home": "echo x > ~/new",
    },
    { env, options },
  )
  expect(succeeded(denied)).toEqual([])
  const open = await world.attempts(
    { home: "cat ~/notes.txt", project: "echo x > file", written: "echo x > ~/open/file" },
    { env, options },
  )
  expect(failed(open)).toEqual({})
})

test("a project that is reached through a link is the project", async () => {
  using world = new World({ project: { file: "plain", ".env": secret } })
  const link = join(world.home, "link-to-project")
  symlinkSync(world.project, link)
  const got = await world.attempts(
    { write: "echo x > file", secret: "cat .env", "by the link": `echo x > ${link}/file2` },
    { options: ["-C", link], cwd: world.root },
  )
  expect(succeeded(got)).toEqual(["write", "by the link"])
})
