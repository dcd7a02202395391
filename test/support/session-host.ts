/**
 * `bun session-host.ts SETTINGS`: a running session as its supervisor sees it, without a sandbox: rules, approvals, control
 * socket and log. It reads requests from standard input, one JSON document a line, and writes what comes of them.
 */
import { openSessionLog } from "../../src/audit/session-log.ts"
import { PersonApprovals } from "../../src/network/people/approvals.ts"
import { serveControl } from "../../src/network/people/control.ts"
import { sessionControl } from "../../src/network/people/session-control.ts"
import { sessionRules } from "../../src/network/people/session-rules.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import type { HostRule } from "../../src/policy/layer.ts"
import { sourceOf } from "../../src/policy/source.ts"

export type HostSettings = {
  session: string
  project: string
  policyFile: string
  stateHome: string
  /** `allow github.com`, `deny *.example.com`, with `locked` behind it */
  rules?: readonly string[]
  timeoutMs?: number
  attended?: boolean
  /** whether there are questions at all */
  asks?: boolean
}

export type HostRequest =
  | { kind: "ask"; name: string; host: string; port: number; program?: string }
  | { kind: "judge"; name: string; host: string; port: number }

/** What stands in one line of its output. */
export type HostReply =
  | { kind: "ready" }
  | { kind: "announced"; host: string; port: number }
  | { kind: "changed" }
  | { kind: "answer"; name: string; verdict: string; why?: string }

export function ruleOf(text: string): HostRule {
  const [verdict = "", host = "", locked] = text.split(" ")
  return {
    verdict: verdict === "deny" ? "deny" : "allow",
    value: hostPattern(host),
    source: sourceOf("policy.yaml"),
    layer: locked === "locked" ? "org" : "user",
    locked: locked === "locked",
  }
}

function say(reply: HostReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

async function main(settings: HostSettings): Promise<void> {
  const { session, project, policyFile, stateHome } = settings
  const plan = { rules: (settings.rules ?? []).map(ruleOf), ask: "unlisted" as const, credentials: [] }
  const log = openSessionLog({ session, stateHome, file: undefined, tell: text => console.error(text) })
  log.record({ kind: "start", command: ["agent", "--go"], project, network: "filtered" })
  const rules = sessionRules({ plan, own: () => [] })
  rules.onChange(() => say({ kind: "changed" }))
  const approvals = new PersonApprovals({
    rules,
    timeoutMs: settings.timeoutMs ?? 60_000,
    record: log.record,
    isAttended: () => settings.attended ?? true,
    announce: ({ host, port }) => say({ kind: "announced", host, port }),
  })
  const control = {
    session,
    project,
    command: ["agent", "--go"],
    policyFile,
    rules,
    approvals: settings.asks === false ? undefined : approvals,
    record: log.record,
  }
  serveControl(sessionControl(control))
  say({ kind: "ready" })
  for await (const line of console) {
    // The end of the input comes as an empty line.
    if (line === "") continue
    const request = JSON.parse(line) as HostRequest
    if (request.kind === "judge") {
      const { verdict, why } = rules.judge().judgeName(request.host, request.port)
      say({ kind: "answer", name: request.name, verdict, why })
      continue
    }
    const { name, host, port, program = "/usr/bin/curl" } = request
    void approvals
      .ask({ host, port, program, process: 4711 })
      .then(verdict => say({ kind: "answer", name, verdict }))
  }
  log.record({ kind: "end", status: 0 })
  process.exit(0)
}

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? "{}") as HostSettings)
