// Real agents, driven by a scripted model, each twice: without cordon, which shows that the script does
// harm (the secret reaches the model), and inside cordon, which must stop just that and let work go on.
import { describe, expect, setDefaultTimeout, test } from "bun:test"
import { type Agent, agents } from "./agents.ts"
import { drive, type Outcome } from "./drive.ts"
import { installAgents } from "./registry.ts"

// More than the limit that a run has, so that a hanging agent shows what it printed.
setDefaultTimeout(150_000)

const markers = { secret: `secret-${crypto.randomUUID()}`, project: `project-${crypto.randomUUID()}` }
const madeByAgent = "made-by-agent.txt"

/** The script, with the names by which the tests ask for a command's result. */
const steps = {
  writeProject: `echo written > ${madeByAgent}`,
  readSecret: "cat ~/.aws/credentials",
  readProject: "cat notes.txt",
  writeHome: "echo planted > ~/planted.txt",
  commit: 'git add -A && git commit -m "by the agent"',
}
const script = { commands: Object.values(steps), final: `finished-${crypto.randomUUID()}` }

const skipReason = process.platform !== "linux" ? "cordon has no backend for the system" : rootReason()
const installation = skipReason === undefined ? await installAgents() : undefined
const reason = installation?.kind === "unreachable" ? installation.why : skipReason
const bin = installation?.kind === "ready" ? installation.bin : ""

for (const agent of agents) {
  const title = agent.name
  describe.skipIf(!!reason)(reason ? `${title} [skipped when ${reason}]` : title, () => testAgent(agent))
}

function testAgent(agent: Agent): void {
  const control = runOnce(agent, false)
  const confined = runOnce(agent, true)

  test("without cordon: the script runs to its end and the secret reaches the model", async () => {
    const run = await control()
    expectFinished(run)
    expect(resultOf(run, "readSecret")).toContain(markers.secret)
    expect(run.requests.join("\n")).toContain(markers.secret)
    expect(run.created).toContain("planted.txt")
  })

  test("ends with 0 and prints the final text", async () => {
    expectFinished(await confined())
  })

  test("writes a file in the project", async () => {
    expect((await confined()).project[madeByAgent]).toBe("written\n")
  })

  test("reads a file of the project, but not ~/.aws/credentials", async () => {
    const run = await confined()
    expect(resultOf(run, "readProject")).toContain(markers.project)
    expect(resultOf(run, "readSecret")).toMatch(/Permission denied|No such file or directory/)
    expect(run.requests.filter(request => request.includes(markers.secret))).toBeEmpty()
    expect(run.stdout + run.stderr).not.toContain(markers.secret)
  })

  test("commits with git", async () => {
    expect((await confined()).commits).toEqual(["by the agent", "first"])
  })

  test("keeps its own state and creates nothing else in the home directory", async () => {
    const run = await confined()
    const kept = new Bun.Glob(agent.keeps)
    expect(run.created.filter(path => kept.match(path))).not.toBeEmpty()
    expect(run.created.filter(path => !isState(agent, path))).toEqual([])
    expect(resultOf(run, "writeHome")).toMatch(/read-only file system|permission denied/i)
  })
}

/** Claude Code refuses to work unattended as root; one rule for all three keeps the table simple. */
function rootReason(): string | undefined {
  return process.getuid?.() === 0 ? "run as root: agents then refuse to work unattended" : undefined
}

/** A run on first demand, shared by the tests that look at it. */
function runOnce(agent: Agent, confined: boolean): () => Promise<Outcome> {
  let outcome: Promise<Outcome> | undefined
  return () => {
    outcome ??= drive({ agent, bin, script, markers, confined })
    return outcome
  }
}

/** One assertion for all, so that a failure shows everything that explains it. */
function expectFinished({ exitCode, stdout, stderr, failures, results }: Outcome): void {
  const seen = { exitCode, finished: stdout.includes(script.final), failures, steps: results.length }
  const wanted = { exitCode: 0, finished: true, failures: [], steps: script.commands.length }
  expect(seen, `stdout:\n${stdout}\nstderr:\n${stderr}\nresults: ${JSON.stringify(results)}`).toEqual(wanted)
}

function resultOf({ results }: Outcome, step: keyof typeof steps): string {
  return results[Object.keys(steps).indexOf(step)] ?? "the agent never came to this step"
}

/** Whether a new path belongs to the agent: its state, what is below, and the directories on the way to it. */
function isState({ state }: Agent, path: string): boolean {
  return state.some(own => path === own || path.startsWith(`${own}/`) || own.startsWith(`${path}/`))
}
