/** System calls by number, made by a script inside as on the host: what each comes to. */
import {
  type Architecture,
  callNumber,
  presentArchitecture,
  type SystemCall,
} from "../../src/kernel/system-calls.ts"

/** `page`: the address of a page of zeros; `self`: the id of the calling process. */
export type Argument = number | "page" | "self"

export type CallToMake = { call: SystemCall; arguments: readonly Argument[] }

/** Name → the errno that it failed with, 0 when it did not fail. */
export type Errnos<Name extends string> = Readonly<Record<Name, number>>

export const architecture: Architecture = presentArchitecture()

/** Whether the processor that the tests run on has the call. */
export function exists(call: SystemCall): boolean {
  return callNumber(call, architecture) !== undefined
}

/** JavaScript that makes the calls in order and prints their errnos as JSON. */
export function callsScript(calls: Readonly<Record<string, CallToMake>>): string {
  const list = Object.entries(calls).map(([name, { call, arguments: words }]) => [
    name,
    callNumber(call, architecture) ?? -1,
    words,
  ])
  return `
const { dlopen, ptr, read } = require("bun:ffi")
const u64 = "u64"
const libc = dlopen("libc.so.6", {
  syscall: { args: ["i64", u64, u64, u64, u64, u64, u64], returns: "i64" },
  __errno_location: { args: [], returns: "ptr" },
}).symbols
const page = new Uint8Array(4096)
const words = { page: BigInt(ptr(page)), self: BigInt(process.pid) }
const wordOf = word => typeof word === "number" ? BigInt.asUintN(64, BigInt(word)) : words[word]
const errnos = {}
for (const [name, number, list] of ${JSON.stringify(list)}) {
  const six = [...list, 0, 0, 0, 0, 0, 0].slice(0, 6).map(wordOf)
  page.fill(0)
  const result = Number(libc.syscall(number, ...six))
  errnos[name] = result === -1 ? read.i32(libc.__errno_location(), 0) : 0
}
console.log(JSON.stringify(errnos))
`
}
