/** From a prepared launch to the end of the session. */
import { mkdirSync } from "node:fs"
import { constants } from "node:os"
import type { SessionLog } from "../audit/session-log.ts"
import { absolutePath } from "../base/path.ts"
import { userPolicyFile } from "../governance/policy-files.ts"
import { requireNamespaces } from "../host/bubblewrap.ts"
import { become } from "../kernel/become.ts"
import { landlockAbi } from "../kernel/landlock.ts"
import { isIgnored, signalMask } from "../kernel/signals.ts"
import { type CommandSignals, launchOf, needsSupervisor } from "../launch.ts"
import type { EndedSession } from "../network/terminator/ended-session.ts"
import type { BareSandbox, FilteredNetwork } from "../plan/launch-plan.ts"
import type { Prepared } from "../run.ts"
import type { Engine } from "../supervise/engine.ts"
import { supervise } from "../supervise/supervise.ts"
import type { BareSession, Sandbox, SessionBorder } from "../supervise/supervised.ts"
import type { GivenOption } from "./arguments.ts"
import { sayAtOnce } from "./output.ts"
import { isGiven, optionValue } from "./request.ts"
import { sayWarnings } from "./warnings.ts"

type Given = readonly GivenOption[]

/** Starts the command and stays with it; when all goes well it does not return. */
export async function runSession(prepared: Prepared, engine: Engine, given: Given): Promise<number> {
  const ended = await endedSession(prepared)
  const launched = ended === undefined ? prepared : { ...prepared, plan: ended.plan }
  if (!isGiven(given, "quiet")) sayWarnings(launched)
  const { plan, site, rules } = launched
  const { bubblewrap, invocation } = launchOf(launched, signalsForCommand())
  if (bubblewrap !== undefined) requireNamespaces(bubblewrap, site.account.uid, landlockAbi())
  const chosen = optionValue(given, "log")
  const log = chosen === undefined ? undefined : await openLog(prepared, chosen)
  for (const path of plan.create) mkdirSync(path, { recursive: true, mode: 0o700 })
  const bare = await openBare(plan.bare)
  if (!needsSupervisor(plan) && log === undefined) return become(invocation)
  return supervise({
    invocation,
    engine,
    rules,
    reads: plan.live?.carriesOutReads === true ? "carry out" : "continue",
    plan,
    bare,
    log,
    tell: sayAtOnce,
    openBorder: async sandbox => openBorder(sandbox, { prepared: launched, given, ended, log }),
  })
}

/**
 * Most commands that an agent runs are over before they connect to anything, and loading the border takes as long as they
 * do. What comes from inside before it is open waits in the kernel.
 */
const withoutBorderMs = 5

type Opening = {
  prepared: Prepared
  given: Given
  ended: EndedSession | undefined
  log: SessionLog | undefined
}

/** @param sandbox whose network is filtered */
async function openBorder(
  sandbox: Sandbox & { network: FilteredNetwork },
  { prepared, given, ended, log }: Opening,
): Promise<SessionBorder> {
  if (sandbox.network.expose.length === 0) await Bun.sleep(withoutBorderMs)
  // From here on it is worth compiling what runs often; the build has it put off (scripts/build.mjs).
  Bun.unsafe.setJITPolicy(1)
  const { openSessionBorder } = await import("../supervise/session-border.ts")
  const { plan, site } = prepared
  return openSessionBorder({
    plan,
    sandbox,
    log: log ?? (await openLog(prepared, undefined)),
    ended,
    policyFile: userPolicyFile(optionValue(given, "config") ?? process.env.CORDON_CONFIG, site.variables)
      .path,
    environment: process.env,
    quiet: isGiven(given, "quiet"),
    tell: sayAtOnce,
  })
}

/** Secrets are read, and an authority is made, only for a session that has some or judges requests. */
async function endedSession({ plan, policy, site, judge }: Prepared): Promise<EndedSession | undefined> {
  const { network } = plan
  if (network.mode !== "filtered") return undefined
  const needed =
    network.credentials.length > 0 || network.rules.some(({ value }) => value.request !== undefined)
  if (!needed) return undefined
  const { endedSession: make } = await import("../network/terminator/ended-session.ts")
  return make({
    plan,
    network,
    credentials: policy.credentials,
    environment: process.env,
    home: site.account.home,
    facts: site.facts,
    visible: path => ["read", "write"].includes(judge.judge(path).access),
  })
}

/** @param chosen the file of `--log`; undefined = the record below the state directory alone */
async function openLog(
  { plan: { session, command, project, network }, site, judge }: Prepared,
  chosen: string | undefined,
): Promise<SessionLog> {
  const { openSessionLog } = await import("../audit/session-log.ts")
  const log = openSessionLog({
    session,
    stateHome: site.variables.xdg.XDG_STATE_HOME ?? "",
    file: chosen === undefined ? undefined : await openChosen(chosen, judge),
    tell: sayAtOnce,
  })
  log.record({ kind: "start", command, project, network: network.mode })
  return log
}

async function openChosen(file: string, judge: Prepared["judge"]) {
  const { openLogFile } = await import("../audit/log-file.ts")
  const path = absolutePath(file, process.cwd())
  const descriptor = openLogFile(path, other => judge.judge(other).access === "write")
  return { descriptor, path }
}

async function openBare(bare: BareSandbox | undefined): Promise<BareSession | undefined> {
  if (bare === undefined) return undefined
  const { openBareSession } = await import("../supervise/bare-session.ts")
  return openBareSession(bare)
}

/**
 * The command finds signals as our caller left them. SIGPIPE and SIGXFSZ are ignored by the runtime; SIGINT and SIGQUIT
 * will be by us, because they come from the terminal and are meant for the command.
 */
function signalsForCommand(): CommandSignals {
  const { SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ } = constants.signals
  const restoredSignals = [SIGPIPE, SIGXFSZ, ...[SIGINT, SIGQUIT].filter(signal => !isIgnored(signal))]
  return { restoredSignals, signalMask: signalMask() }
}
