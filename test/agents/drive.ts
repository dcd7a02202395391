// Runs one agent once, with a home and a project made for it, and brings back what there is to see.
import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import type { Agent } from "./agents.ts"
import { type Script, startModel } from "./model.ts"

const cordon = process.env.CORDON_BINARY ?? join(import.meta.dir, "../../dist/cordon")
const limitMs = 120_000

/** The secret in `~/.aws/credentials` and the text in a file of the project. */
export type Markers = { secret: string; project: string }

/** What to run, and whether in the sandbox. */
export type Drive = { agent: Agent; bin: string; script: Script; markers: Markers; confined: boolean }

/** Everything that is left of a run; its directories are gone. */
export type Outcome = {
  /** exit code; 128+N after signal N, so a run over its time limit has 137 */
  exitCode: number
  stdout: string
  stderr: string
  /** every request body that the model received */
  requests: readonly string[]
  /** what the agent reported for each command of the script */
  results: readonly string[]
  /** requests that the model could not answer */
  failures: readonly string[]
  /** the files of the project but for `.git`, name → content */
  project: Readonly<Record<string, string>>
  /** commit titles, newest first */
  commits: readonly string[]
  /** what is in the home directory now and was not before; the project is left out */
  created: readonly string[]
}

/** The directories of one run. */
type World = { home: string; project: string; temp: string }

/** Runs the agent through the script; the home and the project are removed afterwards. */
export async function drive({ agent, bin, script, markers, confined }: Drive): Promise<Outcome> {
  // Not in the system's temp directory, which is another one inside; nor reached through a link.
  const root = await mkdtemp(join(await realpath(homedir()), "cordon-agents-"))
  await using model = startModel(script)
  try {
    const world = await makeWorld(root, agent.files(model.url), markers)
    const before = new Set(await listHome(world))
    const command = [...(confined ? sandbox(agent, world, bin) : []), ...agent.command(model.url)]
    const env = {
      ...{ HOME: world.home, PATH: `${bin}:${process.env.PATH}` },
      ...{ ...agent.own(model.url), ...agent.quiet },
      ...(confined ? {} : { TMPDIR: world.temp, BUN_TMPDIR: world.temp, CLAUDE_CODE_TMPDIR: world.temp }),
    }
    const ended = await runLimited(command, world.project, env)
    return {
      ...ended,
      ...{ requests: model.requests, results: model.results(), failures: model.failures },
      project: await readProject(world),
      commits: (await git(world, "log", "--format=%s")).trim().split("\n"),
      created: (await listHome(world)).filter(path => !before.has(path)),
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** The words before the agent's own that put it into the sandbox. */
function sandbox({ quiet }: Agent, { project }: World, bin: string): string[] {
  // With HOME elsewhere, the account's own home, where the agents are installed, is another user's and hidden.
  const installation = ["--read", dirname(bin)]
  const variables = Object.keys(quiet).flatMap(name => ["--env", name])
  return [cordon, "--net", "open", "-C", project, ...installation, ...variables, "--"]
}

/** A home directory with a secret, the agent's settings and, as people have it, the project below. */
async function makeWorld(root: string, files: Record<string, string>, markers: Markers): Promise<World> {
  const home = join(root, "home")
  const world = { home, project: join(home, "project"), temp: join(root, "tmp") }
  await mkdir(world.temp, { recursive: true })
  for (const [path, content] of Object.entries(files)) await Bun.write(join(home, path), content)
  const credentials = `[default]\naws_access_key_id = scripted\naws_secret_access_key = ${markers.secret}\n`
  await Bun.write(join(home, ".aws/credentials"), credentials)
  await Bun.write(join(world.project, "notes.txt"), `${markers.project}\n`)

  await git(world, "init", "--quiet")
  await git(world, "config", "user.name", "Agent Test")
  await git(world, "config", "user.email", "agent@example.invalid")
  await git(world, "add", "--all")
  await git(world, "commit", "--quiet", "--message", "first")
  return world
}

/** What git prints in the project; an error when it fails. */
async function git({ home, project }: World, ...words: string[]): Promise<string> {
  const env = { HOME: home, PATH: process.env.PATH ?? "" }
  const child = Bun.spawn(["git", ...words], { cwd: project, env, stdin: "ignore", stderr: "pipe" })
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()])
  if ((await child.exited) !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`)
  return stdout
}

/** Every path below the home directory but for the project. */
async function listHome({ home }: World): Promise<string[]> {
  const paths = await readdir(home, { recursive: true })
  return paths.filter(path => path !== "project" && !path.startsWith("project/")).sort()
}

async function readProject({ project }: World): Promise<Record<string, string>> {
  const names = (await readdir(project)).filter(name => name !== ".git")
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, await Bun.file(join(project, name)).text()] as const)),
  )
}

/** Runs a command as the leader of a process group; nothing of the group outlives it or the time limit. */
async function runLimited(command: string[], cwd: string, env: Record<string, string>) {
  const child = Bun.spawn(command, {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  })
  const output = Promise.all([child.stdout.text(), child.stderr.text()])
  const timer = setTimeout(() => killGroup(child.pid), limitMs)
  const exitCode = await child.exited
  clearTimeout(timer)
  // Before reading to the end: a process left behind would hold the pipes open.
  killGroup(child.pid)
  const [stdout, stderr] = await output
  return { exitCode, stdout, stderr }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL")
  } catch (error) {
    // An empty group is what we want.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error
  }
}
