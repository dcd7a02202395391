/** The border of one session with all that it needs. Loaded when the sandbox is there: no launch waits for it. */
import type { SessionLog } from "../audit/session-log.ts"
import { interfaceAddresses } from "../host/interfaces.ts"
import { openBorder } from "../network/border.ts"
import { serveControl } from "../network/people/control.ts"
import type { PeopleRequest } from "../network/people/people.ts"
import { sessionControl } from "../network/people/session-control.ts"
import { sessionRules } from "../network/people/session-rules.ts"
import type { EndedSession } from "../network/terminator/ended-session.ts"
import type { FilteredNetwork, LaunchPlan } from "../plan/launch-plan.ts"
import { InsideSockets } from "./inside-sockets.ts"
import type { Sandbox, SessionBorder } from "./supervised.ts"
import { Tidying } from "./tidying.ts"

export type SessionBorderRequest = {
  plan: Pick<LaunchPlan, "session" | "project" | "command">
  sandbox: Sandbox & { network: FilteredNetwork }
  log: SessionLog
  /** undefined when no host's TLS is ended */
  ended: EndedSession | undefined
  /** absolute path of the user policy, where an answer that is to last is written */
  policyFile: string
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
  /** nothing but errors is to be said */
  quiet: boolean
  /** says a line to the person */
  tell: (text: string) => void
}

/** @throws HostError when a port that is to be exposed is taken */
export async function openSessionBorder(request: SessionBorderRequest): Promise<SessionBorder> {
  const { plan, sandbox, log, ended } = request
  const { network, sockets } = sandbox
  const tidying = new Tidying()
  const record: SessionLog["record"] = event => {
    tidying.happened()
    log.record(event)
  }
  const rules = sessionRules({ plan: network, own: interfaceAddresses })
  const approvals =
    network.ask === "never" ? undefined : await openPeople({ ...request, plan: network, rules, record })
  const terminator = await ended?.openTerminator(() => rules.judge())
  const insideSockets = new InsideSockets(sandbox.process)
  const border = await openBorder({
    plan: network,
    sockets,
    record,
    approvals,
    sessionRules: rules,
    terminator,
    insideSocket: async () => insideSockets.take(),
  })
  const { session, project, command } = plan
  const { policyFile } = request
  const control = serveControl(
    sessionControl({ session, project, command, policyFile, rules, approvals, record }),
  )
  return {
    dialled: dial => border.dialled(dial),
    end: status => {
      // First: a connection whose requests are recorded is none without any.
      terminator?.close()
      border.close()
      control.close()
      tidying.close()
      log.record({ kind: "end", status })
      log.close()
    },
  }
}

async function openPeople(request: PeopleRequest) {
  const { openApprovals } = await import("../network/people/people.ts")
  return openApprovals(request)
}
