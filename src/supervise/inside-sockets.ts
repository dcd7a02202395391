/**
 * Sockets of the sandbox's network, made when they are needed: connections from outside to a port inside
 * (`network.expose`) start from one each. A socket belongs to the network namespace it was made in, whoever holds it; so
 * a process of two pages enters the namespace, makes some, hands them over and ends.
 */
import { closeSync, openSync, writeSync } from "node:fs"
import { HostError } from "../base/error.ts"
import { descriptorMessage, noSignal } from "../inside/descriptor-message.ts"
import { step } from "../inside/step.ts"
import { createMemoryFile } from "../kernel/libc.ts"
import { ownerOf } from "../kernel/namespaces.ts"
import { exitStatus, receiveDescriptors, socketPair, spawn } from "../kernel/spawn.ts"
import { StepMemory, stepProgram } from "../kernel/step-program.ts"
import { callNumbers, presentArchitecture } from "../kernel/system-calls.ts"

/** As many as a message has room for in what receiveDescriptors reads. */
const atOnce = 32
/** The numbers under which the process finds what it needs; the sockets that it makes come behind them. */
const [owner, network, channel] = [3, 4, 5]

export class InsideSockets {
  readonly #process: number
  #made: number[] = []

  /** @param process a process of the sandbox, which is there as long as this is used */
  constructor(process: number) {
    this.#process = process
  }

  /**
   * @returns a descriptor of an unconnected TCP socket (IPv4), closed by exec, the caller's to close
   * @throws HostError when the sandbox has ended or the kernel refuses
   */
  take(): number {
    if (this.#made.length === 0) this.#made = makeSockets(this.#process)
    const [socket, ...others] = this.#made
    if (socket === undefined) throw new HostError("the sandbox has ended", "start it again")
    this.#made = others
    return socket
  }

  close(): void {
    for (const socket of this.#made.splice(0)) closeSync(socket)
  }
}

function makeSockets(process: number): number[] {
  const networkNamespace = openSync(`/proc/${process}/ns/net`, "r")
  const ownerNamespace = ownerOf(networkNamespace)
  const [own, other] = socketPair()
  const program = createMemoryFile("cordon")
  writeSync(program, socketMaker())
  const child = spawn({ program: `/proc/self/fd/${program}`, words: [], environment: {} }, [
    { descriptor: ownerNamespace, number: owner },
    { descriptor: networkNamespace, number: network },
    { descriptor: other, number: channel },
  ])
  for (const descriptor of [networkNamespace, ownerNamespace, other, program]) closeSync(descriptor)
  const handed = receiveDescriptors(own)
  closeSync(own)
  while (exitStatus(child) === undefined) Bun.sleepSync(0.2)
  return [...(handed?.descriptors ?? [])]
}

/** setns(2): whoever enters the user namespace that owns a network has every capability in it. */
function socketMaker(): Uint8Array {
  const architecture = presentArchitecture()
  const numbers = callNumbers(architecture)
  const memory = new StepMemory()
  const [newUser, newNetwork] = [0x1000_0000, 0x4000_0000]
  const [internet, stream] = [2, 1]
  const sockets = Array.from({ length: atOnce }, (_, index) => channel + 1 + index)
  const steps = [
    // What else is open would take the numbers of the sockets.
    step("close_range", numbers.close_range, [channel + 1, 0xffff_ffff, 0]),
    step("setns", numbers.setns, [owner, newUser]),
    step("setns", numbers.setns, [network, newNetwork]),
    ...sockets.map(socket => step("socket", numbers.socket, [internet, stream, 0], socket)),
    step(
      "sendmsg",
      numbers.sendmsg,
      [channel, memory.place(descriptorMessage(sockets, memory)), noSignal],
      1,
    ),
    // The list ends with a call that does not return.
    step("exit_group", numbers.exit_group, [0]),
  ]
  return stepProgram(steps, memory, architecture)
}
