/** Facts and the results of trials → what this machine can enforce, and what would mend the rest. Pure. */
import { unfiltered } from "./container-problem.ts"
import type { HostFacts } from "./host-facts.ts"
import { type LandlockResult, landlockProblem, scopes } from "./landlock-problem.ts"
import { namespaceProblem } from "./namespace-problem.ts"
import { isOlder, newerKernel, type Problem, setSwitch } from "./remedy.ts"

/** `not yet`: specified, and not part of this version. */
export type State = "active" | "degraded" | "unavailable" | "not yet"

export type Finding = Problem & { protection: string; state: State }

/** What came of a system call: "" when it worked, else the name of the errno. */
type CallResult = string

/** What was tried on this machine. */
export type Trials = {
  /** the bubblewrap that is there, with what a start of it came to; or why there is none */
  bubblewrap:
    | { path: string; version: string; setuid: boolean; works: boolean; said: string }
    | (Problem & { path?: never })
  /** landlock_create_ruleset(2) asked for its version */
  landlock: LandlockResult
  /** seccomp(2) asked for filters, for the action that hands calls over, and for the flags of its listener */
  seccomp: { filter: CallResult; action: CallResult; flags: CallResult }
  /** a program in memory was made and executed; "" or what failed */
  memoryProgram: string
}

export function hostFindings(facts: HostFacts, trials: Trials): Finding[] {
  return [
    ...bubblewrapFindings(facts, trials.bubblewrap),
    kernelFinding(facts),
    landlockFinding(facts, trials.landlock),
    abstractSocketFinding(facts, trials.landlock.abi),
    ...seccompFindings(facts, trials.seccomp),
    memoryFinding(facts, trials.memoryProgram),
  ]
}

const none = { fix: [], advice: "" }

function active(protection: string, why: string): Finding {
  return { protection, state: "active", why, ...none }
}

function bubblewrapFindings(facts: HostFacts, found: Trials["bubblewrap"]): Finding[] {
  if (found.path === undefined) return [{ protection: "bubblewrap", state: "unavailable", ...found }]
  const { path, version, works, said } = found
  return [
    active("bubblewrap", `${path}, version ${version}`),
    works
      ? active("namespaces", "user, pid, ipc, uts, cgroup, network; nested ones switched off")
      : {
          protection: "namespaces",
          state: "unavailable",
          ...namespaceProblem({ facts, bubblewrap: found, said }),
        },
  ]
}

/** The first kernel with all that Cordon relies on and cannot try one by one: the killable wait of a listener, close_range. */
const kernelMin = "5.19"

function kernelFinding(facts: HostFacts): Finding {
  const where = { none: "", wsl1: ", WSL 1", wsl2: ", WSL 2" }[facts.windows]
  if (facts.windows === "wsl1")
    return {
      protection: "kernel",
      state: "unavailable",
      why: `Linux ${facts.release}${where}: calls translated by Windows, with none of what a sandbox needs`,
      fix: [],
      advice: "in Windows: wsl.exe --set-version DISTRIBUTION 2 (wsl.exe --list names it)",
    }
  if (!isOlder(facts.release, kernelMin)) return active("kernel", `Linux ${facts.release}${where}`)
  return {
    protection: "kernel",
    state: "unavailable",
    why: `Linux ${facts.release}${where} is older than ${kernelMin}`,
    fix: [],
    advice: newerKernel(kernelMin, facts),
  }
}

function landlockFinding(facts: HostFacts, result: LandlockResult): Finding {
  const problem = landlockProblem(facts, result)
  if (problem === undefined) return active("landlock", `ABI ${result.abi}`)
  return { protection: "landlock", state: result.abi === 0 ? "unavailable" : "degraded", ...problem }
}

/**
 * Abstract sockets belong to a network namespace (unix(7)): where the host's is shared, only a Landlock scope keeps
 * them out of reach.
 */
function abstractSocketFinding(facts: HostFacts, abi: number): Finding {
  if (abi >= scopes.abi)
    return active("abstract sockets", `out of reach with the network open too (Landlock ABI ${abi})`)
  return {
    protection: "abstract sockets",
    state: "unavailable",
    why: `with --net open, Landlock ABI ${abi} cannot keep the host's out of reach`,
    fix: [],
    advice: `use --net off, or ${newerKernel(scopes.kernel, facts)}`,
  }
}

function seccompFindings(facts: HostFacts, { filter, action, flags }: Trials["seccomp"]): Finding[] {
  const filtering = (protection: string, why: string): Finding =>
    filter === ""
      ? active(protection, why)
      : { protection, state: "unavailable", ...seccompProblem(facts, "filters (Linux 3.17)", filter) }
  return [
    filtering("seccomp", "calls that a sandbox has no use for are refused"),
    filtering("terminal input", "typing into the terminal is refused (TIOCSTI); job control and resize work"),
    action === "" && flags === ""
      ? active("seccomp notify", "calls can be handed to Cordon to be decided on")
      : {
          protection: "seccomp notify",
          state: "unavailable",
          ...(action === ""
            ? seccompProblem(facts, "killable waits of a listener (Linux 5.19)", flags)
            : seccompProblem(facts, "user notification (Linux 5.0)", action)),
        },
  ]
}

/** seccomp(2): EOPNOTSUPP = an action, EINVAL = a flag or an operation, ENOSYS = a call that the kernel does not know. */
function seccompProblem(facts: HostFacts, what: string, result: CallResult): Problem {
  if (result === "EPERM" || result === "EACCES" || (result === "ENOSYS" && facts.filtered))
    return {
      why: `a filter around this process refuses seccomp's calls (${result})`,
      fix: [],
      advice: unfiltered(facts),
    }
  const advice = newerKernel(kernelMin, facts)
  if (result === "ENOSYS")
    return { why: "this kernel is built without seccomp filters (CONFIG_SECCOMP_FILTER)", fix: [], advice }
  return { why: `Linux ${facts.release} does not have ${what}: ${result}`, fix: [], advice }
}

function memoryFinding(facts: HostFacts, failure: string): Finding {
  const protection = "memory programs"
  if (failure === "") return active(protection, "programs that exist in memory only can be executed")
  const blocked = facts.memfdNoexec !== undefined && facts.memfdNoexec !== "0"
  return {
    protection,
    state: "unavailable",
    why: blocked
      ? `programs in memory may not be executed (vm.memfd_noexec = ${facts.memfdNoexec})`
      : `a program in memory could not be executed: ${failure}`,
    fix: blocked ? setSwitch("vm.memfd_noexec", "0", facts) : [],
    advice: blocked ? "" : "run cordon doctor on the host itself",
  }
}
