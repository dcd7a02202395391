/**
 * A plan for the landlock backend, from the one that mounts would carry: the same rules, the same live engine, no
 * namespaces. What that cannot give stops the run.
 */
import { HostError, UserError } from "../base/error.ts"
import { ptraceScopes } from "../host/bare-problem.ts"
import type { HostKernel } from "../host/kernel-facts.ts"
import { scopes } from "../host/landlock-problem.ts"
import type { Policy } from "../policy/policy.ts"
import { RuleError } from "../policy/rule-error.ts"
import { type AllowRequest, allowSet } from "./allow-set.ts"
import { placesIn } from "./bare-rules.ts"
import type { LaunchPlan, Mount } from "./launch-plan.ts"
import { preloadPath } from "./no-sandbox.ts"

export type BareContext = {
  policy: Policy
  kernel: Pick<HostKernel, "landlockAbi" | "notification">
  /** kernel.yama.ptrace_scope (ptrace(2)); undefined where there is no Yama */
  ptraceScope: string | undefined
  /** the session's own directory */
  directory: string
  preload: string
  /** what may be read, for Landlock */
  reading: AllowRequest
}

/** @throws UserError, HostError for what cannot be carried without namespaces */
export function barePlan(plan: LaunchPlan, context: BareContext): LaunchPlan {
  refuseOfPolicy(context.policy)
  refuseOfHost(context)
  const { directory, preload, reading, kernel } = context
  const { temporary, runtime } = placesIn(directory)
  const writable = (plan.landlock?.writable ?? []).filter(({ path }) => path !== directory)
  const own = [temporary, runtime].map(path => ({ path, kind: "directory" as const }))
  return {
    ...plan,
    mounts: plan.mounts.filter(isOfHost),
    environment: environmentIn(directory, plan.environment),
    landlock: {
      abi: kernel.landlockAbi,
      scopeAbstractSockets: true,
      writable: [...writable, ...own, ...pseudoterminals],
    },
    live: { reads: true, carriesOutReads: true },
    bare: { directory, preload, readable: [...allowSet(reading), ...own, ...pseudoterminals] },
  }
}

/**
 * Where the kernel opens the other end of a pseudoterminal for whoever has the one (ioctl_tty(2), TIOCGPTPEER). Opened by
 * their names they stay closed: those of other sessions are files of the same user.
 */
const pseudoterminals = [{ path: "/dev/pts", kind: "directory" }] as const

/** What is the sandbox's own elsewhere has no place here. */
function isOfHost({ kind }: Mount): boolean {
  return kind === "host" || kind === "hidden-directory" || kind === "hidden-file"
}

function refuseOfPolicy({ settings: { networkMode, nestedUserns } }: Policy): void {
  if (networkMode.value === "filtered")
    throw new UserError(
      "the landlock backend cannot carry network mode filtered, which needs a network namespace",
      "use --net off or --net open, or --backend bubblewrap",
    )
  if (nestedUserns.value === "allow")
    throw new RuleError(
      nestedUserns.source,
      "the landlock backend cannot carry nested_userns: allow",
      "remove it, or use --backend bubblewrap",
    )
}

function refuseOfHost({ kernel: { landlockAbi, notification }, ptraceScope }: BareContext): void {
  // Without scopes for signals and abstract sockets the host's processes are in reach.
  if (landlockAbi < scopes.abi)
    throw new HostError(
      `the landlock backend needs Landlock ABI ${scopes.abi} (Linux ${scopes.kernel}); this kernel has ${landlockAbi === 0 ? "none" : `ABI ${landlockAbi}`}`,
      "use a newer kernel, or --backend bubblewrap; see cordon doctor",
    )
  if (!notification)
    throw new HostError(
      "the landlock backend needs seccomp user notification (Linux 5.19)",
      "use a newer kernel, or a container that allows it; see cordon doctor",
    )
  if (ptraceScope !== undefined && !ptraceScopes.includes(ptraceScope))
    throw new HostError(
      `the landlock backend cannot look into the calls of its own processes (kernel.yama.ptrace_scope = ${ptraceScope})`,
      "sudo sysctl kernel.yama.ptrace_scope=1, or use --backend bubblewrap",
    )
}

const temporaryNames = ["TMPDIR", "TMP", "TEMP", "TEMPDIR"]

/** Variables that name private directories name the session's own. */
function environmentIn(directory: string, environment: LaunchPlan["environment"]): Record<string, string> {
  const { temporary, runtime, preload } = placesIn(directory)
  const moved = Object.entries(environment).map(([name, value]): [string, string] => [
    name,
    temporaryNames.includes(name) || value.startsWith("/tmp/cordon-caches/")
      ? temporary + value.slice("/tmp".length)
      : value,
  ])
  const changed = Object.fromEntries(moved)
  return {
    // For its sockets tmux(1) does not heed TMPDIR.
    TMUX_TMPDIR: temporary,
    ...changed,
    XDG_RUNTIME_DIR: runtime,
    NODE_OPTIONS: (changed.NODE_OPTIONS ?? "").replace(preloadPath, preload),
  }
}
