/** Another session works in the repository while a launch in a worktree of it is planned and its sandbox is built. */
import { expect, test } from "bun:test"
import { existsSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { rememberLaunch, stateWorld } from "../support/memories.ts"

/** Without the check one in five shows the home. */
const launches = 30

/** As a session in the main repository can: the directory of logs, and a link to the home. */
const swapping = `
  const { renameSync } = require("node:fs")
  const [link, logs, aside] = process.argv.slice(1)
  process.stdout.write("swapping")
  for (;;) {
    renameSync(logs, aside)
    renameSync(link, logs)
    await Bun.sleep(1)
    renameSync(logs, link)
    renameSync(aside, logs)
    await Bun.sleep(1)
  }`

test("a link that comes and goes in a directory's place opens nothing, planned or remembered", async () => {
  using world = stateWorld({ git: true, home: { "victim/key": "s3cret" } })
  const logs = join(world.project, ".git/logs")
  const tree = join(world.home, "work/tree")
  await world.host("git", "worktree", "add", "-q", tree)
  symlinkSync(world.home, join(world.project, ".git/link"))
  const script = `cat ${logs}/victim/key; touch ${logs}/victim/made`
  const words = ["-n", "--strict", "--", "sh", "-c", script]
  await rememberLaunch(world, words, { cwd: tree })
  const names = ["link", "logs", "aside"].map(name => join(world.project, ".git", name))
  const swapper = Bun.spawn([process.execPath, "-e", swapping, ...names], { stdout: "pipe" })
  try {
    await swapper.stdout.getReader().read()
    for (let count = 0; count < launches; count++) {
      const { stdout } = await world.cordon(words, { cwd: tree })
      expect(stdout).toBe("")
    }
    expect(swapper.exitCode).toBeNull()
  } finally {
    swapper.kill()
    await swapper.exited
  }
  expect(existsSync(join(world.home, "victim/made"))).toBe(false)
})
