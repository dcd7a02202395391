/** Where control groups can be made (cgroups(7)), from what the kernel says of this process. Pure but for `read`. */
import { join, resolve } from "node:path"

/** What can be limited for all processes of a group together. */
export const controllers = ["memory", "cpu", "pids"] as const
export type Controller = (typeof controllers)[number]

/** A directory in which a group can be made whose controllers limit it. */
export type GroupPlace = { directory: string; controllers: readonly Controller[] }

export type GroupPlaces = {
  /** of version 2, nearest first */
  unified: readonly GroupPlace[]
  /** of version 1, which has a hierarchy for each controller */
  legacy: Readonly<Partial<Record<Controller, string>>>
}

export type GroupFiles = {
  /** /proc/self/cgroup */
  groups: string
  /** /proc/self/mountinfo */
  mounts: string
  /** the text of a file; undefined when it cannot be read */
  read: (path: string) => string | undefined
  /** whether this process may write there */
  writable: (path: string) => boolean
}

export function groupPlaces(files: GroupFiles): GroupPlaces {
  const own = ownGroups(files.groups)
  const mounts = groupMounts(files.mounts)
  const unified = mounts.find(({ version }) => version === 2)
  const legacy = controllers.flatMap((controller): [Controller, string][] => {
    const mount = mounts.find(({ version, options }) => version === 1 && options.includes(controller))
    const directory = mount && directoryOf(mount, own.get(controller))
    return directory !== undefined && mayMakeGroups(directory, files) ? [[controller, directory]] : []
  })
  const start = unified && directoryOf(unified, own.get(""))
  return {
    unified:
      start === undefined
        ? []
        : ancestors(start, unified?.point ?? start).flatMap(directory => unifiedPlace(directory, files)),
    legacy: Object.fromEntries(legacy),
  }
}

/** The group of this process in each hierarchy; that of version 2 has the name "". */
function ownGroups(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (names !== undefined && path !== undefined) for (const name of names.split(",")) found.set(name, path)
  }
  return found
}

type GroupMount = { version: 1 | 2; root: string; point: string; options: readonly string[] }

/** Mounts of type cgroup and cgroup2 (proc_pid_mountinfo(5)). */
function groupMounts(text: string): GroupMount[] {
  return text.split("\n").flatMap(line => {
    const [before = "", after = ""] = line.split(" - ")
    const [, , , root = "/", point = "/"] = before.split(" ")
    const [type, , options = ""] = after.split(" ")
    if (type !== "cgroup" && type !== "cgroup2") return []
    return [{ version: type === "cgroup" ? 1 : 2, root, point, options: options.split(",") }]
  })
}

/** Where a mount shows a group; undefined when it lies outside of what is mounted, or of this namespace. */
function directoryOf({ root, point }: GroupMount, group: string | undefined): string | undefined {
  if (group === undefined || group.split("/").includes("..")) return undefined
  if (root === "/") return resolve(point, `.${group}`)
  if (group === root || group.startsWith(`${root}/`)) return resolve(point, `.${group.slice(root.length)}`)
  return undefined
}

/** A group may be made below, and a process that stands at or below the directory be moved into it. */
function mayMakeGroups(directory: string, { writable }: GroupFiles): boolean {
  return writable(directory) && writable(join(directory, "cgroup.procs"))
}

function ancestors(directory: string, last: string): string[] {
  if (directory === last || !directory.startsWith(last === "/" ? "/" : `${last}/`)) return [directory]
  return [directory, ...ancestors(join(directory, ".."), last)]
}

/**
 * Only a group without processes of its own hands controllers on to those below it, the root excepted (cgroups(7), "no
 * internal processes"), which is the one without a type.
 */
function unifiedPlace(directory: string, files: GroupFiles): GroupPlace[] {
  const list = (name: string) => (files.read(join(directory, name)) ?? "").split(/\s+/)
  const type = files.read(join(directory, "cgroup.type"))?.trim()
  if (type !== undefined && type !== "domain") return []
  if (!mayMakeGroups(directory, files)) return []
  const empty = files.read(join(directory, "cgroup.procs"))?.trim() === ""
  const mayEnable = (type === undefined || empty) && files.writable(join(directory, "cgroup.subtree_control"))
  const enabled = list("cgroup.subtree_control")
  const available = mayEnable ? list("cgroup.controllers") : []
  const found = controllers.filter(name => enabled.includes(name) || available.includes(name))
  return found.length === 0 ? [] : [{ directory, controllers: found }]
}
