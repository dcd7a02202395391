/** Bytes that come in pieces of any size and are read from the front. A piece that comes alone is not copied. */

const empty: Buffer = Buffer.alloc(0)

export class HeldBytes {
  /** what is held lies between `#start` and `#end` */
  #memory = empty
  #start = 0
  #end = 0
  /** the memory is somebody else's: it may be read and not written */
  #borrowed = true

  get length(): number {
    return this.#end - this.#start
  }

  /** Everything that is held, without a copy: good until the next call. */
  get bytes(): Buffer {
    return this.#memory.subarray(this.#start, this.#end)
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.length === 0) {
      this.#borrow(bytes)
      return
    }
    if (this.#borrowed || this.#end + bytes.length > this.#memory.length) this.#grow(bytes.length)
    this.#memory.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Everything that is held, good for ever, and held no more: an owner that lives on would keep it from being freed. */
  take(): Buffer {
    const { bytes } = this
    this.drop(bytes.length)
    return bytes
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end)
    if (this.length === 0) this.#borrow(empty)
  }

  #borrow(bytes: Uint8Array): void {
    this.#memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#start = 0
    this.#end = bytes.length
    this.#borrowed = true
  }

  /** Twice as much each time, so that bytes that come one by one are copied a few times and not each time. */
  #grow(more: number): void {
    const memory = Buffer.allocUnsafeSlow(2 * (this.length + more))
    memory.set(this.bytes)
    this.#end = this.length
    this.#start = 0
    this.#memory = memory
    this.#borrowed = false
  }
}
