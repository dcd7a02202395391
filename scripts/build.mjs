/**
 * Builds dist/cordon, the program, and dist/index.js, the library for Node.
 *
 *     node scripts/build.mjs [--if-needed]
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bun, root } from "./packages.mjs"
import { Refusal, runMain, runQuietly, say } from "./say.mjs"

const program = join(root, "dist/cordon")

/** What the program is made from; the lock file stands for the packages and for Bun itself. */
const sources = ["src", "policies", "package.json", "package-lock.json", "tsconfig.json", "scripts/build.mjs"]

// A compiled Bun program reads .env and bunfig.toml of the directory it is started in unless told not to. Cordon
// is started in projects that nobody has read: their files must not set its environment or preload code into it.
const ignoreProject = ["dotenv", "bunfig", "tsconfig", "package-json"].map(
  file => `--no-compile-autoload-${file}`,
)
// A launch runs every function a few times and ends: compiling them to machine code takes 5 ms and is never repaid, and
// the threads that do it take a processor from bubblewrap.
const interpret = "--compile-jit-policy=1000"
// The second is the supervisor's thread: a compiled program finds only threads that it was built with.
const entries = ["src/main.ts", "src/supervise/worker.ts"].map(file => join(root, file))
const compile = [
  "--compile",
  "--splitting",
  "--format",
  "esm",
  "--minify",
  "--bytecode",
  interpret,
  ...ignoreProject,
]

/** Builds into a fresh directory and renames, so that a program that is running is never truncated. */
export function build() {
  if (!existsSync(join(root, "src/main.ts")))
    throw new Refusal("src/main.ts does not exist, there is nothing to build")
  mkdirSync(join(root, "dist"), { recursive: true })
  const fresh = mkdtempSync(join(root, "dist/.build-"))
  try {
    bunBuild([...compile, "--outfile", join(fresh, "cordon"), ...entries], fresh)
    chmodSync(join(fresh, "cordon"), 0o755)
    if (existsSync(join(root, "src/index.ts"))) {
      const library = ["--target", "node", "--format", "esm", "--outfile", join(fresh, "index.js")]
      bunBuild([...library, join(root, "src/index.ts")], fresh)
      renameSync(join(fresh, "index.js"), join(root, "dist/index.js"))
    }
    renameSync(join(fresh, "cordon"), program)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Why dist/cordon must be built, or undefined when it is newer than all it is made from. */
export function whyBuild() {
  if (!existsSync(program)) return "it does not exist"
  const built = lstatSync(program).mtimeMs
  const newer = sources.map(source => findNewer(source, built)).find(path => path !== undefined)
  return newer === undefined ? undefined : `${newer} is newer`
}

/** A directory counts with its own time too: it changes when a file in it is removed. */
function findNewer(path, time) {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  if (stat.mtimeMs > time) return path
  if (!stat.isDirectory()) return undefined
  for (const name of readdirSync(join(root, path))) {
    const newer = findNewer(join(path, name), time)
    if (newer !== undefined) return newer
  }
  return undefined
}

/** Bun leaves its intermediate files in the present directory when it is interrupted, hence `directory`. */
function bunBuild(words, directory) {
  runQuietly([bun, "build", ...words], { cwd: directory })
}

function main() {
  const ifNeeded = process.argv.includes("--if-needed")
  const reason = ifNeeded ? whyBuild() : "asked for"
  if (reason === undefined) return
  build()
  say("build", `built dist/cordon: ${reason}`)
}

if (realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) runMain("build", main)
