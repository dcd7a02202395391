/**
 * Splits the string of `sh -c` into the commands it may start. It reads just enough of the shell's grammar that a
 * name in an argument, a comment, a here-document or a case pattern is not taken for a command.
 */
import type { Word } from "./options.ts"
import { type QuotedWord, readWord, skipTo } from "./shell-quoting.ts"

const keywords = new Set(
  "if then elif else fi while until do done { } ! coproc esac begin end and or not".split(" "),
)
/** Words after these are names, not commands. */
const headers = new Set(["for", "select", "case", "function"])
const assignment = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/
const redirection = /\d*(&>>|&>|<<<|<<-|<<|<>|<&|>&|>>|>\||>|<)/y
const operator = /;;&|;;|;&|&&|\|\||\|&|[;|&()\n]/y

/** The words of each command, without leading assignments and keywords; a word is undefined when it is unknown. */
export function shellSegments(text: string): Word[][] {
  const reader = new SegmentReader(text)
  while (reader.step());
  return reader.segments
}

/** The words of `env -S`: the same quoting, no operators. */
export function splitString(text: string): Word[] {
  const words: Word[] = []
  let index = 0
  while (index < text.length) {
    if (/\s/.test(text.charAt(index))) {
      index += 1
      continue
    }
    if (text.charAt(index) === "#") break
    const { word, end } = readWord(text, index, /\s/)
    words.push(word)
    index = end
  }
  return words
}

/** Reads from left to right, one word or operator a step. */
class SegmentReader {
  readonly segments: Word[][] = []
  readonly #text: string
  #index = 0
  #words: QuotedWord[] = []
  /** the next word belongs to this redirection */
  #redirection: string | undefined
  /** here-documents that begin on the next line */
  #hereDocuments: { delimiter: string; tabs: boolean }[] = []
  /** between `case … in` or `;;` and the parenthesis: patterns */
  #inPattern = false
  /** between `[[` and `]]`: && and || compare */
  #inTest = false

  constructor(text: string) {
    this.#text = text
  }

  /** False when the text is at its end. */
  step(): boolean {
    const char = this.#text.charAt(this.#index)
    if (char === "") {
      this.#finish()
      return false
    }
    if (char === " " || char === "\t") this.#index += 1
    else if (this.#text.startsWith("\\\n", this.#index)) this.#index += 2
    else if (char === "#") this.#index = endOfLine(this.#text, this.#index)
    else if (!this.#readRedirection() && !this.#readOperator()) this.#readWord()
    return true
  }

  #readRedirection(): boolean {
    const char = this.#text.charAt(this.#index)
    if ((char === "<" || char === ">") && this.#text.charAt(this.#index + 1) === "(") {
      this.#index = skipTo(this.#text, this.#index + 2, ")")
      this.#redirection = undefined
      return true
    }
    const found = this.#match(redirection)
    if (found === undefined) return false
    this.#redirection = found.replace(/^\d+/, "")
    return true
  }

  #readOperator(): boolean {
    const start = this.#index
    if (this.#text.startsWith("((", start) || (this.#text.charAt(start) === "(" && this.#endsInArray())) {
      this.#index = skipTo(this.#text, start + 1, ")")
      return true
    }
    if (this.#text.startsWith("()", start)) {
      // a function's name
      this.#words = []
      this.#index = start + 2
      return true
    }
    const found = this.#match(operator)
    if (found === undefined) return false
    this.#redirection = undefined
    if (this.#inTest) return true
    this.#finish()
    if (found === ")") this.#inPattern = false
    if (found.startsWith(";") && found !== ";") this.#inPattern = true
    if (found === "\n") this.#skipHereDocuments()
    return true
  }

  #readWord(): void {
    const read = readWord(this.#text, this.#index, /[ \t\n;&|()<>]/)
    this.#index = read.end
    const target = this.#redirection
    this.#redirection = undefined
    if (target === undefined) {
      // elsewhere [[ is an ordinary word
      if (read.raw === "[[" && this.#words.every(({ raw }) => keywords.has(raw))) this.#inTest = true
      this.#words.push(read)
      if (read.raw === "]]") this.#inTest = false
    } else if (target === "<<" || target === "<<-") {
      this.#hereDocuments.push({ delimiter: read.word ?? read.raw, tabs: target === "<<-" })
    }
  }

  #finish(): void {
    const start = this.#words.findIndex(({ raw }) => !keywords.has(raw) && !assignment.test(raw))
    const words = start < 0 ? [] : this.#words.slice(start)
    const first = words[0]?.raw ?? ""
    const isPattern = this.#inPattern && this.#words[0]?.raw !== "esac"
    if (this.#words[0]?.raw === "esac") this.#inPattern = false
    if (first === "case") this.#inPattern = true
    if (words.length > 0 && !isPattern && !headers.has(first))
      this.segments.push(words.map(({ word }) => word))
    this.#words = []
    this.#inTest = false
  }

  #skipHereDocuments(): void {
    for (const { delimiter, tabs } of this.#hereDocuments) {
      let isOpen = true
      while (isOpen && this.#index < this.#text.length) {
        const end = endOfLine(this.#text, this.#index)
        const line = this.#text.slice(this.#index, end)
        isOpen = (tabs ? line.replace(/^\t+/, "") : line) !== delimiter
        this.#index = Math.min(end + 1, this.#text.length)
      }
    }
    this.#hereDocuments = []
  }

  /** `name=(` opens an array, which holds no commands. */
  #endsInArray(): boolean {
    const last = this.#words.at(-1)
    return last !== undefined && last.end === this.#index && /^[A-Za-z_]\w*\+?=$/.test(last.raw)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#index
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#index += found.length
    return found
  }
}

function endOfLine(text: string, index: number): number {
  const end = text.indexOf("\n", index)
  return end < 0 ? text.length : end
}
