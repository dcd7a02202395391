/** A home and a project made for one test, and Cordon's own binary to start in them. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import { dirname, join } from "node:path"
import { launch, type Outcome, type Running, run } from "./process.ts"

/** The program under test. */
export const cordonBinary = process.env.CORDON_BINARY ?? join(import.meta.dir, "../../dist/cordon")

/** The runtime of the tests, which scripts inside the sandbox run on too. */
export const bun = process.execPath

export const isRoot = process.getuid?.() === 0

/** Path → text; a path that ends with `/` is a directory. */
export type Files = Readonly<Record<string, string>>

export type WorldRequest = {
  /** files of the home directory */
  home?: Files
  /** files of the project */
  project?: Files
  /** whether the project is a git repository with one commit */
  git?: boolean
  /** where the scratch directory is made; the running user's own home when absent */
  below?: string
  /** variables of every run, beside the few that there are anyway */
  env?: Readonly<Record<string, string>>
}

export type RunOptions = {
  /** options of Cordon's, before the command */
  options?: readonly string[]
  /** variables beside the few that every run has */
  env?: Readonly<Record<string, string>>
  stdin?: string | Uint8Array
  /** where Cordon is started; the project when absent */
  cwd?: string
}

/** What one of several attempts inside came to. */
export type Attempt = { code: number; output: string }

export class World implements Disposable {
  /** holds all of it */
  readonly root: string
  readonly home: string
  /** below the home, as projects are */
  readonly project: string
  readonly #env: Readonly<Record<string, string>>

  constructor({
    home = {},
    project = {},
    git = false,
    below = userInfo().homedir,
    env = {},
  }: WorldRequest = {}) {
    this.#env = env
    this.root = mkdtempSync(join(realpathSync(below), "cordon-test-"))
    // Another account must get there where a test says so, as it gets to a home of mode 0755.
    chmodSync(this.root, 0o755)
    this.home = join(this.root, "home")
    this.project = join(this.home, "work/project")
    mkdirSync(this.project, { recursive: true })
    writeFiles(this.home, home)
    writeFiles(this.project, project)
    if (git) this.#makeRepository()
  }

  /** Variables of every run: few, so that a test's outcome does not hang on who starts it. */
  get env(): Record<string, string> {
    return {
      HOME: this.home,
      PATH: searchPath(),
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      TERM: "dumb",
      ...this.#env,
    }
  }

  /** Runs `cordon WORDS`. */
  cordon(words: readonly string[], { env, stdin, cwd }: RunOptions = {}): Promise<Outcome> {
    return run([cordonBinary, ...words], {
      cwd: cwd ?? this.project,
      env: { ...this.env, ...env },
      ...(stdin === undefined ? {} : { stdin }),
    })
  }

  /** Starts `cordon WORDS` and does not wait for its end. */
  start(words: readonly string[], { env }: RunOptions = {}): Running {
    return launch([cordonBinary, ...words], { cwd: this.project, env: { ...this.env, ...env } })
  }

  /** Runs a shell script inside. */
  shell(script: string, options: RunOptions = {}): Promise<Outcome> {
    return this.cordon([...(options.options ?? []), "--", "sh", "-c", script], options)
  }

  /** Runs JavaScript inside, for what no program of every machine does. */
  script(code: string, options: RunOptions = {}): Promise<Outcome> {
    return this.cordon([...(options.options ?? []), "--read", bun, "--", bun, "-e", code], options)
  }

  /** Tries several shell commands in one sandbox, each in a shell of its own: name → what came of it. */
  async attempts<Name extends string>(
    commands: Readonly<Record<Name, string>>,
    options: RunOptions = {},
  ): Promise<Record<Name, Attempt>> {
    const names = Object.keys(commands) as Name[]
    const steps = names.map(
      name => `out=$( ( ${commands[name]}\n) 2>&1 </dev/null ); printf '%s\\0%s\\0' "$?" "$out"\n`,
    )
    const { code, stdout, stderr } = await this.shell(steps.join(""), options)
    const fields = stdout.split("\0")
    const codes = fields.filter((_, index) => index % 2 === 0).slice(0, -1)
    if (code !== 0 || codes.length !== names.length || !codes.every(field => /^\d+$/.test(field)))
      throw new Error(`the attempts did not all run: exit code ${code}\n${stdout}\n${stderr}`)
    const found = names.map((name, index): [Name, Attempt] => [
      name,
      { code: Number(fields[index * 2]), output: fields[index * 2 + 1] ?? "" },
    ])
    return Object.fromEntries(found) as Record<Name, Attempt>
  }

  /** Runs a program of the host outside the sandbox, in the project. @throws Error when it fails */
  async host(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(words, { cwd: this.project, env: this.env })
    if (code !== 0) throw new Error(`${words.join(" ")}: exit code ${code}\n${stderr}`)
    return stdout
  }

  #makeRepository(): void {
    makeRepository(this.project, this.env)
  }

  /** Not with node:fs, which does not find names that are no UTF-8. */
  [Symbol.dispose](): void {
    const remove = () => Bun.spawnSync(["rm", "-rf", this.root], { stderr: "pipe" })
    if (remove().exitCode === 0) return
    // A directory that a test closed cannot be emptied by an ordinary user until it is open again.
    Bun.spawnSync(["chmod", "-R", "u+rwX", this.root])
    const { exitCode, stderr } = remove()
    if (exitCode !== 0) throw new Error(`cannot remove ${this.root}: ${stderr}`)
  }
}

/** Makes a directory a git repository with one commit of all that is in it. */
export function makeRepository(directory: string, env: Readonly<Record<string, string>>): void {
  const commands = [
    ["init", "-q", "-b", "main"],
    ["config", "user.name", "Test"],
    ["config", "user.email", "test@example.com"],
    ["add", "-A"],
    ["commit", "-q", "--allow-empty", "-m", "first"],
  ]
  for (const words of commands) {
    const { exitCode, stderr } = Bun.spawnSync(["git", ...words], { cwd: directory, env: { ...env } })
    if (exitCode !== 0) throw new Error(`git ${words.join(" ")}: ${stderr}`)
  }
}

/** Writes files below a directory, with the directories that they need. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const place = join(directory, path)
    mkdirSync(path.endsWith("/") ? place : dirname(place), { recursive: true })
    if (!path.endsWith("/")) writeFileSync(place, text)
  }
}

/** The system's programs, and Node wherever it is. */
function searchPath(): string {
  const node = Bun.which("node")
  const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
  return [...new Set([...system, ...(node === null ? [] : [dirname(node)])])].join(":")
}
