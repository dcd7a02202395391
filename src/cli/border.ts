/** The border of a session whose network is filtered, and the record that such a session has. */
import type { SessionLog } from "../audit/session-log.ts"
import { isProbe } from "../inside/probe-command.ts"
import { keepMemoryOutOfCoreDumps } from "../kernel/core-dumps.ts"
import type { EndedSession } from "../network/terminator/ended-session.ts"
import type { FilteredNetwork, LaunchPlan } from "../plan/launch-plan.ts"
import type { Sandbox, SessionBorder } from "../supervise/supervised.ts"
import { sayAtOnce } from "./output.ts"

/**
 * Most commands that an agent runs are over before they connect to anything, and loading the border takes as long as they
 * do. What comes from inside before it is open waits in the kernel.
 */
const withoutBorderMs = 5

type Recorded = {
  plan: Pick<LaunchPlan, "session" | "command" | "project" | "network">
  /** XDG_STATE_HOME */
  stateHome: string
}

export type Opening = Recorded & {
  /** absolute path of the user policy */
  policyFile: string
  quiet: boolean
  ended: EndedSession | undefined
  /** undefined = the record below the state directory alone */
  log: SessionLog | undefined
}

/** @param sandbox whose network is filtered */
export async function openBorder(
  sandbox: Sandbox & { network: FilteredNetwork },
  opening: Opening,
): Promise<SessionBorder> {
  // From now on it holds secrets that the sandbox must not find.
  if (opening.ended !== undefined) keepMemoryOutOfCoreDumps()
  if (sandbox.network.expose.length === 0) await Bun.sleep(withoutBorderMs)
  // From here on it is worth compiling what runs often; the build has it put off (scripts/build.mjs).
  Bun.unsafe.setJITPolicy(1)
  const { openSessionBorder } = await import("../supervise/session-border.ts")
  const { plan, policyFile, quiet, ended, log } = opening
  return openSessionBorder({
    ...{ plan, sandbox, ended, policyFile, quiet },
    log: log ?? (await openLog(opening, undefined)),
    environment: process.env,
    tell: sayAtOnce,
  })
}

/** @param file of `--log`; undefined = the record below the state directory alone */
export async function openLog(
  { plan: { session, command, project, network }, stateHome }: Recorded,
  file: { descriptor: number; path: string } | undefined,
): Promise<SessionLog> {
  const { openSessionLog } = await import("../audit/session-log.ts")
  // What `cordon verify` tries would stand in `cordon log` as if somebody had wanted to go there.
  const own = isProbe(command) ? undefined : stateHome
  const log = openSessionLog({ session, stateHome: own, file, tell: sayAtOnce })
  log.record({ kind: "start", command, project, network: network.mode })
  return log
}
