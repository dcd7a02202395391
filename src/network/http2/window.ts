/**
 * What the client may still be sent on a whole connection (RFC 9113 section 5.2). The two ends give each other this
 * credit, and we pass it on; answers of ours use some that the server knows nothing of. So credit is kept back from the
 * server until that is made good, and what the server sends before it hears of it waits.
 */
import { initialWindow } from "./settings.ts"

export class ClientWindow {
  /** bytes that the client will take now */
  #open: number = initialWindow
  /** bytes of ours that the server still believes to be its own */
  #debt = 0

  /** A frame of the server's. @returns whether the client will take it now; it counts as sent then */
  take(bytes: number): boolean {
    if (bytes > this.#open) return false
    this.#open -= bytes
    return true
  }

  /** An answer of ours. @returns whether the client will take it now; it counts as sent then */
  takeOwn(bytes: number): boolean {
    if (!this.take(bytes)) return false
    this.#debt += bytes
    return true
  }

  /** The client gives credit. @returns how much of it is the server's; 0 = none */
  grant(bytes: number): number {
    this.#open += bytes
    const repaid = Math.min(bytes, this.#debt)
    this.#debt -= repaid
    return bytes - repaid
  }
}
