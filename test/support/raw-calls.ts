/** JavaScript that makes system calls by name, for scripts that run inside as on the host. */
import {
  callNumber,
  presentArchitecture,
  type SystemCall,
  systemCalls,
} from "../../src/kernel/system-calls.ts"

/**
 * `sys(NAME, …)` makes a call and gives its result, or the name of its error. Text becomes a pointer to it with a NUL
 * behind; bytes become a pointer to themselves.
 */
export function rawCallsPrelude(): string {
  const architecture = presentArchitecture()
  const numbers = Object.keys(systemCalls).map(name => [
    name,
    callNumber(name as SystemCall, architecture) ?? -1,
  ])
  return `
const { dlopen, ptr, read } = require("bun:ffi")
const fs = require("node:fs")
const libc = dlopen("libc.so.6", {
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols
const numbers = ${JSON.stringify(Object.fromEntries(numbers))}
const errors = Object.fromEntries(Object.entries(require("node:os").constants.errno).map(([name, code]) => [code, name]))
const kept = []
function word(value) {
  if (typeof value === "bigint") return value
  if (typeof value === "number") return BigInt(value)
  const bytes = typeof value === "string" ? Buffer.from(value + "\\0", "latin1") : value
  kept.push(bytes)
  return BigInt(ptr(bytes))
}
function sys(name, ...words) {
  const six = [...words, 0, 0, 0, 0, 0, 0].slice(0, 6).map(word)
  const result = Number(libc.syscall(BigInt(numbers[name]), ...six))
  if (result !== -1) return result
  const code = read.i32(libc.__errno_location(), 0)
  return errors[code] ?? "errno " + code
}
const AT_FDCWD = -100
const how = (flags, mode, resolve) => Buffer.from(new BigUint64Array([flags, mode, resolve].map(BigInt)).buffer)
const write = (path, text = "x") => fs.writeFileSync(path, text)
`
}
