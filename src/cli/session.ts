/** From a prepared launch to the end of the session. */
import { mkdirSync } from "node:fs"
import type { SessionLog } from "../audit/session-log.ts"
import { UserError } from "../base/error.ts"
import { closeJournal } from "../base/journal.ts"
import { absolutePath } from "../base/path.ts"
import { userPolicyFile } from "../governance/policy-files.ts"
import { requireNamespaces } from "../host/bubblewrap.ts"
import { become } from "../kernel/become.ts"
import { landlockAbi } from "../kernel/landlock.ts"
import { presentDirectory } from "../kernel/present-directory.ts"
import { boundPaths, needsSupervisor, signalsForCommand } from "../launch.ts"
import type { EndedSession } from "../network/terminator/ended-session.ts"
import type { BareSandbox } from "../plan/launch-plan.ts"
import { rememberLaunch } from "../remembered/remember.ts"
import type { Prepared } from "../run.ts"
import { invocationOf, programOfSteps } from "../steps.ts"
import type { Engine } from "../supervise/engine.ts"
import { supervise } from "../supervise/supervise.ts"
import type { BareSession } from "../supervise/supervised.ts"
import type { GivenOption } from "./arguments.ts"
import { openBorder, openLog } from "./border.ts"
import { sayAtOnce, warn } from "./output.ts"
import { plannedOf } from "./planned.ts"
import { isGiven, optionValue } from "./request.ts"
import { warningsOf } from "./warnings.ts"

type Given = readonly GivenOption[]

/** Starts the command and stays with it; when all goes well it does not return. */
export async function runSession(prepared: Prepared, engine: Engine, given: Given): Promise<number> {
  const ended = await endedSession(prepared)
  const launched = ended === undefined ? prepared : { ...prepared, plan: ended.plan }
  const { plan, site, rules } = launched
  const shown = { warnings: warningsOf(launched), quiet: isGiven(given, "quiet") }
  if (!shown.quiet) for (const text of shown.warnings) warn(text)
  const planned = plannedOf(launched)
  const { bubblewrap } = planned
  const signals = signalsForCommand()
  const invocation = invocationOf(planned, signals)
  if (bubblewrap !== undefined) requireNamespaces(bubblewrap, site.account.uid, landlockAbi())
  const journal = closeJournal()
  const places = placesOf(launched, given)
  const log = await chosenLog(launched, places.stateHome, given)
  for (const path of plan.create) makeState(path)
  const bare = await openBare(plan.bare)
  if (!needsSupervisor(plan) && log === undefined) return become(invocation)
  const session = supervise({
    invocation,
    lastSteps: async () => programOfSteps(planned, signals),
    engine,
    rules: () => rules,
    reads: plan.live?.carriesOutReads === true ? "carry out" : "continue",
    plan,
    mountPoints: plan.mounts.map(({ path }) => path),
    bound: bare === undefined ? boundPaths(plan.mounts) : [],
    bare,
    log,
    tell: sayAtOnce,
    openBorder: async sandbox => openBorder(sandbox, { plan, ...places, quiet: shown.quiet, ended, log }),
  })
  // Not in a closure of ours: those live as long as the session, and with them all that was planned.
  if (ended === undefined)
    rememberBehind(engine, [journal, launched, { ...planned, ...places, ...shown, invocation }])
  return session
}

/** The sandbox is being built, and the engine made; from then on nobody waits for this process until the sandbox is there. */
function rememberBehind({ threaded }: Engine, launch: Parameters<typeof rememberLaunch>): void {
  const made = threaded ? Promise.resolve() : import("../supervise/engine-start.ts")
  // What is not kept is planned again.
  made.then(() => rememberLaunch(...launch)).catch(() => undefined)
}

/** A directory that the agent itself would make. @throws UserError where this account may not */
function makeState(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (!["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code ?? "")) throw cause
    throw new UserError(
      `${path}, where the command keeps its state, cannot be made: ${code}`,
      "make it, or set HOME to your own home directory",
    )
  }
}

function placesOf({ site: { variables } }: Prepared, given: Given) {
  const config = optionValue(given, "config") ?? process.env.CORDON_CONFIG
  return {
    stateHome: variables.xdg.XDG_STATE_HOME ?? "",
    policyFile: userPolicyFile(config, variables).path,
  }
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
    isWritable: path => {
      const plain = absolutePath(path, "/")
      return [plain, site.facts(plain).canonical].some(each => judge.judge(each).access === "write")
    },
  })
}

/** The record that somebody asked for with `--log`. */
async function chosenLog(
  { plan, judge }: Prepared,
  stateHome: string,
  given: Given,
): Promise<SessionLog | undefined> {
  const file = optionValue(given, "log")
  if (file === undefined) return undefined
  const { openLogFile } = await import("../audit/log-file.ts")
  const path = absolutePath(file, presentDirectory())
  const descriptor = openLogFile(path, other => judge.judge(other).access === "write")
  return openLog({ plan, stateHome }, { descriptor, path })
}

async function openBare(bare: BareSandbox | undefined): Promise<BareSession | undefined> {
  if (bare === undefined) return undefined
  const { openBareSession } = await import("../supervise/bare-session.ts")
  return openBareSession(bare)
}
