/** A running session in a process of its own, as somebody in another terminal meets it. */
import { join } from "node:path"
import { root } from "../source-code.ts"
import { eventually } from "./process.ts"
import type { HostReply, HostRequest, HostSettings } from "./session-host.ts"

const script = join(root, "test/support/session-host.ts")

export type SessionStart = Partial<HostSettings> & {
  /** a home: policy and state lie below it */
  home: string
  /** words before the program's, such as setpriv's */
  before?: readonly string[]
}

export class Session implements AsyncDisposable {
  readonly settings: HostSettings
  readonly said: HostReply[] = []
  readonly #process: Bun.Subprocess<"pipe", "pipe", "pipe">
  #complaints = ""

  private constructor(settings: HostSettings, before: readonly string[]) {
    this.settings = settings
    this.#process = Bun.spawn([...before, process.execPath, script, JSON.stringify(settings)], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    })
    void this.#read()
    void new Response(this.#process.stderr).text().then(text => {
      this.#complaints = text
    })
  }

  /** Starts one, and waits until it listens. */
  static async start({ home, before = [], ...more }: SessionStart): Promise<Session> {
    const session = new Session(
      {
        session: crypto.randomUUID(),
        project: join(home, "work/project"),
        policyFile: join(home, ".config/cordon/policy.yaml"),
        stateHome: join(home, ".local/state"),
        ...more,
      },
      before,
    )
    await session.hears(({ kind }) => kind === "ready")
    return session
  }

  get id(): string {
    return this.settings.session
  }

  /** A program inside asks for a host. */
  ask(name: string, host: string, port = 443): void {
    this.#send({ kind: "ask", name, host, port })
  }

  /** Whether nobody has answered yet. */
  waits(name: string): boolean {
    return !this.said.some(reply => reply.kind === "answer" && reply.name === name)
  }

  /** What came of the question. */
  async answer(name: string): Promise<string> {
    const reply = await this.hears(said => said.kind === "answer" && said.name === name)
    return reply.kind === "answer" ? reply.verdict : ""
  }

  /** The verdict of this moment. */
  async judge(host: string, port = 443): Promise<string> {
    const name = crypto.randomUUID()
    this.#send({ kind: "judge", name, host, port })
    return this.answer(name)
  }

  /** Waits until people were told of a question. */
  async announces(host: string): Promise<void> {
    await this.hears(reply => reply.kind === "announced" && reply.host === host)
  }

  /** The first of its replies that is of this kind. @throws Error when it never comes */
  async hears(isIt: (reply: HostReply) => boolean): Promise<HostReply> {
    const found = await eventually(() => this.said.find(isIt), 20_000)
    if (found === undefined)
      throw new Error(`the session never said it:\n${JSON.stringify(this.said)}\n${this.#complaints}`)
    return found
  }

  /** Ends it as sessions end: with a last event. */
  async end(): Promise<void> {
    this.#process.stdin.end()
    await this.#process.exited
  }

  /** Stops it as Ctrl-Z does, and lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.#process.kill(signal)
  }

  #send(request: HostRequest): void {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`)
    this.#process.stdin.flush()
  }

  async #read(): Promise<void> {
    let text = ""
    const decoder = new TextDecoder()
    for await (const chunk of this.#process.stdout) {
      text += decoder.decode(chunk, { stream: true })
      const lines = text.split("\n")
      text = lines.pop() ?? ""
      this.said.push(...lines.map(line => JSON.parse(line) as HostReply))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL")
    await this.#process.exited
  }
}
