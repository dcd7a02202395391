/** A session without namespaces: its directory, and its end (inside/bare.ts). */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { HostError } from "../base/error.ts"
import { childrenOf, sendKill } from "../kernel/processes.ts"
import { announceEnd, awaitDone, isLeft } from "../kernel/session-socket.ts"
import { exitStatus } from "../kernel/spawn.ts"
import { OwnProcesses } from "../live/own-processes.ts"
import { placesIn, sessionParent } from "../plan/bare-rules.ts"
import type { BareSandbox } from "../plan/launch-plan.ts"
import type { BareSession } from "./supervised.ts"

/** Made before the sandbox starts. @throws HostError when its directory cannot be made */
export function openBareSession(bare: BareSandbox): BareSession {
  removeAbandoned()
  makeSessionDirectory(bare)
  return {
    isWatchedOver,
    beginEnd: announceEnd,
    end: socket => endBareSession(socket, bare),
    discard: () => void removed(bare.directory),
  }
}

/** Ours alone: whoever else has the name already keeps it, and the run stops. */
export function makeSessionDirectory({ directory, preload }: BareSandbox): void {
  const { temporary, runtime, preload: file } = placesIn(directory)
  orRefuse(() => mkdirSync(directory, { mode: 0o700 }))
  orRefuse(() => {
    try {
      for (const path of [temporary, runtime]) mkdirSync(path, { mode: 0o700 })
      writeFileSync(file, preload, { mode: 0o444, flag: "wx" })
    } catch (cause) {
      removed(directory)
      throw cause
    }
  })
}

function orRefuse(make: () => void): void {
  try {
    make()
  } catch (cause) {
    throw new HostError(
      `the session's own directory cannot be made: ${(cause as Error).message}`,
      "see that /tmp can be written",
    )
  }
}

/** A tree of files takes a while to remove. */
const patienceMs = 10_000

/**
 * Ends all of the session's processes and removes its directory.
 * @param socket our end of the session's
 * @returns what a person should know of how that went
 */
export function endBareSession(socket: number, { directory }: BareSandbox): string[] {
  announceEnd(socket)
  awaitDone(socket, patienceMs)
  // Somebody may have killed the one that does it.
  endAdopted(new OwnProcesses({ offline: true }))
  return removed(directory) ? [] : [`the directory ${directory} could not be removed`]
}

/** Directories of the session can be closed to their owner: then they are opened first. @returns whether it is gone */
function removed(directory: string): boolean {
  if (isGone(directory)) return true
  Bun.spawnSync(["/bin/chmod", "-R", "u+rwX", "--", directory], { stdio: ["ignore", "ignore", "ignore"] })
  return isGone(directory)
}

function isGone(directory: string): boolean {
  try {
    if (existsSync(directory)) rmSync(directory, { recursive: true })
    return true
  } catch (cause) {
    if (["EACCES", "EPERM", "ENOTEMPTY", "EBUSY"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      return false
    throw cause
  }
}

/**
 * A child of ours has ended: we are told of those that lost their parents too, and nobody else asks for how they ended.
 * @returns whether the process is there that will end the session
 */
export function isWatchedOver(socket: number, command: number): boolean {
  for (const child of adopted(new OwnProcesses({ offline: true }))) if (child !== command) exitStatus(child)
  return !isLeft(socket)
}

function adopted(processes: OwnProcesses): number[] {
  return childrenOf(process.pid).filter(child => processes.isOwn(child))
}

function endAdopted(processes: OwnProcesses): void {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    const left = adopted(processes)
    if (left.length === 0) return
    for (const child of left) {
      for (const each of descendantsOf(child)) sendKill(each)
      exitStatus(child)
    }
    Bun.sleepSync(1)
  }
}

function descendantsOf(child: number): number[] {
  return [child, ...childrenOf(child).flatMap(descendantsOf)]
}

/** What sessions left behind whose every process was killed at once. */
export function removeAbandoned(): void {
  for (const name of readdirSync(sessionParent)) {
    const path = `${sessionParent}/${name}`
    const [, owner] = /^cordon-(\d+)-[0-9a-f-]{36}$/.exec(name) ?? []
    if (owner !== undefined && !isAlive(Number(owner)) && isOwnDirectory(path)) removed(path)
  }
}

/** Anybody may put something there: a link that leads to what is ours, for instance. */
function isOwnDirectory(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === process.getuid?.()
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH"
  }
}
