/** `cordon doctor --fix`: runs the commands that the findings name, after showing them and asking. */
import { accessSync, constants } from "node:fs"
import { HostError } from "../../base/error.ts"
import { printable } from "../../base/printable.ts"
import type { Finding } from "../../host/findings.ts"
import { coloured, say } from "../output.ts"

/**
 * Not the caller's PATH: in an npm script it begins with the project's node_modules/.bin, where an agent could have put
 * a sudo of its own.
 */
const searchPath = [
  "/run/wrappers/bin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
  "/run/current-system/sw/bin",
]

/**
 * @returns whether the commands ran, all of them with success; false when nobody agreed
 * @throws HostError when this user cannot become root
 */
export async function fixFindings(findings: readonly Finding[], agreed: boolean): Promise<boolean> {
  const commands = [...new Set(findings.flatMap(({ fix }) => fix))]
  if (commands.length === 0) {
    say("there is nothing that a command here could fix")
    return true
  }
  say("these commands would be run:")
  for (const command of commands) say(`  ${printable(command)}`)
  if (!agreed && process.stdin.isTTY !== true) {
    say("nothing was run: there is no terminal to ask on")
    say(`${coloured("→", "dim", "stderr")} cordon doctor --fix --yes`)
    return false
  }
  requireSudo(commands)
  if (!agreed && !(await agrees())) {
    say("nothing was run")
    return false
  }
  return commands.every(runs)
}

function requireSudo(commands: readonly string[]): void {
  if (!commands.some(command => /(^|\| )sudo /.test(command)) || isThere("sudo")) return
  throw new HostError(
    "these commands need root, and there is no sudo here",
    "run cordon doctor --fix --yes as root, or give root the commands",
  )
}

function isThere(program: string): boolean {
  return searchPath.some(directory => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK)
      return true
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") return false
      throw cause
    }
  })
}

async function agrees(): Promise<boolean> {
  process.stderr.write("cordon: run them? [y/N] ")
  for await (const line of console) return /^y(es)?$/i.test(line.trim())
  return false
}

function runs(command: string): boolean {
  say(`${coloured("$", "dim", "stderr")} ${printable(command)}`)
  const { exitCode, signalCode } = Bun.spawnSync(["/bin/sh", "-c", command], {
    env: { ...process.env, PATH: searchPath.join(":") },
    // What the commands print is talk to the person; standard output is the report's.
    stdio: ["inherit", 2, 2],
  })
  if (exitCode !== 0) say(`that ended with ${signalCode ?? exitCode}; the commands after it were not run`)
  return exitCode === 0
}
