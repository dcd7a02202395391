/**
 * The listener of a seccomp filter (seccomp_unotify(2)): receives the calls that the filter hands over, and answers.
 * One object, one request at a time, no memory allocated per request.
 */
import { keepHere, letGo } from "./affinity.ts"
import { errno } from "./file-flags.ts"
import { type Address, type Pinned, pinned, rawCall } from "./raw-call.ts"
import { callNumbers, presentArchitecture } from "./system-calls.ts"

/** _IOWR('!', 0, 80), _IOWR('!', 1, 24), _IOW('!', 2, 8), _IOW('!', 3, 24), _IOW('!', 4, 8) of linux/seccomp.h */
const receiveRequest = 0xc050_2100
const sendAnswer = 0xc018_2101
const requestIsValid = 0x4008_2102
const addDescriptor = 0x4018_2103
const setFlags = 0x4008_2104
const synchronousWakeUp = 1
/** SECCOMP_USER_NOTIF_FLAG_CONTINUE */
const continueFlag = 1

/**
 * Of the upper half of a pointer: on aarch64 the highest byte is no part of the address, and programs that watch their
 * memory keep a tag there (tagged-address-abi.rst of the kernel's documentation).
 */
const addressBits = presentArchitecture() === "aarch64" ? 0xff_ffff : -1

const pathMax = 4096
const pageSize = 4096
/** most paths are shorter: copying a page for each would cost more than the call */
const usualLength = 256

export class Listener {
  /** readable when there is a call */
  readonly descriptor: number
  readonly #numbers = callNumbers(presentArchitecture())
  readonly #request = pinned(80)
  readonly #answer = pinned(24)
  readonly #added = pinned(24)
  /** struct iovec twice: ours and theirs, for process_vm_readv(2) */
  readonly #transfer = pinned(32)

  /** @param descriptor what seccomp(2) returned for SECCOMP_FILTER_FLAG_NEW_LISTENER */
  constructor(descriptor: number) {
    this.descriptor = descriptor
    // The program waits for us and we for the program: waking up on the same processor costs a fifth (Linux 6.6).
    rawCall(this.#numbers.ioctl, descriptor, setFlags, synchronousWakeUp)
  }

  /** Waits for the next call and takes it. @returns false when its caller was killed or interrupted meanwhile */
  receive(): boolean {
    this.#request.words.fill(0)
    return rawCall(this.#numbers.ioctl, this.descriptor, receiveRequest, this.#request.address) >= 0
  }

  /** the thread that made the call, in our PID namespace */
  get thread(): number {
    return this.#request.words[2] ?? 0
  }

  get call(): number {
    return this.#request.words[4] ?? 0
  }

  /** An argument as the kernel sees an int: its low half. */
  int(index: number): number {
    return this.#request.words[8 + 2 * index] ?? 0
  }

  /** An argument as the kernel sees a size; past 2⁵³ it is not exact. */
  word(index: number): number {
    return this.#joined(index, -1)
  }

  /** An argument as the kernel sees a pointer into the caller's memory; past 2⁵³ it is not exact, and no address is there. */
  pointer(index: number): Address {
    return this.#joined(index, addressBits)
  }

  /** @param upperBits those of the upper half that count */
  #joined(index: number, upperBits: number): number {
    const { words } = this.#request
    const at = 8 + 2 * index
    return ((words[at] ?? 0) >>> 0) + (((words[at + 1] ?? 0) & upperBits) >>> 0) * 2 ** 32
  }

  /** Whether the caller still waits: before that is known, its PID may be that of another process by now. */
  isValid(): boolean {
    return rawCall(this.#numbers.ioctl, this.descriptor, requestIsValid, this.#request.address) >= 0
  }

  /** The same for a request that was put off. */
  isWaiting(ticket: bigint): boolean {
    this.#added.bytes.writeBigUInt64LE(ticket, 0)
    return rawCall(this.#numbers.ioctl, this.descriptor, requestIsValid, this.#added.address) >= 0
  }

  /** What tells this request from others, for an answer that comes later. */
  ticket(): bigint {
    return this.#request.bytes.readBigUInt64LE(0)
  }

  /** The call returns `result`, or fails with the errno when it is negative. */
  answer(result: number, ticket?: bigint): void {
    const { words } = this.#answer
    writeWord(words, 2, Math.max(result, 0))
    words[4] = Math.min(result, 0)
    words[5] = 0
    this.#send(ticket)
  }

  /** The kernel carries the call out itself, reading its arguments anew: never a way to allow what may be denied. */
  letContinue(): void {
    const { words } = this.#answer
    words.fill(0)
    words[5] = continueFlag
    this.#send()
  }

  /**
   * Makes a copy of our descriptor in the caller, as its lowest free one; the call is still unanswered. Not with
   * SECCOMP_ADDFD_FLAG_SEND, which would answer it as well: the caller could close its own and find the file still open,
   * by us, when it executes it (ETXTBSY) or gives its lock to another (flock(2)).
   * @returns its number there, or -errno (-EMFILE when the caller has too many)
   */
  copyIntoCaller(descriptor: number, closeOnExec: boolean, ticket?: bigint): number {
    const { words } = this.#added
    this.#writeTicket(this.#added, ticket)
    words[2] = 0
    words[3] = descriptor
    words[4] = 0
    words[5] = closeOnExec ? 0o2000000 : 0
    // The kernel wakes the caller up for it, and the caller us.
    const isKept = ticket === undefined && keepHere(this.thread)
    const number = rawCall(this.#numbers.ioctl, this.descriptor, addDescriptor, this.#added.address)
    if (isKept) letGo(this.thread)
    return number
  }

  /**
   * Copies a NUL-terminated string of the caller, page by page so that one that ends before unmapped memory is read.
   * @returns its length without the NUL, -EFAULT, or -ENAMETOOLONG
   */
  readString(from: Address, into: { bytes: Buffer; address: Address }): number {
    let length = 0
    while (length < pathMax) {
      const most = length === 0 ? usualLength : pathMax - length
      const room = Math.min(pageSize - ((from + length) % pageSize), most)
      const copied = this.readBytes(from + length, into.address + length, room)
      if (copied <= 0) return -errno.badAddress
      const end = into.bytes.indexOf(0, length)
      if (end >= 0 && end < length + copied) return end
      length += copied
    }
    return -errno.nameTooLong
  }

  /** process_vm_readv(2) from the caller. @returns bytes copied, or -errno */
  readBytes(from: Address, to: Address, size: number): number {
    // No program has memory there; what comes near 2⁶⁴ is no exact number here.
    if (from >= 2 ** 63) return -errno.badAddress
    const { words, address } = this.#transfer
    writeWord(words, 0, to)
    writeWord(words, 2, size)
    writeWord(words, 4, from)
    writeWord(words, 6, size)
    return rawCall(this.#numbers.process_vm_readv, this.thread, address, 1, address + 16, 1, 0)
  }

  #send(ticket?: bigint): void {
    this.#writeTicket(this.#answer, ticket)
    // ENOENT: the caller was killed meanwhile, and nobody waits for the answer.
    rawCall(this.#numbers.ioctl, this.descriptor, sendAnswer, this.#answer.address)
  }

  #writeTicket({ bytes, words }: Pinned, ticket: bigint | undefined): void {
    if (ticket === undefined) {
      words[0] = this.#request.words[0] ?? 0
      words[1] = this.#request.words[1] ?? 0
    } else bytes.writeBigUInt64LE(ticket, 0)
  }
}

/** @param index of the lower half; an element takes what fits into it (ToInt32 of ECMA-262) */
function writeWord(words: Int32Array, index: number, word: number): void {
  words[index] = word
  words[index + 1] = word / 2 ** 32
}
