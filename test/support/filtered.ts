/**
 * `bun filtered.ts COMMAND…`: becomes the command under a seccomp filter that refuses user namespaces with EPERM, as
 * Docker's default profile does for containers without CAP_SYS_ADMIN (docker/docs, seccomp).
 */
import { dlopen, FFIType, ptr } from "bun:ffi"
import { systemCalls } from "../../src/kernel/system-calls.ts"

const { i32, u64, ptr: pointer } = FFIType
const { symbols: libc } = dlopen("libc.so.6", {
  prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
  execve: { args: [pointer, pointer, pointer], returns: i32 },
})

const column = process.arch === "arm64" ? 1 : 0
const load = 0x20
const ifEqual = 0x15
const ifAnyBit = 0x45
const give = 0x06

/** struct sock_filter: code, jump when true, jump when false, operand. */
const program: [number, number, number, number][] = [
  [load, 0, 0, 0], // the number of the call
  [ifEqual, 4, 0, systemCalls.unshare[column]],
  [ifEqual, 0, 2, systemCalls.clone[column]],
  [load, 0, 0, 16], // its first argument
  [ifAnyBit, 1, 0, 0x1000_0000], // CLONE_NEWUSER
  [give, 0, 0, 0x7fff_0000], // SECCOMP_RET_ALLOW
  [give, 0, 0, 0x0005_0001], // SECCOMP_RET_ERRNO, EPERM
]
const instructions = Buffer.alloc(8 * program.length)
for (const [index, [code, yes, no, operand]] of program.entries()) {
  instructions.writeUInt16LE(code, 8 * index)
  instructions.writeUInt8(yes, 8 * index + 2)
  instructions.writeUInt8(no, 8 * index + 3)
  instructions.writeUInt32LE(operand, 8 * index + 4)
}
const header = Buffer.alloc(16)
header.writeUInt16LE(program.length, 0)
header.writeBigUInt64LE(BigInt(ptr(instructions)), 8)

const noNewPrivileges = libc.prctl(38, 1n, 0n, 0n, 0n)
const filtered = libc.prctl(22, 2n, BigInt(ptr(header)), 0n, 0n)
if (noNewPrivileges !== 0 || filtered !== 0) throw new Error("the filter cannot be installed")

const kept: Buffer[] = []
function strings(texts: readonly string[]): BigUint64Array {
  const buffers = texts.map(text => Buffer.from(`${text}\0`))
  kept.push(...buffers)
  return new BigUint64Array([...buffers.map(buffer => BigInt(ptr(buffer))), 0n])
}
const words = process.argv.slice(2)
const path = Buffer.from(`${words[0]}\0`)
const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
libc.execve(ptr(path), ptr(strings(words)), ptr(strings(environment)))
throw new Error(`${words[0]} cannot be executed`)
