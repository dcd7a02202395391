/** The few system calls that tests make themselves, on the host and, as a script's text, inside. */
import { dlopen } from "bun:ffi"

/** shmget(2) flags: make it, and only if it is new; mode 0666. */
const createExclusively = 0o1000 | 0o2000 | 0o666
const remove = 0

const libc = dlopen("libc.so.6", {
  shmget: { args: ["i32", "u64", "i32"], returns: "i32" },
  shmctl: { args: ["i32", "i32", "ptr"], returns: "i32" },
}).symbols

/** A System V shared memory segment of the host that everybody may open; `key` names it. */
export class SharedMemory implements Disposable {
  readonly key: number
  readonly #id: number

  constructor() {
    this.key = 0x43_00_00_00 + Math.floor(Math.random() * 0xff_ff_ff)
    this.#id = libc.shmget(this.key, 4096n, createExclusively)
    if (this.#id < 0) throw new Error(`shmget failed for key ${this.key}`)
  }

  [Symbol.dispose](): void {
    libc.shmctl(this.#id, remove, null)
  }
}

/** JavaScript that prints whether shmget(2) finds a segment, and whether it can make one. */
export function shmgetScript(key: number): string {
  return `
const { shmget } = require("bun:ffi").dlopen("libc.so.6", {
  shmget: { args: ["i32", "u64", "i32"], returns: "i32" },
}).symbols
console.log(shmget(${key}, 4096n, 0) >= 0 ? "found" : "none")
console.log(shmget(${key}, 4096n, ${createExclusively}) >= 0 ? "made" : "not made")
`
}

/** JavaScript that types a text into the terminal on descriptor 0, ioctl(2) TIOCSTI, and prints the results. */
export function typingScript(text: string): string {
  return `
const { dlopen, ptr } = require("bun:ffi")
const { ioctl } = dlopen("libc.so.6", { ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } }).symbols
for (const letter of ${JSON.stringify(text)})
  process.stdout.write("ioctl " + ioctl(0, 0x5412n, ptr(Buffer.from(letter))) + "\\n")
`
}

/**
 * JavaScript that joins a session keyring of its own, puts a key there, and starts the words that follow it; with no
 * words it prints whether a key of that name is in the session keyring, and whether one can be added: keyctl(2).
 */
export function keyringScript(name: string): string {
  return `
const { dlopen, ptr } = require("bun:ffi")
const { syscall } = dlopen("libc.so.6", { syscall: { args: ["i64", "i64", "u64", "u64", "u64", "u64"], returns: "i64" } }).symbols
const [keyctl, addKey] = process.arch === "arm64" ? [219n, 217n] : [250n, 248n]
const text = words => BigInt(ptr(Buffer.from(words + "\\0")))
const session = BigInt.asUintN(64, -3n)
const add = key => Number(syscall(addKey, Number(text("user")), text(key), text("value"), 5n, session)) > 0
const words = process.argv.slice(process.argv.indexOf("words") + 1)
if (process.argv.includes("words")) {
  syscall(keyctl, 1, 0n, 0n, 0n, 0n)
  console.log(add(${JSON.stringify(name)}) ? "outside: added" : "outside: no keyrings")
  process.exit(Bun.spawnSync(words, { stdio: ["ignore", "inherit", "inherit"] }).exitCode)
}
const found = Number(syscall(keyctl, 10, session, text("user"), text(${JSON.stringify(name)}), 0n)) > 0
console.log(found ? "inside: found" : "inside: none", add("own") ? "added" : "not added")
`
}
