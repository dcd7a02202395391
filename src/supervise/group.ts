/** The control group of a session (cgroups(7)): made before the sandbox starts, gone when it has ended. */
import { HostError } from "../base/error.ts"
import { nodeFs } from "../kernel/node-fs.ts"
import type { ControlGroup, GroupDirectory } from "../plan/launch-plan.ts"
import { removeAbandoned, removeAfterwards, removeAtEnd } from "./leftover.ts"

/** What has to be done with the process that becomes the command. */
export type GroupEntry =
  /** its PID is written into these files */
  | { kind: "directories"; files: readonly string[] }
  | (Extract<ControlGroup, { kind: "scope" }> & { name: string })

export type SessionGroup = {
  entry: GroupEntry
  /** @returns what a person should know of how the limits worked */
  remove: () => string[]
}

/** @throws HostError when the kernel refuses a limit */
export function makeGroup(group: ControlGroup, session: string): SessionGroup {
  const name = `cordon-${process.pid}-${session}`
  if (group.kind === "scope") return { entry: { ...group, name: `${name}.scope` }, remove: () => [] }
  const made: string[] = []
  try {
    for (const directory of group.directories) made.push(makeDirectory(directory, name))
  } catch (cause) {
    for (const path of made) nodeFs().rmdirSync(path)
    throw cause
  }
  const handOver = removeAfterwards(made)
  const files = made.map(path => `${path}/cgroup.procs`)
  // What happened in them is read before the first is gone: with it the others may go.
  const remove = () => [...made.flatMap(eventsOf), ...made.flatMap(path => removeDirectory(path, handOver))]
  return { entry: { kind: "directories", files }, remove }
}

function makeDirectory({ parent, enable, values }: GroupDirectory, name: string): string {
  attempt(`looking into ${parent}`, () => removeAbandoned(parent))
  const path = `${parent}/${name}`
  attempt(`handing on ${enable.join(", ")} in ${parent}`, () => enableControllers(parent, enable))
  attempt(`making ${path}`, () => nodeFs().mkdirSync(path))
  try {
    for (const { file, value, mayBeMissing } of values)
      attempt(`writing ${value} to ${path}/${file}`, () => writeValue(`${path}/${file}`, value, mayBeMissing))
  } catch (cause) {
    nodeFs().rmdirSync(path)
    throw cause
  }
  return path
}

function attempt(what: string, act: () => void): void {
  try {
    act()
  } catch (cause) {
    throw new HostError(
      `the limits cannot be set: ${what}: ${(cause as NodeJS.ErrnoException).code}`,
      "run without --memory, --cpus and --processes, or see docs/limitations.md",
    )
  }
}

function enableControllers(parent: string, names: readonly string[]): void {
  const file = `${parent}/cgroup.subtree_control`
  const missing =
    names.length === 0
      ? []
      : names.filter(name => !nodeFs().readFileSync(file, "utf8").split(/\s+/).includes(name))
  if (missing.length > 0) nodeFs().writeFileSync(file, missing.map(name => `+${name}`).join(" "))
}

function writeValue(path: string, value: string, mayBeMissing = false): void {
  try {
    // Without O_CREAT: a file that the kernel does not have cannot be made here, and says EACCES then.
    nodeFs().writeFileSync(path, value, { flag: "r+" })
  } catch (cause) {
    if (!mayBeMissing || (cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
  }
}

function removeDirectory(path: string, handOver: () => void): string[] {
  return removeAtEnd(path, handOver) ? [] : [`the control group ${path} is in use and could not be removed`]
}

/** memory.events and pids.events of version 2; memory.oom_control and pids.events of version 1. */
function eventsOf(path: string): string[] {
  const killed = counted(path, ["memory.events", "memory.oom_control"], "oom_kill")
  const refused = counted(path, ["pids.events"], "max")
  return [
    ...(killed === 0 ? [] : [`the memory limit was reached: the kernel ended ${killed} of the processes`]),
    ...(refused === 0 ? [] : [`the limit of processes was reached: ${refused} more were refused`]),
  ]
}

function counted(path: string, files: readonly string[], name: string): number {
  const texts = files.map(file => readEvents(`${path}/${file}`))
  return Math.max(...texts.map(text => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0)))
}

function readEvents(path: string): string {
  try {
    return nodeFs().readFileSync(path, "utf8")
  } catch (cause) {
    // Another version of the kernel's interface, or a controller that nothing was asked of.
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return ""
    throw cause
  }
}
