/**
 * `bun start-last-steps.ts JSON`: stands where bubblewrap stands, and becomes a program of last steps; or stands where
 * our supervisor stands as well, and is told of by a file.
 */
import { closeSync, openSync, readlinkSync, writeFileSync } from "node:fs"
import { answer, answers, assemble, ifEqual, label, loadCallNumber } from "../../src/kernel/bpf.ts"
import { openDescriptors } from "../../src/kernel/descriptors.ts"
import type { Invocation } from "../../src/kernel/invocation.ts"
import { duplicateFrom, duplicateTo, execve, openProcess } from "../../src/kernel/libc.ts"
import { Listener } from "../../src/kernel/listener.ts"
import { addressOf, rawCall } from "../../src/kernel/raw-call.ts"
import { ignoreSignal, setSignalMask } from "../../src/kernel/signals.ts"
import { exitStatus, giveTheWord, receiveDescriptors, socketPair, spawn } from "../../src/kernel/spawn.ts"
import { callNumbers, presentArchitecture, type SystemCall } from "../../src/kernel/system-calls.ts"

export const guardianNumber = 100

export type Launching = {
  /** path of the program of last steps */
  program: string
  /** what stands at the guardian's number: a pidfd of the process itself or of one that has ended, a socket */
  guardian: "alive" | "dead" | "supervisor" | "gone" | "nothing" | "inherited"
  /** what the supervisor does when it has the listener */
  supervisor?: "gives the word" | "answers one call" | "ends"
  /** a call that is refused with EPERM from outside, to see what happens then */
  refused?: SystemCall
  /** signals that are ignored, and held back, before */
  ignored?: readonly number[]
  held?: string
  /** descriptors that are open on a file before */
  open?: readonly number[]
  /** where the supervisor writes what it saw */
  report?: string
}

export type Report = {
  child: number
  sender: number | undefined
  /** what the descriptors that came along are (proc_pid_fd(5)) */
  handed: string[]
}

const numbers = callNumbers(presentArchitecture())

/** seccomp(2) with one refused call, for this thread and what it becomes. */
function refuse(call: SystemCall): void {
  const number = numbers[call] ?? -1
  const filter = assemble([
    loadCallNumber(),
    ifEqual(number, { yes: "refused" }),
    answer(answers.allow),
    label("refused"),
    answer(answers.fail(1)),
  ])
  const program = new BigUint64Array([BigInt(filter.length / 8), BigInt(addressOf(filter))])
  const result = rawCall(numbers.seccomp, 1, 0, addressOf(new Uint8Array(program.buffer)))
  if (result !== 0) throw new Error(`the filter cannot be installed: ${result}`)
}

function start({ program, guardian, refused, ignored = [], held, open = [] }: Launching): never {
  const place = (descriptor: number) => duplicateTo(descriptor, guardianNumber)
  if (guardian === "alive") place(openProcess(process.pid))
  // The runtime lets the next exec close what it has inherited.
  if (guardian === "inherited") place(duplicateFrom(guardianNumber, guardianNumber + 1))
  if (guardian === "dead") place(endedProcess())
  if (guardian === "gone") {
    const [own, inside] = socketPair()
    closeSync(own)
    place(inside)
  }
  const file = duplicateFrom(openSync("/etc/passwd", "r"), 1000)
  for (const number of open) duplicateTo(file, number)
  for (const signal of ignored) ignoreSignal(signal)
  if (held !== undefined) setSignalMask(BigInt(held))
  // As bubblewrap does (prctl(2), PR_SET_NO_NEW_PRIVS).
  rawCall(numbers.prctl, 38, 1)
  if (refused !== undefined) refuse(refused)
  return execve(program, [program], { INHERITED: "by the last steps" })
}

/** A pidfd of a process that has ended. */
function endedProcess(): number {
  const child = spawn({ program: "/bin/true", words: [], environment: {} }, [])
  const descriptor = openProcess(child)
  while (exitStatus(child) === undefined) Bun.sleepSync(5)
  return descriptor
}

function superviseIt(launching: Launching): void {
  const [own, inside] = socketPair()
  const invocation: Invocation = {
    program: process.execPath,
    words: [import.meta.path, JSON.stringify({ ...launching, guardian: "inherited" })],
    descriptors: [],
    environment: {},
    guardian: guardianNumber,
    late: undefined,
  }
  const child = spawn(invocation, openDescriptors(invocation, { guardian: inside }))
  closeSync(inside)
  const handover = receiveDescriptors(own)
  if (launching.report !== undefined) {
    const handed = (handover?.descriptors ?? []).map(number => readlinkSync(`/proc/self/fd/${number}`))
    const report: Report = { child, sender: handover?.process, handed }
    writeFileSync(launching.report, JSON.stringify(report))
  }
  if (launching.supervisor === "ends") closeSync(own)
  else giveTheWord(own)
  const [notifying] = handover?.descriptors ?? []
  if (notifying !== undefined && launching.supervisor === "answers one call") {
    const listener = new Listener(notifying)
    const quotaExceeded = 122
    if (listener.receive()) listener.answer(-quotaExceeded)
  }
  let status = exitStatus(child)
  for (; status === undefined; status = exitStatus(child)) Bun.sleepSync(5)
  process.exit(status)
}

if (import.meta.main) {
  const launching = JSON.parse(process.argv[2] ?? "") as Launching
  if (launching.guardian === "supervisor") superviseIt(launching)
  else start(launching)
}
