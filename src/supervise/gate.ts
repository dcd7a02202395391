/**
 * bubblewrap builds the sandbox while the program is made that it executes in the end, and stops at a gate before that
 * (bwrap(1), --block-fd). It goes on also when there is nobody left to open the gate: then the program is empty
 * and does nothing.
 */
import type { Placement } from "../kernel/descriptors.ts"
import { close } from "../kernel/file-calls.ts"
import type { Invocation } from "../kernel/invocation.ts"
import { writeAll } from "../kernel/libc.ts"
import { giveTheWord } from "../kernel/spawn.ts"

export class Gate {
  readonly #file: number | undefined

  /** @param placements what the child has by now: here they are closed, but for the file that is still empty */
  constructor(placements: readonly Placement[], late: Invocation["late"]) {
    this.#file = placements.find(({ number }) => number === late?.file)?.descriptor
    const others = new Set(placements.map(({ descriptor }) => descriptor).filter(each => each !== this.#file))
    for (const descriptor of others) close(descriptor)
  }

  /** It stays shut. */
  giveUp(): void {
    if (this.#file !== undefined) close(this.#file)
  }

  /** @param socket our end of the one whose other end is the gate */
  async open(socket: number, program: () => Promise<Uint8Array>): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    try {
      writeAll(file, await program())
    } finally {
      close(file)
    }
    giveTheWord(socket)
  }
}
