/**
 * Signals of this process (signal(7)). What the command finds of them is what Cordon's caller set: neither the runtime's
 * dispositions nor ours.
 */
import { checked, keptAddress } from "./libc.ts"
import { rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

const number = callNumbers(presentArchitecture())

/** signal(7), for x86 and ARM: node:os, which knows them too, takes 0.3 ms to load. */
export const signalNumbers = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGXFSZ: 25,
  SIGWINCH: 28,
} as const

/** One bit a signal, the lowest for signal 1. */
export type SignalSet = bigint

const setSize = 8

/** rt_sigaction(2). */
export function isIgnored(signal: number): boolean {
  const action = new BigUint64Array(4)
  const address = keptAddress(new Uint8Array(action.buffer))
  checked("rt_sigaction", rawCall(number.rt_sigaction, signal, 0, address, setSize))
  return action[0] === 1n
}

/** rt_sigaction(2) with SIG_IGN: this process, and what it executes, does not receive the signal. */
export function ignoreSignal(signal: number): void {
  const action = keptAddress(new Uint8Array(new BigUint64Array([1n, 0n, 0n, 0n]).buffer))
  checked("rt_sigaction", rawCall(number.rt_sigaction, signal, action, 0, setSize))
}

/** rt_sigaction(2) with SIG_DFL. */
export function restoreSignal(signal: number): void {
  const action = keptAddress(new Uint8Array(new BigUint64Array(4).buffer))
  checked("rt_sigaction", rawCall(number.rt_sigaction, signal, action, 0, setSize))
}

/** rt_sigprocmask(2): the signals that wait in this thread and in what it starts. */
export function signalMask(): SignalSet {
  const mask = new BigUint64Array(1)
  const address = keptAddress(new Uint8Array(mask.buffer))
  checked("rt_sigprocmask", rawCall(number.rt_sigprocmask, 0, 0, address, setSize))
  return mask[0] ?? 0n
}

export function setSignalMask(mask: SignalSet): void {
  const set = 2
  const address = keptAddress(new Uint8Array(new BigUint64Array([mask]).buffer))
  checked("rt_sigprocmask", rawCall(number.rt_sigprocmask, set, address, 0, setSize))
}

export function signalSet(signals: readonly number[]): SignalSet {
  let all = 0n
  for (const signal of signals) all |= 1n << BigInt(signal - 1)
  return all
}
