/** The data of a program of steps (step-program.ts). */
import { bytesOf } from "../base/path-bytes.ts"

/** Where the data begins in the file, behind the code. */
export const dataOffset = 4096
/**
 * Far from the code: whatever a page is, none holds both. The lowest bits are those of the offset, as elf(5) wants it for
 * pages of up to 64 KiB, the largest there are.
 */
export const dataAddress = 0x2000_0000 + dataOffset

/** The bytes that calls point at; each has its address before the program exists. */
export class StepMemory {
  readonly #messages = new Map<string, { address: number; length: number }>()
  #bytes = Buffer.alloc(dataOffset)
  #size = 0

  /** @returns the address of a copy of the bytes */
  place(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length)
    this.#bytes.set(bytes, address - dataAddress)
    return address
  }

  /** @returns the address of so many zeros, on a boundary of 8 */
  reserve(length: number): number {
    const start = (this.#size + 7) & ~7
    this.#size = start + length
    if (this.#size > this.#bytes.length) {
      const larger = Buffer.alloc(2 * this.#size)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    return dataAddress + start
  }

  /** What lies there from now on. */
  fill(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address - dataAddress)
  }

  /** A text that several steps say has one place. */
  placeMessage(text: string): { address: number; length: number } {
    const known = this.#messages.get(text)
    if (known !== undefined) return known
    const bytes = Buffer.from(text)
    const placed = { address: this.place(bytes), length: bytes.length }
    this.#messages.set(text, placed)
    return placed
  }

  /** @returns the address of an array of pointers to strings that ends with a null pointer, as execve(2) takes it */
  placeStrings(strings: readonly Uint8Array[]): number {
    const pointers = new BigUint64Array(strings.length + 1)
    for (const [index, bytes] of strings.entries()) pointers[index] = BigInt(this.placeString(bytes))
    return this.place(new Uint8Array(pointers.buffer))
  }

  /** @returns the address of the bytes with a NUL behind them */
  placeString(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length + 1)
    this.fill(address, bytes)
    return address
  }

  /** @returns the address of the text as the kernel takes a path (base/path-bytes.ts), with a NUL behind it */
  placePath(path: string): number {
    if (!path.isWellFormed()) return this.placeString(bytesOf(path))
    const address = this.reserve(3 * path.length + 1)
    this.#size = address - dataAddress + this.#bytes.write(path, address - dataAddress) + 1
    return address
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size)
  }
}
