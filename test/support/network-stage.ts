/**
 * `bun network-stage.ts JSON`: a sandbox of bubblewrap with a network of its own, whose connections are carried out by
 * the live engine and end at a border that says where it was reached. No policy, no plan.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { lastStepsProgram } from "../../src/inside/last-steps.ts"
import type { BorderSockets } from "../../src/kernel/border-sockets.ts"
import { answer, answers, assemble, ifEqual, label, loadCallNumber } from "../../src/kernel/bpf.ts"
import { openDescriptors } from "../../src/kernel/descriptors.ts"
import { exitStatus, socketPair, spawn } from "../../src/kernel/spawn.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import type { Dial, Endpoint } from "../../src/network/streams/dial.ts"
import { openFilter, stepsWith } from "./last-steps.ts"
import { run } from "./process.ts"
import { guardianNumber } from "./start-last-steps.ts"
import { bun, World } from "./world.ts"

/** What the stage is asked for. */
export type NetworkRun = {
  words: readonly string[]
  hostPorts: readonly number[]
  /** the border listens and accepts nothing, with room for so many connections in its queue */
  full?: number
  /** there is no border */
  alone?: boolean
  /** where the report goes */
  report: string
}

/** A connection as the border saw it. */
export type Accepted = { from: Endpoint; at: Endpoint }
export type NetworkReport = { dials: Dial[]; accepted: Accepted[]; code: number }

export type ToStageWorker = {
  socket: number
  hostPorts: readonly number[]
  alone: boolean
  full: number | undefined
}
export type FromStageWorker = { border: BorderSockets | undefined } | { dial: Dial }

/** connect(2) and bind(2) are asked about. */
function socketFilter(): Uint8Array {
  const { connect, bind } = callNumbers(presentArchitecture())
  return assemble([
    loadCallNumber(),
    ifEqual(connect, { yes: "ask" }),
    ifEqual(bind, { yes: "ask" }),
    answer(answers.allow),
    label("ask"),
    answer(answers.notify),
  ])
}

const isolation = "--unshare-all --unshare-user --disable-userns --die-with-parent --cap-drop ALL".split(" ")
const tree = ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]

function serve({ words, hostPorts, full, alone = false, report }: NetworkRun): void {
  const [socket, inside] = socketPair()
  const [program = ""] = words
  const lastSteps = lastStepsProgram(
    stepsWith({
      program,
      words,
      environment: { ...(process.env as Record<string, string>) },
      filter: openFilter,
      guardian: { kind: "supervisor", filter: socketFilter(), border: !alone },
    }),
    presentArchitecture(),
  )
  const file = guardianNumber + 1
  const invocation = {
    program: "/usr/bin/bwrap",
    words: [...isolation, ...tree, "--chdir", process.cwd(), "--", `/proc/self/fd/${file}`],
    descriptors: [{ number: file, content: lastSteps }],
    environment: {},
    guardian: guardianNumber,
    late: undefined,
  }
  const seen: NetworkReport = { dials: [], accepted: [], code: -1 }
  const worker = new Worker(new URL("./network-stage-worker.ts", import.meta.url).href)
  worker.onmessage = ({ data }: { data: FromStageWorker }) => {
    if ("dial" in data) seen.dials.push(data.dial)
    else if (data.border !== undefined && full === undefined) acceptAt(data.border.streams, seen)
  }
  worker.onerror = ({ message }) => {
    console.error(message)
    process.exit(1)
  }
  const child = spawn(invocation, openDescriptors(invocation, { guardian: inside }))
  worker.postMessage({ socket, hostPorts, alone, full } satisfies ToStageWorker)
  const end = () => {
    const status = exitStatus(child)
    if (status === undefined) return setTimeout(end, 20)
    // What was announced last is still on its way.
    return setTimeout(() => {
      writeFileSync(report, JSON.stringify({ ...seen, code: status }))
      process.exit(0)
    }, 50)
  }
  end()
}

/** Says whom it sees and hangs up. */
function acceptAt(fd: number, { accepted }: NetworkReport): void {
  Bun.listen({
    fd,
    socket: {
      open(socket: Bun.Socket) {
        const { remoteAddress, remotePort, localAddress, localPort } = socket
        const from = { address: remoteAddress, port: remotePort }
        const at = { address: localAddress, port: localPort }
        accepted.push({ from, at })
        socket.end(JSON.stringify({ from, at }))
      },
      data() {
        // What clients say is of no interest.
      },
    },
  } as unknown as Parameters<typeof Bun.listen>[0])
}

/** Runs words on the stage, to their end. */
export async function runOnStage(
  words: readonly string[],
  options: Partial<NetworkRun> = {},
): Promise<NetworkReport & { stdout: string; stderr: string }> {
  using directory = new World()
  const report = join(directory.root, "report.json")
  const request: NetworkRun = { words, hostPorts: [], report, ...options }
  const started = await run([bun, import.meta.path, JSON.stringify(request)], {
    cwd: directory.project,
    env: directory.env,
  })
  if (started.code !== 0) throw new Error(`the stage failed: ${started.stdout}${started.stderr}`)
  const { stdout, stderr } = started
  return { ...(JSON.parse(readFileSync(report, "utf8")) as NetworkReport), stdout, stderr }
}

if (import.meta.main) serve(JSON.parse(process.argv[2] ?? "") as NetworkRun)
