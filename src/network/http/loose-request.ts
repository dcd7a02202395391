/**
 * A request to a server that looks at little of its first line: the one that comes with Java (com.sun.net.httpserver)
 * takes any three words with a single space between them, a line feed within one too, and any version. That it is meant
 * as a request shows in a field of its head that says for which host, or in its target.
 */

/** Of the first line and its fields; what names a host later names none. */
const headMax = 128 * 1024
const code = { lineFeed: 0x0a, carriageReturn: 0x0d, space: 0x20, delete: 0x7f, high: 0xa0 } as const
/** A path, or a URL with one; and what may become it. Only what begins it is kept. */
const target = /^(\/|[a-z][a-z\d+.-]*:\/)/i
const targetSoFar = /^([a-z][a-z\d+.-]*:?)?$/i
const schemeMax = 32
/** It names a host by itself, whatever follows. */
const ofHttp = /^https?:\//i
/** A field's name up to its colon; some servers take spaces before that. */
const hostField = /^host[ \t]*:$/i
const hostSoFar = /^(h|ho|hos|host[ \t]*)$/i

export class LooseRequest {
  #seen = 0
  #place: "method" | "target" | "version" | "fields" | "over" = "method"
  /** the beginning of the target; of a field, as long as it may become Host */
  #text = ""
  #last = 0
  #hasMethod = false

  get isOver(): boolean {
    return this.#place === "over"
  }

  /** @returns whether this byte makes it a request for some host */
  take(byte: number): boolean {
    if (++this.#seen > headMax) this.#place = "over"
    const last = this.#last
    this.#last = byte
    switch (this.#place) {
      case "method":
        this.#takeMethod(byte, last)
        return false
      case "target":
        return this.#takeTarget(byte)
      case "version":
        if (endsLine(byte, last)) this.#place = "fields"
        return false
      case "fields":
        return this.#takeField(byte)
      case "over":
        return false
    }
  }

  #takeMethod(byte: number, last: number): void {
    if (byte === code.space) this.#place = "target"
    // Empty lines before it are passed over.
    else if (endsLine(byte, last) && this.#hasMethod) this.#place = "over"
    else if (byte !== code.carriageReturn && byte !== code.lineFeed) this.#hasMethod = true
  }

  #takeTarget(byte: number): boolean {
    if (byte === code.space) {
      this.#place = target.test(this.#text) ? "version" : "over"
      this.#text = ""
      return false
    }
    const isVisible = byte > code.space && byte !== code.delete && (byte < code.delete || byte >= code.high)
    if (!target.test(this.#text)) this.#text += String.fromCharCode(byte)
    const isOne = target.test(this.#text) || (targetSoFar.test(this.#text) && this.#text.length <= schemeMax)
    if (!isVisible || !isOne) this.#place = "over"
    return isOne && ofHttp.test(this.#text)
  }

  #takeField(byte: number): boolean {
    if (byte === code.carriageReturn || byte === code.lineFeed) this.#text = ""
    else this.#text += String.fromCharCode(byte)
    if (hostField.test(this.#text)) return true
    // Anything but a beginning stays none until the line ends.
    if (this.#text !== "" && !hostSoFar.test(this.#text)) this.#text = "-"
    return false
  }
}

function endsLine(byte: number, last: number): boolean {
  return byte === code.lineFeed && last === code.carriageReturn
}
