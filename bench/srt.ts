/**
 * Anthropic's sandbox-runtime, installed for the run into the bench's own directory: what it takes to start a command in
 * it, or why there is nothing to compare with.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { World } from "./world.ts"

export type Srt = { kind: "ready"; name: string; words: string[] } | { kind: "absent"; why: string }

const packageName = "@anthropic-ai/sandbox-runtime"
/** What it does not start without, and what it is installed with. */
const needed = ["socat", "rg", "bwrap", "node", "npm"]

export function prepareSrt({ home, project }: World): Srt {
  const missing = needed.filter(program => Bun.which(program) === null)
  if (missing.length > 0) return { kind: "absent", why: `this machine has no ${missing.join(", no ")}` }
  const directory = join(home, "srt")
  mkdirSync(directory)
  writeFileSync(join(directory, "package.json"), "{}")
  const install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", `${packageName}@latest`]
  const { exitCode, stderr } = Bun.spawnSync(install, { cwd: directory, stderr: "pipe" })
  if (exitCode !== 0) {
    const [error = `npm ended with ${exitCode}`] = /^npm error .*/m.exec(stderr.toString()) ?? []
    return { kind: "absent", why: `it cannot be installed: ${error}` }
  }
  // Names and addresses of this machine are denied like any other that is not listed.
  const settings = {
    network: { allowedDomains: ["localhost"], deniedDomains: [] },
    filesystem: { denyRead: [], allowWrite: [project], denyWrite: [] },
  }
  const settingsFile = join(directory, "settings.json")
  writeFileSync(settingsFile, JSON.stringify(settings))
  const place = join(directory, "node_modules", packageName)
  const { version, bin } = JSON.parse(readFileSync(join(place, "package.json"), "utf8")) as {
    version: string
    bin: { srt: string }
  }
  const node = Bun.which("node") ?? "node"
  return {
    kind: "ready",
    name: `sandbox-runtime ${version}`,
    words: [node, join(place, bin.srt), "-s", settingsFile, "--"],
  }
}

/** Programs inside find tools of the system and the Node that they run on. */
export function pathOfSrt(): string {
  return `${dirname(Bun.which("node") ?? "/usr/bin/node")}:/usr/local/bin:/usr/bin:/bin`
}
