/** Another session works in the repository while a launch in a worktree of it is planned and its sandbox is built. */
import { expect, test } from "bun:test"
import { existsSync, renameSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { liveMode } from "../support/live-modes.ts"
import { rememberLaunch, stateWorld } from "../support/memories.ts"
import { eventually } from "../support/process.ts"
import type { World } from "../support/world.ts"

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

/** Without the check of files one in fifteen has a mount in another place; of those some show the file of a third. */
const fileLaunches = 80

/** In one of ten what hides the file lies elsewhere, or is not there because the launch did not find the file. */
const nameLaunches = 60

/** As a session in the project can. Where nothing stands when something is to be mounted, bubblewrap makes a directory. */
const swappingDirectory = `
  const { existsSync, renameSync, rmSync } = require("node:fs")
  const [link, place, aside] = process.argv.slice(1)
  process.stdout.write("swapping")
  for (;;) {
    try {
      renameSync(place, aside)
      renameSync(link, place)
      Bun.sleepSync(6 * Math.random())
      renameSync(place, link)
      renameSync(aside, place)
    } catch {
      if (existsSync(aside)) rmSync(place, { recursive: true, force: true })
      if (existsSync(aside)) renameSync(aside, place)
    }
    Bun.sleepSync(12 * Math.random())
  }`

/** @param directory in the project, which is a link to `elsewhere` in the home from time to time */
async function whileSwapped(world: World, directory: string, act: () => Promise<void>): Promise<void> {
  const link = join(world.home, "link")
  symlinkSync("../../elsewhere", link)
  const names = [link, join(world.project, directory), join(world.home, "aside")]
  const swapper = Bun.spawn([process.execPath, "-e", swappingDirectory, ...names], { stdout: "pipe" })
  try {
    await swapper.stdout.getReader().read()
    await act()
    expect(swapper.exitCode).toBeNull()
  } finally {
    swapper.kill()
    await swapper.exited
  }
}

test("a file is mounted nowhere but in its place, though a directory above it comes and goes", async () => {
  // What is mounted in between leaves time.
  const others = Array.from({ length: 30 }, (_, index) => [`z${index}/.npmrc`, "other"])
  using world = stateWorld({
    home: { "elsewhere/.npmrc": "elsewhere" },
    project: { "m/.npmrc": "own", ...Object.fromEntries(others) },
  })
  const mounts: string[] = []
  await whileSwapped(world, "m", async () => {
    for (let count = 0; count < fileLaunches; count++)
      mounts.push((await world.cordon(["-n", "--", "cat", "/proc/self/mountinfo"])).stdout)
  })
  expect(mounts.filter(table => table.includes("/elsewhere/.npmrc"))).toEqual([])
  expect(mounts.filter(table => table.includes("/m/.npmrc")).length).toBeGreaterThan(0)
})

test("under live: strict a denied name is refused wherever its mount lies", async () => {
  using world = stateWorld({
    home: { "elsewhere/.env": "plain" },
    project: { "m/.env": "s3cret", "m/other": "plain" },
  })
  const words = [
    ...liveMode(world, "strict"),
    "-n",
    "--",
    "sh",
    "-c",
    "cat m/.env; cat m/other; stat -c %s m/.env",
  ]
  const outputs: string[] = []
  await whileSwapped(world, "m", async () => {
    for (let count = 0; count < nameLaunches; count++) outputs.push((await world.cordon(words)).stdout)
  })
  expect(outputs.filter(output => output.includes("s3cret"))).toEqual([])
  expect(outputs.some(output => output.startsWith("plain"))).toBe(true)
})

test("nor when its directory was away while the sandbox was built, and is moved back", async () => {
  using world = stateWorld({ home: { "away/.env": "s3cret", "away/other": "plain" } })
  const script = `touch ready; while [ ! -e m ]; do sleep 0.02; done; cat m/.env; cat m/other; stat -c %s m/.env`
  const { outcome } = world.start([...liveMode(world, "strict"), "-n", "--", "sh", "-c", script])
  expect(await eventually(() => (existsSync(join(world.project, "ready")) ? true : undefined))).toBe(true)
  renameSync(join(world.home, "away"), join(world.project, "m"))
  // Its size says that it is there, and that nothing hides it.
  expect((await outcome).stdout).toBe("plain6\n")
})

test("a protected file that its program replaces all the time stops no launch", async () => {
  using world = stateWorld({ project: { "m/.npmrc": "own" } })
  const replacing = `
    const { renameSync, writeFileSync } = require("node:fs")
    process.stdout.write("replacing")
    for (;;) { writeFileSync("m/new", "own"); renameSync("m/new", "m/.npmrc"); await Bun.sleep(20) }`
  const replacer = Bun.spawn([process.execPath, "-e", replacing], { stdout: "pipe", cwd: world.project })
  try {
    await replacer.stdout.getReader().read()
    for (let count = 0; count < 20; count++)
      expect((await world.cordon(["-n", "--", "cat", "m/.npmrc"])).stderr).not.toContain("was replaced")
  } finally {
    replacer.kill()
    await replacer.exited
  }
})
