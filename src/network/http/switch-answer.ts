/** The server's answer to a client that offered another protocol. */
import { HeldBytes } from "../streams/held-bytes.ts"

/** Bytes of the heads of all answers that are looked at. */
const headsMax = 64 * 1024

export class SwitchAnswer {
  readonly #held = new HeldBytes()
  #seen = 0

  /** @returns whether the connection is another protocol's from now on; undefined as long as that is not said */
  push(bytes: Uint8Array): boolean | undefined {
    this.#seen += bytes.length
    if (this.#seen > headsMax) return false
    this.#held.add(bytes)
    for (;;) {
      const { bytes } = this.#held
      const end = bytes.indexOf("\r\n\r\n")
      if (end < 0) return undefined
      const status = Number(/^HTTP\/1\.[01] (\d{3})[ \r]/.exec(bytes.toString("latin1", 0, 16))?.[1] ?? 0)
      if (status === 101) return true
      // What comes before the answer proper: 100 to go on, 103 with hints (RFC 9110, 15.2).
      if (status < 100 || status > 199) return false
      this.#held.drop(end + 4)
    }
  }
}
