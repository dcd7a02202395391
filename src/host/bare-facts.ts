/** What a sandbox without namespaces has to know of this machine besides. */
import { lstatSync, readdirSync, readlinkSync } from "node:fs"
import { replacement, systemPath } from "../base/path-bytes.ts"
import { readSwitch } from "./kernel-facts.ts"

export type BareFacts = {
  /** devices of the terminals that the command is given on descriptors 0 to 2 */
  terminals: readonly string[]
  /** kernel.yama.ptrace_scope (ptrace(2)); undefined where there is no Yama */
  ptraceScope: string | undefined
}

export function readBareFacts(): BareFacts {
  const descriptors = [0, 1, 2].map(descriptor => linkOf(`/proc/self/fd/${descriptor}`))
  return {
    terminals: [...new Set(descriptors.filter(path => /^\/dev\/(pts\/\d+|tty\w+|console)$/.test(path)))],
    ptraceScope: readSwitch("/proc/sys/kernel/yama/ptrace_scope"),
  }
}

/** "" for a descriptor that is closed. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return ""
    throw cause
  }
}

/**
 * Directories and programs in a directory, links left out; undefined when it cannot be listed. Other files are opened by
 * the live engine only, which needs no rule for them.
 */
export function listTree(directory: string): { path: string; kind: "directory" | "file" }[] | undefined {
  try {
    return readdirSync(systemPath(directory), { withFileTypes: true })
      .filter(entry => (entry.isDirectory() || entry.isFile()) && !entry.name.includes(replacement))
      .map(entry => ({
        path: directory === "/" ? `/${entry.name}` : `${directory}/${entry.name}`,
        kind: entry.isDirectory() ? ("directory" as const) : ("file" as const),
      }))
      .filter(({ path, kind }) => kind === "directory" || isProgram(path))
  } catch (cause) {
    if (["EACCES", "EPERM", "ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      return undefined
    throw cause
  }
}

function isProgram(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat !== undefined && (stat.mode & 0o111) !== 0
}
