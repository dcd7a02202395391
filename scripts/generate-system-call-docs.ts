/**
 * docs/system-calls.md from the table of refused calls, so that the page cannot say what the filter does not do.
 *
 *     bun scripts/generate-system-call-docs.ts
 */
import { join } from "node:path"
import {
  type Condition,
  landlockRefusals,
  namespaceRefusals,
  noNetworkRefusals,
  type Refusal,
  refusals,
  signalRefusals,
} from "../src/kernel/refused-calls.ts"

const root = join(import.meta.dir, "..")

/** The whole page. */
export function systemCallDocs(): string {
  return `<!-- Made by \`npm run docs\` from src/kernel/refused-calls.ts. -->

# System calls

A filter (seccomp) stands between the command and the kernel. It refuses what is listed here and lets everything else
through, calls that are not known yet included. It cannot be removed, and holds for everything that the command starts.

What is refused fails as it would on a kernel that does not have it or does not permit it; the program goes on.
\`ENOSYS\` means "not in this kernel", so libraries do the same by other calls; \`EPERM\` means "not permitted".

A call of another architecture ends the program with SIGSYS: 32-bit programs do not run. On x86_64, calls of x32 fail
with \`ENOSYS\`. A condition looks at an argument's low 32 bits, as the kernel does.

## Always

${tableOf(refusals)}

## Where Landlock cannot keep signals within the sandbox

Before Linux 6.12 (ABI 6). From then on signals to the process group reach what is inside, and nothing else.

${tableOf(signalRefusals)}

## Namespaces and mounts

Not refused under \`nested_userns: allow\`.

${tableOf(namespaceRefusals)}

## Without namespaces

Refused besides by \`--backend landlock\`, where no namespace and no read-only mount stands behind the filter. \`0\` means that
the call does nothing and succeeds.

${tableOf(landlockRefusals)}

And while its network is off:

${tableOf(noNetworkRefusals)}

## What goes on working

- Debuggers: \`ptrace\` reaches every process inside but the first, which is bubblewrap's.
- Sandboxes that programs make for themselves of \`seccomp\` and Landlock, as Codex does. Those that need namespaces do
  not start without \`nested_userns: allow\`.
- The terminal: job control, \`/dev/tty\`, changes of size, Ctrl-C.
- Unix sockets of streams and of sequenced packets. What sends unix datagrams (the system log, \`sd_notify\`) goes on
  without.
- \`inotify\`, \`epoll\`, \`memfd_create\`, \`pidfd_open\`, \`pidfd_send_signal\`, \`rseq\`, and limits that a program
  sets for itself.
`
}

function tableOf(table: readonly Refusal[]): string {
  return [
    "| calls | refused | fails with | why |",
    "|---|---|---|---|",
    ...table.map(({ calls, when, fails, why }) => {
      const names = calls.map(code).join(" ")
      const condition = when.length === 0 ? "always" : `when ${when.map(conditionText).join(" and ")}`
      return `| ${names} | ${condition} | ${code(fails)} | ${why} |`
    }),
  ].join("\n")
}

const verbs: Record<Condition["test"], string> = { is: "is", "is not": "is none of", has: "contain" }

function conditionText({ name, test, values }: Condition): string {
  const names = Object.keys(values).map(code)
  const last = names.pop() ?? ""
  if (names.length === 0) return `the ${name} ${test} ${last}`
  return `the ${name} ${verbs[test]} ${names.join(", ")} or ${last}`
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) await Bun.write(join(root, "docs/system-calls.md"), systemCallDocs())
