/** Whether `--backend landlock` could work here: from facts and trials. Pure. */
import type { Finding, Trials } from "./findings.ts"
import { scopes } from "./landlock-problem.ts"

/** kernel.yama.ptrace_scope under which a process looks into those that it has started (ptrace(2)). */
export const ptraceScopes: readonly string[] = ["0", "1"]

const protection = "landlock backend"

/** @param ptraceScope undefined where there is no Yama */
export function bareFinding(
  { landlock, seccomp }: Pick<Trials, "landlock" | "seccomp">,
  ptraceScope: string | undefined,
): Finding {
  const lacking = [
    ...(landlock.abi >= scopes.abi ? [] : [`Landlock ABI ${scopes.abi} (Linux ${scopes.kernel})`]),
    ...(seccomp.action === "" && seccomp.flags === "" ? [] : ["seccomp notification (Linux 5.19)"]),
    ...(ptraceScope === undefined || ptraceScopes.includes(ptraceScope)
      ? []
      : [`kernel.yama.ptrace_scope 0 or 1, which is ${ptraceScope}`]),
  ]
  if (lacking.length === 0)
    return {
      protection,
      state: "active",
      why: "--backend landlock works without namespaces; what it does not give stands in docs/backends.md",
      fix: [],
      advice: "",
    }
  // It is the second choice: bubblewrap alone carries everything.
  return {
    protection,
    state: "degraded",
    why: `--backend landlock needs ${lacking.join(", ")}`,
    fix: [],
    advice: "",
  }
}
