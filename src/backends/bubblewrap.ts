/** LaunchPlan → bubblewrap (bwrap(1)). Pure: the same plan gives the same words on every machine. */
import { UserError } from "../base/error.ts"
import type { Descriptor, Invocation } from "../kernel/invocation.ts"
import type { LaunchPlan, Mount } from "../plan/launch-plan.ts"
import { soonestOrder } from "./mount-order.ts"

/** High enough to be in nobody's way: the runtime's own descriptors are small numbers. */
export const guardianDescriptor = 100
const firstDescriptor = guardianDescriptor + 1
/** bubblewrap takes 9,000 words on its command line (MAX_ARGS, and as many from --args): long plans go there. */
const wordsMax = 4000
const bubblewrapMax = 9000

/** What a plan is carried out with on this machine. */
export type BubblewrapTools = {
  /** path of bwrap */
  program: string
  /** what runs inside before it becomes the command: an executable, there from the start or made in the meantime */
  lastSteps: Uint8Array | "late"
}

/**
 * @throws UserError when there are more words than bubblewrap takes
 * The environment is not among the words: they stand in /proc/PID/cmdline, where every user of the machine can read
 * them. There is no --new-session: the filter of system calls keeps programs from typing into the terminal, so that job
 * control, /dev/tty and resizing work.
 */
export function bubblewrapInvocation(plan: LaunchPlan, { program, lastSteps }: BubblewrapTools): Invocation {
  const descriptors: Descriptor[] = []
  const open = (content: string | Uint8Array): string => {
    const number = firstDescriptor + descriptors.length
    descriptors.push({ number, content })
    return String(number)
  }
  const setup = [
    ...isolation(plan),
    ...soonestOrder(plan.mounts).flatMap(mount => mountWords(mount, open)),
    "--chdir",
    plan.project,
  ]
  if (setup.length > bubblewrapMax - 10)
    throw new UserError(
      `bubblewrap takes ${bubblewrapMax} words, and this launch needs more`,
      "deny directories rather than the files in them",
    )
  // A late program's options go through a pipe, however many there are.
  const words =
    lastSteps !== "late" && setup.length > wordsMax
      ? ["--args", open(setup.map(word => `${word}\0`).join(""))]
      : setup
  const end = firstDescriptor + descriptors.length
  const late = lastSteps === "late" ? { file: end, gate: end + 1, options: end + 2 } : undefined
  if (lastSteps !== "late") open(lastSteps)
  return {
    program,
    words: [
      ...words,
      // bwrap(1): read when all is mounted, before anything is executed.
      ...(late === undefined ? [] : ["--block-fd", String(late.gate)]),
      ...["--", `/proc/self/fd/${end}`],
    ],
    descriptors,
    late,
    // The command's is in the last steps. Here LD_PRELOAD would load a library outside the sandbox.
    environment: {},
    guardian: guardianDescriptor,
  }
}

function isolation(plan: LaunchPlan): string[] {
  return [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup",
    ...(plan.network.mode === "open" ? [] : ["--unshare-net"]),
    ...(plan.nestedUserns ? [] : ["--disable-userns"]),
    "--die-with-parent",
    // As root bubblewrap would leave the capabilities of its user namespace in place.
    "--cap-drop",
    "ALL",
  ]
}

function mountWords(mount: Mount, open: (content: string | Uint8Array) => string): string[] {
  const { path } = mount
  switch (mount.kind) {
    case "host":
      return [mount.access === "write" ? "--bind" : "--ro-bind", path, path]
    case "private":
      return ["--perms", octal(mount.mode), "--tmpfs", path]
    case "hidden-directory":
      return ["--perms", mount.passable ? "0111" : "0000", "--tmpfs", path]
    case "hidden-file":
      return ["--perms", "0000", "--ro-bind-data", open(""), path]
    case "directory":
      return ["--perms", octal(mount.mode), "--dir", path]
    case "link":
      return ["--symlink", mount.target, path]
    case "file":
      return ["--perms", "0444", "--file", open(mount.content), path]
    case "data":
      return ["--perms", "0444", "--ro-bind-data", open(mount.content), path]
    case "proc":
      return ["--proc", path]
    case "dev":
      return ["--dev", path]
    case "sealed":
      return ["--remount-ro", path]
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0")
}
