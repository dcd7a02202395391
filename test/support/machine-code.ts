/** The smallest programs there are: machine code of x86_64 in an ELF file (elf(5)), for calls that no library makes. */
import { chmodSync, writeFileSync } from "node:fs"

const address = 0x40_0000
const headersSize = 64 + 56

/** Exits with status 42 by a call of the 32-bit convention (i386's `exit`, number 1). */
export const exitBy32Bit: readonly number[] = [
  ...[0xb8, 1, 0, 0, 0], // mov eax, exit
  ...[0xbb, 42, 0, 0, 0], // mov ebx, 42
  ...[0xcd, 0x80], // int 0x80
]

/** Exits with the errno that `getpid` of x32 fails with, 0 when it does not fail. */
export const exitWithErrnoOfX32: readonly number[] = [
  ...[0xb8, 39, 0, 0, 0x40], // mov eax, 0x40000000 + getpid
  ...[0x0f, 0x05], // syscall
  ...[0x31, 0xff], // xor edi, edi
  ...[0x85, 0xc0], // test eax, eax
  ...[0x79, 4], // jns exit
  ...[0xf7, 0xd8], // neg eax
  ...[0x89, 0xc7], // mov edi, eax
  ...[0xb8, 60, 0, 0, 0], // exit: mov eax, exit
  ...[0x0f, 0x05], // syscall
]

/** Makes an executable of the code. */
export function writeProgram(path: string, code: readonly number[]): void {
  const size = headersSize + code.length
  const file = Buffer.alloc(size)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(2, 16) // ET_EXEC
  file.writeUInt16LE(62, 18) // EM_X86_64
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(address + headersSize), 24) // e_entry
  file.writeBigUInt64LE(64n, 32) // e_phoff
  file.writeUInt16LE(64, 52)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(1, 56)
  file.writeUInt32LE(1, 64) // PT_LOAD
  file.writeUInt32LE(5, 68) // read, execute
  for (const [index, word] of [0, address, address, size, size, 4096].entries())
    file.writeBigUInt64LE(BigInt(word), 72 + 8 * index)
  file.set(code, headersSize)
  writeFileSync(path, file)
  chmodSync(path, 0o755)
}
