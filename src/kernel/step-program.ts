/**
 * A program that is nothing but a list of system calls: made for one launch, run once. What has to be done by the
 * process that becomes the command (Landlock, seccomp, execve) is so written down as data, costs no start of a runtime,
 * and leaves no code of ours in the sandbox. The file is an ELF executable (elf(5)) of a page of code and one of data.
 */
import { machineCode } from "./step-code.ts"
import { dataAddress, dataOffset, type StepMemory } from "./step-memory.ts"
import type { Architecture } from "./system-calls.ts"

export { StepMemory } from "./step-memory.ts"

/** One system call of the program. Numbers go into the registers as they are, addresses come from `StepMemory`. */
export type Step = {
  /** the number of the call (syscalls(2)) */
  call: number
  arguments: readonly (number | bigint)[]
  /** the results, inclusive, with which the program goes on */
  goesOnWith: { from: number; to: number }
  otherwise: Otherwise
}

/** With any other result: */
export type Otherwise =
  /** the program ends: what it writes to descriptor 2 before, and its exit status */
  | { says: string; status: number }
  /** it goes on so many steps further (1 = the next one): the child after clone(2) */
  | { skips: number }

const codeAddress = 0x1000_0000
/** p_align of elf(5): the largest page that any kernel has */
const alignment = 0x1_0000
const headersSize = 64 + 2 * 56
const rowWords = 12
const rowBytes = 8 * rowWords

/**
 * The executable that makes the calls in order. It starts with whatever registers and stack execve gave it and uses
 * neither.
 * @param memory what the steps' addresses were taken from
 */
export function stepProgram(
  steps: readonly Step[],
  memory: StepMemory,
  architecture: Architecture,
): Uint8Array {
  const rows = new Int32Array(steps.length * rowWords * 2)
  // Filled below: steps know where others are.
  const table = memory.reserve(rows.byteLength)
  for (const [index, step] of steps.entries()) writeRow(rows, index, step, { memory, table })
  memory.fill(table, new Uint8Array(rows.buffer))
  const code = machineCode[architecture](table)
  const data = memory.bytes()
  const file = new Uint8Array(dataOffset + data.length)
  file.set(headers(architecture, { code: code.length, data: data.length }))
  file.set(code, headersSize)
  file.set(data, dataOffset)
  return file
}

/** @property table the address of the first row */
type Table = { memory: StepMemory; table: number }

function writeRow(rows: Int32Array, index: number, step: Step, { memory, table }: Table): void {
  const { call, arguments: words, goesOnWith, otherwise } = step
  if (words.length > 6) throw new Error("bug: a system call has six arguments")
  const write = (word: number, value: number | bigint) =>
    writeWord(rows, 2 * (index * rowWords + word), value)
  write(0, call)
  for (let word = 0; word < words.length; word++) write(1 + word, words[word] ?? 0)
  write(7, goesOnWith.from)
  write(8, goesOnWith.to)
  if ("skips" in otherwise) {
    // Another row, and a length that no message has.
    write(9, table + (index + otherwise.skips) * rowBytes)
    write(10, -1)
  } else {
    const { address, length } = memory.placeMessage(otherwise.says)
    write(9, address)
    write(10, length)
    write(11, otherwise.status)
  }
}

/** 64 bits, as two of 32: made for every word of every row, so without BigInt where it can be. */
function writeWord(rows: Int32Array, at: number, word: number | bigint): void {
  if (typeof word === "bigint") {
    rows[at] = Number(BigInt.asIntN(32, word))
    rows[at + 1] = Number(BigInt.asIntN(32, word >> 32n))
  } else if (word !== 0) {
    rows[at] = word
    rows[at + 1] = Math.floor(word / 2 ** 32)
  }
}

/** elf(5): Ehdr, and one Phdr each for the code (read, execute) and the data (read, write). */
function headers(architecture: Architecture, size: { code: number; data: number }): Uint8Array {
  const machine = { x86_64: 62, aarch64: 183 }[architecture]
  const header = Buffer.alloc(headersSize)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16) // ET_EXEC
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(codeAddress + headersSize), 24) // e_entry
  header.writeBigUInt64LE(64n, 32) // e_phoff
  header.writeUInt16LE(64, 52) // e_ehsize
  header.writeUInt16LE(56, 54) // e_phentsize
  header.writeUInt16LE(2, 56) // e_phnum
  const readExecute = 5
  const readWrite = 6
  segment(header.subarray(64), {
    flags: readExecute,
    offset: 0,
    address: codeAddress,
    size: headersSize + size.code,
  })
  segment(header.subarray(120), {
    flags: readWrite,
    offset: dataOffset,
    address: dataAddress,
    size: size.data,
  })
  return header
}

type Segment = { flags: number; offset: number; address: number; size: number }

function segment(header: Buffer, { flags, offset, address, size }: Segment): void {
  header.writeUInt32LE(1, 0) // PT_LOAD
  header.writeUInt32LE(flags, 4)
  const words = [offset, address, address, size, size, alignment]
  for (const [index, word] of words.entries()) header.writeBigUInt64LE(BigInt(word), 8 + 8 * index)
}
