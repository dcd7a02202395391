/** The process that becomes the command enters the control group of its session, while it waits for the word to start. */
import { HostError } from "../base/error.ts"
import { nodeFs } from "../kernel/node-fs.ts"
import type { GroupEntry } from "./group.ts"

type Scope = Extract<GroupEntry, { kind: "scope" }>

const hint =
  "run without limits of memory, cpus and processes, or accept that with `optional: [limits]`, unless your organisation locks it"

/** @throws HostError when it does not get there, or the group does not have its limits */
export function enterGroup(entry: GroupEntry, process_: number): void {
  if (entry.kind === "scope") enterScope(entry, process_)
  else for (const file of entry.files) writePid(file, process_)
}

function writePid(file: string, process_: number): void {
  try {
    nodeFs().writeFileSync(file, String(process_))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new HostError(`the command cannot be put under its limits: writing to ${file}: ${code}`, hint)
  }
}

/** org.freedesktop.systemd1(5), StartTransientUnit. It answers before the job is done, and takes what it cannot do. */
function enterScope(scope: Scope, process_: number): void {
  // Else systemd ends the session when the kernel ends one process of it. Before version 253 it may not know the word.
  const goOn = ["OOMPolicy", "s", "continue"]
  const first = startScope(scope, process_, [goOn])
  const said = first === "" ? "" : startScope(scope, process_, [])
  if (said !== "")
    throw new HostError(`systemd's ${scope.manager} manager did not set the limits: ${said}`, hint)
  awaitLimits(scope, process_)
}

/** @returns "", or why not */
function startScope(scope: Scope, process_: number, more: readonly string[][]): string {
  const { busctl, manager, name, properties } = scope
  const all = [
    ["Description", "s", "A sandbox of cordon"],
    ["PIDs", "au", "1", String(process_)],
    ["CollectMode", "s", "inactive-or-failed"],
    ...properties,
    ...more,
  ]
  const object = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
  const words = [
    "StartTransientUnit",
    "ssa(sv)a(sa(sv))",
    name,
    "fail",
    String(all.length),
    ...all.flat(),
    "0",
  ]
  const runtime = process.env.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.()}`
  const { exitCode, stderr } = Bun.spawnSync([busctl, `--${manager}`, "call", ...object, ...words], {
    env: { ...process.env, XDG_RUNTIME_DIR: runtime },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  })
  return exitCode === 0 ? "" : stderr.toString().trim() || `busctl ended with ${exitCode}`
}

const patienceMs = 5000

/** Seen in the kernel's own files: what a manager accepts and what holds are two things. */
function awaitLimits({ name, values, manager }: Scope, process_: number): void {
  const end = performance.now() + patienceMs
  const holds = (directory: string) => values.every(value => valueHolds(directory, value))
  for (;;) {
    const group = /^0::(\/.*)$/m.exec(nodeFs().readFileSync(`/proc/${process_}/cgroup`, "utf8"))?.[1] ?? ""
    if (group.endsWith(`/${name}`) && holds(`/sys/fs/cgroup${group}`)) return
    if (performance.now() > end)
      throw new HostError(`systemd's ${manager} manager took the limits, and they do not hold`, hint)
    Bun.sleepSync(2)
  }
}

function valueHolds(directory: string, { file, value, mayBeMissing }: Scope["values"][number]): boolean {
  try {
    return nodeFs().readFileSync(`${directory}/${file}`, "utf8").trim() === value
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    return mayBeMissing === true
  }
}
