/**
 * Makes a fresh checkout ready to build, test and run, from nothing but Node.
 *
 *     node scripts/bootstrap.mjs [--packages] [--quiet]
 *
 * npm packages, programs of the host, dist/cordon, in this order. Each step looks first and acts only when something
 * is missing, so that every npm script can start with it. `--packages` stops after the first step; `--quiet` says
 * nothing when there is nothing to do.
 */
import { Refusal, runMain, say } from "./say.mjs"

const oldestNode = 20

/** Every step in order; each returns whether it did anything. */
async function bootstrap(options) {
  // Loaded late: an old Node could fail on their syntax before it is told why it is refused.
  const { installPackages } = await import("./packages.mjs")
  const { installHostPrograms } = await import("./host-programs.mjs")
  const { build, whyBuild } = await import("./build.mjs")

  const installed = installPackages(text => say("bootstrap", text))
  if (options.packagesOnly) return installed
  const prepared = installHostPrograms(text => say("bootstrap", text))
  const reason = whyBuild()
  if (reason === undefined) return installed || prepared
  say("bootstrap", `building dist/cordon: ${reason}`)
  build()
  return true
}

function parseOptions(words) {
  const unknown = words.find(word => word !== "--packages" && word !== "--quiet")
  if (unknown !== undefined) throw new Refusal(`unknown option ${unknown}; there are --packages and --quiet`)
  return { packagesOnly: words.includes("--packages"), quiet: words.includes("--quiet") }
}

async function main() {
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    throw new Refusal(
      `Node ${process.versions.node} is too old: Cordon's tools need Node ${oldestNode} or later`,
    )
  }
  const options = parseOptions(process.argv.slice(2))
  const acted = await bootstrap(options)
  if (!acted && !options.quiet) say("bootstrap", "nothing to do")
}

runMain("bootstrap", main)
