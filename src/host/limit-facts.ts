/** What this machine has to enforce limits with. Read only when a limit is asked for. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs"
import { type Controller, controllers, type GroupPlaces, groupPlaces } from "./cgroup-places.ts"

/** systemd, which owns the control groups of the machine and makes new ones for those who ask (systemd.scope(5)). */
export type Manager = {
  of: "system" | "user"
  controllers: readonly Controller[]
  /** path of busctl(1), by which it is asked */
  busctl: string
}

export type LimitFacts = {
  /** RLIMIT_NPROC holds; it does not for the kernel's own root */
  countsProcesses: boolean
  manager: Manager | undefined
  places: GroupPlaces
}

export function readLimitFacts(uid: number): LimitFacts {
  const text = (path: string) => readText(path) ?? ""
  return {
    countsProcesses: countsProcesses(uid, text("/proc/self/uid_map")),
    manager: findManager(uid),
    places: groupPlaces({
      groups: text("/proc/self/cgroup"),
      mounts: text("/proc/self/mountinfo"),
      read: readText,
      writable,
    }),
  }
}

/**
 * fork(2) lets the kernel's own root have as many processes as it likes, in a user namespace too (kernel/fork.c,
 * copy_process). Root of a user namespace is somebody else to the kernel.
 * @param map /proc/self/uid_map: first inside, first outside, how many
 */
export function countsProcesses(uid: number, map: string): boolean {
  if (uid !== 0) return true
  const ranges = map
    .trim()
    .split("\n")
    .map(line => line.trim().split(/\s+/).map(Number))
  const outside = ranges.find(([inside]) => inside === 0)?.[1]
  return outside !== undefined && outside !== 0
}

/** The manager of the caller's own processes, where systemd runs the machine with control groups of version 2. */
function findManager(uid: number): Manager | undefined {
  // sd_booted(3)
  if (!existsSync("/run/systemd/system")) return undefined
  const busctl = ["/usr/bin/busctl", "/bin/busctl", "/run/current-system/sw/bin/busctl"].find(existsSync)
  if (busctl === undefined) return undefined
  const group =
    uid === 0 ? "/sys/fs/cgroup" : `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service`
  const delegated = readText(`${group}/cgroup.controllers`)
  if (delegated === undefined) return undefined
  const names = delegated.trim().split(" ")
  return {
    of: uid === 0 ? "system" : "user",
    controllers: controllers.filter(name => names.includes(name)),
    busctl,
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    // EOPNOTSUPP: cgroup.procs of a threaded group.
    if (code !== undefined && ["ENOENT", "EACCES", "EPERM", "ENOTDIR", "EOPNOTSUPP"].includes(code))
      return undefined
    throw cause
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code !== undefined && ["ENOENT", "EACCES", "EPERM", "EROFS", "ENOTDIR"].includes(code)) return false
    throw cause
  }
}
