/**
 * A program that is nothing but a list of system calls: made for one launch, run once. What has to be done by the
 * process that becomes the command (Landlock, seccomp, execve) is so written down as data, costs no start of a runtime,
 * and leaves no code of ours in the sandbox. The file is an ELF executable (elf(5)) of a page of code and one of data.
 */
import type { Architecture } from "./system-calls.ts"

/** One system call of the program. Numbers go into the registers as they are, addresses come from `StepMemory`. */
export type Step = {
  /** the number of the call (syscalls(2)) */
  call: number
  arguments: readonly (number | bigint)[]
  /** the results, inclusive, with which the program goes on; any other ends it */
  goesOnWith: { from: number; to: number }
  /** what the program then writes to descriptor 2, and its exit status */
  otherwise: { says: string; status: number }
}

const codeAddress = 0x1000_0000
const pageSize = 4096
const dataAddress = codeAddress + pageSize
const headersSize = 64 + 2 * 56
const rowWords = 12

/** The bytes that calls point at; each has its address before the program exists. */
export class StepMemory {
  readonly #chunks: Uint8Array[] = []
  #size = 0

  /** @returns the address of a copy of the bytes */
  place(bytes: Uint8Array): number {
    const padding = -this.#size & 7
    const address = dataAddress + this.#size + padding
    this.#chunks.push(new Uint8Array(padding), bytes)
    this.#size += padding + bytes.length
    return address
  }

  /** @returns the address of an array of pointers to strings that ends with a null pointer, as execve(2) takes it */
  placeStrings(strings: readonly Uint8Array[]): number {
    const pointers = new BigUint64Array(strings.length + 1)
    for (const [index, bytes] of strings.entries()) pointers[index] = BigInt(this.placeString(bytes))
    return this.place(new Uint8Array(pointers.buffer))
  }

  /** @returns the address of the bytes with a NUL behind them */
  placeString(bytes: Uint8Array): number {
    const string = new Uint8Array(bytes.length + 1)
    string.set(bytes)
    return this.place(string)
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

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
  const rows = new BigInt64Array(steps.length * rowWords)
  for (const [index, step] of steps.entries()) rows.set(rowOf(step, memory), index * rowWords)
  const table = memory.place(new Uint8Array(rows.buffer))
  const code = machineCode[architecture](table)
  const data = memory.bytes()
  const file = new Uint8Array(pageSize + data.length)
  file.set(headers(architecture, { code: code.length, data: data.length }))
  file.set(code, headersSize)
  file.set(data, pageSize)
  return file
}

function rowOf({ call, arguments: words, goesOnWith, otherwise }: Step, memory: StepMemory): bigint[] {
  if (words.length > 6) throw new Error("bug: a system call has six arguments")
  const message = Buffer.from(otherwise.says)
  const six = [...words, 0, 0, 0, 0, 0, 0].slice(0, 6)
  return [
    call,
    ...six,
    goesOnWith.from,
    goesOnWith.to,
    memory.place(message),
    message.length,
    otherwise.status,
  ].map(word => BigInt.asIntN(64, BigInt(word)))
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
  segment(header.subarray(120), { flags: readWrite, offset: pageSize, address: dataAddress, size: size.data })
  return header
}

type Segment = { flags: number; offset: number; address: number; size: number }

function segment(header: Buffer, { flags, offset, address, size }: Segment): void {
  header.writeUInt32LE(1, 0) // PT_LOAD
  header.writeUInt32LE(flags, 4)
  const words = [offset, address, address, size, size, pageSize]
  for (const [index, word] of words.entries()) header.writeBigUInt64LE(BigInt(word), 8 + 8 * index)
}

/**
 * The loop over the rows: load the call's registers from the row, call, compare the result with words 7 and 8, go to the
 * next row; or write words 9 and 10 to descriptor 2 and exit with word 11.
 */
const machineCode: Record<Architecture, (table: number) => Uint8Array> = {
  x86_64: table =>
    Uint8Array.from([
      ...[0xbb, ...littleEndian(table)], // mov ebx, table
      ...[0x48, 0x8b, 0x03], // next: mov rax, [rbx]
      ...[0x48, 0x8b, 0x7b, 8], // mov rdi, [rbx+8]
      ...[0x48, 0x8b, 0x73, 16], // mov rsi, [rbx+16]
      ...[0x48, 0x8b, 0x53, 24], // mov rdx, [rbx+24]
      ...[0x4c, 0x8b, 0x53, 32], // mov r10, [rbx+32]
      ...[0x4c, 0x8b, 0x43, 40], // mov r8, [rbx+40]
      ...[0x4c, 0x8b, 0x4b, 48], // mov r9, [rbx+48]
      ...[0x0f, 0x05], // syscall
      ...[0x48, 0x3b, 0x43, 56], // cmp rax, [rbx+56]
      ...[0x7c, 12], // jl fail
      ...[0x48, 0x3b, 0x43, 64], // cmp rax, [rbx+64]
      ...[0x7f, 6], // jg fail
      ...[0x48, 0x83, 0xc3, rowWords * 8], // add rbx, row
      ...[0xeb, 256 - 47], // jmp next
      ...[0xb8, 1, 0, 0, 0], // fail: mov eax, write
      ...[0xbf, 2, 0, 0, 0], // mov edi, 2
      ...[0x48, 0x8b, 0x73, 72], // mov rsi, [rbx+72]
      ...[0x48, 0x8b, 0x53, 80], // mov rdx, [rbx+80]
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 231, 0, 0, 0], // mov eax, exit_group
      ...[0x48, 0x8b, 0x7b, 88], // mov rdi, [rbx+88]
      ...[0x0f, 0x05], // syscall
    ]),
  aarch64: table =>
    Uint8Array.from(
      [
        0xd2800013 | ((table & 0xffff) << 5), // mov x19, #low
        0xf2a00013 | ((table >>> 16) << 5), // movk x19, #high, lsl 16
        0xf9400268, // next: ldr x8, [x19]
        0xa9408660, // ldp x0, x1, [x19, #8]
        0xa9418e62, // ldp x2, x3, [x19, #24]
        0xa9429664, // ldp x4, x5, [x19, #40]
        0xd4000001, // svc #0
        0xf9401e69, // ldr x9, [x19, #56]
        0xeb09001f, // cmp x0, x9
        0x540000cb, // b.lt fail
        0xf9402269, // ldr x9, [x19, #64]
        0xeb09001f, // cmp x0, x9
        0x5400006c, // b.gt fail
        0x91018273, // add x19, x19, #96
        0x17fffff4, // b next
        0xa9448a61, // fail: ldp x1, x2, [x19, #72]
        0xd2800040, // mov x0, #2
        0xd2800808, // mov x8, #64 (write)
        0xd4000001, // svc #0
        0xf9402e60, // ldr x0, [x19, #88]
        0xd2800bc8, // mov x8, #94 (exit_group)
        0xd4000001, // svc #0
      ].flatMap(littleEndian),
    ),
}

function littleEndian(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, (word >>> 24) & 0xff]
}
