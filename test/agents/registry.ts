// The agents under test, from npm, in a cache outside the checkout: about 1 GB, fetched once.
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"

/** The one place that names versions: what the tests claim, they claim for these. */
const packages = {
  "@anthropic-ai/claude-code": "2.1.197",
  "@openai/codex": "0.169.0",
  "opencode-ai": "1.18.33",
} as const

const programs = ["claude", "codex", "opencode"]
const installMs = 300_000
const staleMs = 3_600_000

/** Where the agents are, or why there are none here. */
export type Installation = { kind: "ready"; bin: string } | { kind: "unreachable"; why: string }

/** npm's error codes when no registry answers; any other failure is an error of ours or the machine's. */
const offline =
  /^(ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|E50[234]|\w*CERT\w*)$/

/** The installed agents; fetches them unless an earlier run has. */
export async function installAgents(): Promise<Installation> {
  const cache = join(process.env.CORDON_TEST_CACHE ?? join(homedir(), ".cache/cordon-test"), "agents")
  const target = join(cache, Object.values(packages).join("+"))
  const bin = join(target, "node_modules/.bin")
  if (await isComplete(target)) return { kind: "ready", bin }

  await mkdir(cache, { recursive: true })
  await removeStale(cache, target)
  const fresh = await mkdtemp(join(cache, ".new-"))
  try {
    const why = await fetchPackages(fresh)
    if (why !== undefined) return { kind: "unreachable", why }
    if (!(await isComplete(fresh)))
      throw new Error(`npm left out a program: ${programs} are not all in ${fresh}`)
    // All or nothing: a directory under the final name is complete, whenever a run was killed.
    await rename(fresh, target).catch(async error => {
      // Another run was quicker: its directory is as good as ours.
      if (!(await isComplete(target))) throw error
    })
    return { kind: "ready", bin }
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** Whether every program is there; follows the links, so a lost package shows too. */
async function isComplete(directory: string): Promise<boolean> {
  const found = programs.map(name => Bun.file(join(directory, "node_modules/.bin", name)).exists())
  return (await Promise.all(found)).every(Boolean)
}

/** Installs into `directory`; the reason when no registry answers, an exception for any other failure. */
async function fetchPackages(directory: string): Promise<string | undefined> {
  // A home of its own: install scripts start the agents, which would leave their state in the user's.
  const home = join(directory, ".home")
  const npm = Bun.spawn(
    [
      ...["npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts=false"],
      ...["--fetch-retries=1", "--fetch-timeout=60000", "--save-exact"],
      ...["--userconfig", join(homedir(), ".npmrc"), "--prefix", directory],
      ...Object.entries(packages).map(([name, version]) => `${name}@${version}`),
    ],
    {
      cwd: directory,
      env: { ...process.env, HOME: home },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      timeout: installMs,
      killSignal: "SIGKILL",
    },
  )
  const [stderr, exitCode] = await Promise.all([npm.stderr.text(), npm.exited])
  await rm(home, { recursive: true, force: true })

  if (exitCode === 0) return undefined
  if (npm.signalCode !== null) return `the npm registry does not deliver within ${installMs / 1000} s`
  const code = /^npm \S+ code (\S+)$/m.exec(stderr)?.[1] ?? ""
  if (offline.test(code)) return `the npm registry cannot be reached: ${code}`
  throw new Error(`npm install failed with ${exitCode}:\n${stderr}`)
}

/** Removes other versions and what killed runs left, but nothing that a run at this moment may be filling. */
async function removeStale(cache: string, target: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name)
    const { mtimeMs } = await stat(path)
    if (path !== target && Date.now() - mtimeMs < staleMs) continue
    await rm(path, { recursive: true, force: true })
  }
}
