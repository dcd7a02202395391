/** What a person types at a terminal, line by line, while other things go on. */

export class TypedLines implements Disposable {
  #buffer = ""
  #isOver = false
  #waiting: ((line: string | undefined) => void) | undefined

  constructor() {
    process.stdin.setEncoding("utf8")
    process.stdin.on("data", this.#take)
    process.stdin.on("end", this.#end)
  }

  /** @returns the next line without blanks around it, undefined when there is none any more */
  ask(prompt: string): Promise<string | undefined> {
    process.stderr.write(prompt)
    return new Promise(resolve => {
      this.#waiting = resolve
      this.#give()
    })
  }

  /** Waits until the person types `q`, or can type nothing any more; other lines go by. */
  async leaves(): Promise<undefined> {
    for (let line = await this.ask(""); line !== undefined && line !== "q"; ) line = await this.ask("")
  }

  /** Nobody waits for a line any more. What was typed before the next question is no answer to it. */
  forget(): void {
    this.#waiting = undefined
    this.#buffer = ""
  }

  readonly #take = (text: string) => {
    this.#buffer += text
    this.#give()
  }

  readonly #end = () => {
    this.#isOver = true
    this.#give()
  }

  #give(): void {
    const end = this.#buffer.indexOf("\n")
    if (this.#waiting === undefined || (end < 0 && !this.#isOver)) return
    const give = this.#waiting
    this.#waiting = undefined
    const line = end < 0 ? undefined : this.#buffer.slice(0, end).trim()
    this.#buffer = this.#buffer.slice(end + 1)
    give(line)
  }

  [Symbol.dispose](): void {
    process.stdin.off("data", this.#take)
    process.stdin.off("end", this.#end)
    process.stdin.pause()
  }
}
