/** `cordon doctor`: what this machine can enforce, found out by trying, and the command that fixes what is missing. */
import { HostError } from "../../base/error.ts"
import { exitCode } from "../../base/exit-code.ts"
import { printable } from "../../base/printable.ts"
import { findBubblewrap, installCommand, namespaceObstacle, trial } from "../../host/bubblewrap.ts"
import { hostKernel } from "../../host/kernel-facts.ts"
import { landlockAbi } from "../../kernel/landlock.ts"
import { prepare } from "../../run.ts"
import type { ParsedArguments } from "../arguments.ts"
import { type Colour, coloured, print, printJson } from "../output.ts"
import { isGiven, runRequest } from "../request.ts"

/** `not yet`: specified, and not part of this version. */
type State = "active" | "degraded" | "unavailable" | "not yet"
type Finding = { protection: string; state: State; detail: string; fix: string }

const colours: Record<State, Colour> = {
  active: "green",
  degraded: "yellow",
  unavailable: "red",
  "not yet": "dim",
}

export async function doctorCommand({ given }: ParsedArguments): Promise<number> {
  const findings = [...sandboxFindings(), ...kernelFindings(), ...notYet]
  const { notLive } = await prepare(runRequest(given, [], process.env))
  const rules = notLive()
  if (isGiven(given, "json")) printJson("HostReport", { findings, notLive: rules })
  else
    printReport(
      findings,
      rules.map(({ rule, why }) => `${rule}: ${why}`),
      isGiven(given, "verbose"),
    )
  return findings.some(({ state }) => state === "unavailable") ? exitCode.wrong : exitCode.ok
}

function sandboxFindings(): Finding[] {
  try {
    const bubblewrap = findBubblewrap()
    const found: Finding = {
      protection: "bubblewrap",
      state: "active",
      detail: `${bubblewrap.path}, version ${bubblewrap.version}`,
      fix: "",
    }
    const { works, said } = trial(bubblewrap)
    if (works)
      return [
        found,
        {
          protection: "namespaces",
          state: "active",
          detail: "user, pid, ipc, uts, cgroup, network; nested ones switched off",
          fix: "",
        },
      ]
    const obstacle = namespaceObstacle(process.getuid?.() ?? 0)
    return [
      found,
      {
        protection: "namespaces",
        state: "unavailable",
        detail: obstacle?.cause ?? said,
        fix: obstacle?.fix ?? "run doctor as the user who will run cordon, on the host itself",
      },
    ]
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause
    return [{ protection: "bubblewrap", state: "unavailable", detail: cause.message, fix: installCommand() }]
  }
}

function kernelFindings(): Finding[] {
  const abi = landlockAbi()
  const kernel = hostKernel(abi)
  return [
    kernel.abstractSocketScope
      ? {
          protection: "abstract sockets",
          state: "active",
          detail: `out of reach with the network open too (Landlock ABI ${abi})`,
          fix: "",
        }
      : {
          protection: "abstract sockets",
          state: "unavailable",
          detail: `with --net open, Landlock ABI ${abi} cannot keep the host's out of reach`,
          fix: "use --net off, or a kernel >= 6.12",
        },
    kernel.typingIntoTerminals
      ? {
          protection: "terminal input",
          state: "degraded",
          detail: "programs get a session of their own, without job control: this kernel lets them type",
          fix: "sudo sysctl -w dev.tty.legacy_tiocsti=0",
        }
      : {
          protection: "terminal input",
          state: "active",
          detail: "the kernel refuses TIOCSTI; job control and resize work",
          fix: "",
        },
  ]
}

const notYet: readonly Finding[] = [
  {
    protection: "seccomp",
    state: "not yet",
    detail: "system calls are not filtered in this version",
    fix: "",
  },
  {
    protection: "live rules",
    state: "not yet",
    detail: "globs and absent names hold for what exists at launch",
    fix: "",
  },
  {
    protection: "filtered network",
    state: "not yet",
    detail: "--net filtered is refused; open and off work",
    fix: "",
  },
  {
    protection: "limits",
    state: "not yet",
    detail: "--timeout, --memory, --cpus, --processes are refused",
    fix: "",
  },
  {
    protection: "other backends",
    state: "not yet",
    detail: "landlock, seatbelt, docker, podman are refused",
    fix: "",
  },
]

function printReport(findings: readonly Finding[], rules: readonly string[], verbose: boolean): void {
  for (const { protection, state, detail, fix } of findings) {
    print(`${coloured(state.padEnd(12), colours[state])}${protection.padEnd(18)}${printable(detail)}`)
    if (fix !== "") print(`${" ".repeat(30)}→ ${fix}`)
  }
  print(
    `\n${rules.length} rules of the present policy are not fully live${verbose ? ":" : "; list them with cordon doctor -v"}`,
  )
  if (verbose) for (const rule of rules) print(`  ${printable(rule)}`)
}
