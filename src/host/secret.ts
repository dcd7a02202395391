/**
 * Reads the secrets of a policy's credentials, on the host and before the launch. What is read here is handed to the
 * border and to nobody else: no message, no plan and no file has it.
 */
import { readFileSync, statSync } from "node:fs"
import { systemPath } from "../base/path-bytes.ts"
import { printable, shellQuoted } from "../base/printable.ts"
import { type Credential, originText } from "../policy/credential.ts"
import { RuleError } from "../policy/rule-error.ts"
import type { Sourced } from "../policy/source.ts"

/** A credential with the place in the policy that asks for it. */
export type WantedSecret = Pick<Sourced<Credential>, "value" | "source">

export type SecretRequest = {
  credentials: readonly WantedSecret[]
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
  /** whether the sandbox can write to a path, as it is written or where it leads */
  isWritable: (path: string) => boolean
  /** how long a command may take, in milliseconds */
  commandMs?: number
}

const bytesMax = 65_536
/** Long enough for a person to unlock a password manager. */
const commandMsMax = 30_000
/** As much of what a command complained about as fits in a message. */
const complaintMax = 500

/**
 * @returns the secrets by the credentials' names
 * @throws RuleError with the place in the policy, for the first that cannot be read
 */
export async function readSecrets(request: SecretRequest): Promise<Map<string, string>> {
  const { credentials } = request
  const secrets = await Promise.all(credentials.map(wanted => readSecret(wanted, request)))
  return new Map(credentials.map(({ value }, index) => [value.name, secrets[index] ?? ""]))
}

async function readSecret({ value, source }: WantedSecret, request: SecretRequest): Promise<string> {
  const { from, name } = value
  const refuse = (what: string, hint: string): never => {
    throw new RuleError(source, `the secret of ${name} ${what}`, hint)
  }
  const text = await readOrigin(from, request, refuse)
  const secret = text.trim()
  if (secret === "") return refuse("is empty", `see what ${printable(originText(from))} holds`)
  // A line break in a header would be the start of another one.
  if (!/^[\x20-\x7e]+$/.test(secret))
    return refuse("is not one line of printable ASCII", `see what ${printable(originText(from))} holds`)
  return secret
}

type Refuse = (what: string, hint: string) => never

function readOrigin(
  from: Credential["from"],
  { environment, isWritable, commandMs = commandMsMax }: SecretRequest,
  refuse: Refuse,
): string | Promise<string> {
  switch (from.kind) {
    case "variable":
      return (
        environment[from.name] ?? refuse(`comes from ${from.name}, which is not set`, `export ${from.name}=…`)
      )
    case "file":
      return readFile(from.path, refuse)
    case "command":
      return runCommand(from.words, { environment, isWritable, commandMs }, refuse)
  }
}

function readFile(path: string, refuse: Refuse): string {
  try {
    const stat = statSync(systemPath(path))
    // A pipe that nobody writes to would hold the launch for ever.
    if (!stat.isFile()) refuse(`comes from ${printable(path)}, which is no file`, "name a file")
    if (stat.size > bytesMax)
      refuse(`comes from ${printable(path)}, which is larger than 64 KiB`, "name the right file")
    return readFileSync(systemPath(path), "utf8")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    const missing = code === "ENOENT" || code === "ENOTDIR"
    return refuse(
      missing
        ? `comes from ${printable(path)}, which does not exist`
        : `comes from ${printable(path)}: ${code}`,
      missing ? "write the secret there, or remove the credential" : `see ls -l ${shellQuoted(path)}`,
    )
  }
}

type CommandRequest = Required<Omit<SecretRequest, "credentials">>

/** Without a shell, and not in the project: what lies there must have no say in what runs on the host. */
async function runCommand(
  words: readonly string[],
  { environment, isWritable, commandMs }: CommandRequest,
  refuse: Refuse,
): Promise<string> {
  const said = `comes from ${printable(originText({ kind: "command", words }))}, which`
  const child = start(words, { environment, isWritable }, refuse)
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<"late">(resolve => {
    timer = setTimeout(() => resolve("late"), commandMs)
  })
  const ended = Promise.all([child.exited, readLimited(child.stdout), readLimited(child.stderr)])
  const outcome = await Promise.race([ended, late])
  clearTimeout(timer)
  if (outcome === "late") {
    child.kill("SIGKILL")
    return refuse(
      `${said} took longer than ${commandMs / 1000} seconds`,
      "run it by hand and see what it waits for",
    )
  }
  const [status, output, complaint] = outcome
  if (output === undefined)
    return refuse(`${said} printed more than 64 KiB`, "run it by hand and see what it prints")
  if (status === 0) return output
  const why = printable((complaint ?? "").trim().slice(-complaintMax))
  return refuse(
    `${said} exited with ${status}${why === "" ? "" : `: ${why}`}`,
    "run it by hand and see what it says",
  )
}

type Starting = Pick<SecretRequest, "environment" | "isWritable">

function start(words: readonly string[], { environment, isWritable }: Starting, refuse: Refuse) {
  const said = `comes from ${printable(originText({ kind: "command", words }))}, which`
  const env = { ...environment, PATH: searchPath({ environment, isWritable }) }
  const [word = "", ...others] = words
  const program = word.includes("/") ? word : Bun.which(word, { PATH: env.PATH })
  if (program !== null && isWritable(program))
    return refuse(
      `${said} lies where the sandbox can write: ${printable(program)}`,
      "name a program that nothing inside can change",
    )
  try {
    return Bun.spawn([program ?? word, ...others], { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return refuse(`${said} cannot be started: ${code}`, "install it, or write its full path")
  }
}

/**
 * Without the directories that the sandbox writes to, with which an npm script or a virtual environment begins it: an
 * earlier run could have left a program there, and an interpreter as well.
 */
function searchPath({ environment, isWritable }: Starting): string {
  const directories = (environment.PATH ?? "/usr/bin:/bin").split(":")
  return directories.filter(each => each.startsWith("/") && !isWritable(each)).join(":")
}

/** @returns undefined when there is more than a secret may be */
async function readLimited(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size <= bytesMax) parts.push(part)
  }
  return size > bytesMax ? undefined : Buffer.concat(parts).toString("utf8")
}
