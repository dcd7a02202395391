/** npm packages as package-lock.json names them, and a Bun that runs. */
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Refusal, runQuietly } from "./say.mjs"

/** The checkout, whatever the present directory is; its path may hold spaces. */
export const root = fileURLToPath(new URL("..", import.meta.url))

/** The pinned Bun, as npm links it. */
export const bun = join(root, "node_modules/.bin/bun")

// Until its install script has run, the bun package holds a shell script of some hundred bytes in this place.
const smallestBun = 1 << 20

/** Installs what is missing; returns whether it did anything. */
export function installPackages(report) {
  const reason = whyInstall()
  if (reason !== undefined) {
    report(`installing npm packages (npm ci): ${reason}`)
    // No install script of any package runs: our own `prepare` would start this file again without end, and of
    // the others only Bun's is needed, which is run below by name.
    const flags = ["--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund"]
    runQuietly(["npm", "ci", ...flags], { cwd: root, env: environmentForNpm() })
  }
  const linked = linkBun(report)
  return reason !== undefined || linked
}

/**
 * Why node_modules is not what package-lock.json asks for, or undefined when it is. npm writes its own record
 * (node_modules/.package-lock.json) as the last thing of an installation, so an interrupted one counts as missing,
 * and packages that someone installed by hand with npm are not installed a second time.
 */
function whyInstall() {
  const record = join(root, "node_modules/.package-lock.json")
  if (!existsSync(record)) return "node_modules is missing or incomplete"
  const wanted = readJson(join(root, "package-lock.json")).packages
  const present = readJson(record).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue
    const found = present[path]
    // An optional package that is absent is one for another system.
    if (found === undefined && !entry.optional) return `${path} is missing`
    if (found !== undefined && (found.version !== entry.version || found.integrity !== entry.integrity)) {
      return `${path} is ${found.version}, package-lock.json asks for ${entry.version}`
    }
  }
  const surplus = Object.keys(present).find(path => !(path in wanted))
  return surplus === undefined ? undefined : `${surplus} is not in package-lock.json`
}

/** Puts Bun's binary in its place when npm did not run Bun's install script, as newer npm versions do not. */
function linkBun(report) {
  const directory = join(root, "node_modules/bun")
  const isReal = () => statSync(join(directory, "bin/bun.exe")).size > smallestBun
  if (isReal()) return false
  report("linking bun's binary (node_modules/bun/install.js)")
  runQuietly([process.execPath, "install.js"], { cwd: directory })
  if (!isReal()) throw new Refusal("bun has no binary for this system; see node_modules/bun/install.js")
  return true
}

/** Under `npm install --global .` npm's own settings reach us as variables, and `npm ci` refuses to be global. */
function environmentForNpm() {
  const ofOuterNpm =
    /^npm_config_(global|prefix|local_prefix|global_prefix|location|omit|include|production|only)$/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterNpm.test(name)))
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"))
}
