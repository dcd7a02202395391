/** A person at a terminal: a pty with a shell on it, who reads what it shows, types, and changes the window's size. */
import { eventually } from "./process.ts"
import { bun, cordonBinary, type World } from "./world.ts"

export type Words = readonly string[]

export class Terminal implements AsyncDisposable {
  readonly #process: Bun.Subprocess
  #shown = ""

  /** Starts words on a terminal of their own, in the project. */
  constructor(world: World, words: Words) {
    const decoder = new TextDecoder()
    this.#process = Bun.spawn([...words], {
      cwd: world.project,
      env: { ...world.env, PS1: "", PS2: "", HISTFILE: "/dev/null" },
      terminal: {
        cols: 100,
        rows: 30,
        data: (_, bytes) => {
          this.#shown += decoder.decode(bytes, { stream: true })
        },
      },
    })
  }

  /** Everything that the terminal has shown, what was typed among it. */
  get shown(): string {
    return this.#shown
  }

  type(text: string): void {
    this.#process.terminal?.write(text)
  }

  resize(columns: number, rows: number): void {
    this.#process.terminal?.resize(columns, rows)
  }

  /** Takes the terminal away, as when its window is closed. */
  hangUp(): void {
    this.#process.terminal?.close()
  }

  /** Waits until the terminal shows a text for the nth time. @throws Error when it never does */
  async shows(text: string, times = 1): Promise<void> {
    const enough = () => (this.#shown.split(text).length > times ? true : undefined)
    if ((await eventually(enough, 15_000)) === undefined)
      throw new Error(`the terminal never showed ${JSON.stringify(text)}:\n${this.#shown}`)
  }

  /** The exit code, when the program has ended by itself. */
  async ends(): Promise<number> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 30_000)
    const code = await this.#process.exited
    clearTimeout(timer)
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL")
    await this.#process.exited
    this.#process.terminal?.close()
  }
}

/** Everything that a terminal shows while a shell script runs on it; `$0` is Cordon and `$1` Bun. */
export async function onTerminal(world: World, script: string, typed = ""): Promise<string> {
  await using terminal = new Terminal(world, ["sh", "-c", script, cordonBinary, bun])
  if (typed !== "") terminal.type(typed)
  await terminal.ends()
  return terminal.shown
}
