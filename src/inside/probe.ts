/**
 * Runs inside the sandbox for `cordon verify`: tries what must fail and what must work, and says what happened.
 * It decides nothing; what it says is judged outside.
 */
import { createSocket } from "node:dgram"
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs"
import { connect } from "node:net"
import { systemPath } from "../base/path-bytes.ts"
import { create, makeAt, openForWriting } from "./probe-files.ts"

/** One thing to try. */
export type Attempt =
  /** `create`: make a file and remove it again; `make`: the same, with what directories it needs */
  | { kind: "read" | "list" | "write-file" | "create" | "make"; path: string }
  | { kind: "connect"; port: number }
  | { kind: "connect-abstract"; name: string }
  /** ask for a page as a browser would: `refused` when Cordon answers that it may not be, or nobody does */
  | { kind: "reach"; host: string; port: number }
  | { kind: "datagram"; address: string; port: number }
  | { kind: "variable"; name: string }
  | { kind: "exists"; path: string }
  /** start a sandbox in the sandbox */
  | { kind: "user-namespace"; bubblewrap: string }
  | { kind: "capabilities" }
  | { kind: "processes" }
  /** `refused` when it fails with this errno */
  | { kind: "call"; number: number; arguments: readonly number[]; errno: number }

/** `done`: it worked; `refused`: it did not, with the errno or the like. */
export type Outcome = { result: "done" | "refused"; detail: string }

/** Reads the attempts from standard input and writes the outcomes to standard output, both as JSON. */
export async function probe(): Promise<number> {
  const attempts = JSON.parse(readFileSync(0, "utf8")) as Attempt[]
  const outcomes: Outcome[] = []
  for (const attempt of attempts) outcomes.push(await outcomeOf(attempt))
  process.stdout.write(JSON.stringify(outcomes))
  return 0
}

async function outcomeOf(attempt: Attempt): Promise<Outcome> {
  try {
    return { result: "done", detail: await tryOut(attempt) }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    return { result: "refused", detail: code }
  }
}

async function tryOut(attempt: Attempt): Promise<string> {
  switch (attempt.kind) {
    case "read":
      closeSync(openSync(systemPath(attempt.path), "r"))
      return ""
    case "list":
      return `${readdirSync(systemPath(attempt.path)).length} entries`
    case "write-file":
      return openForWriting(attempt.path)
    case "create":
      return create(attempt.path)
    case "make":
      return makeAt(attempt.path)
    case "connect":
      return connectTo({ host: "127.0.0.1", port: attempt.port })
    case "connect-abstract":
      return connectTo({ path: `\0${attempt.name}` })
    case "reach":
      return reach(attempt)
    case "datagram":
      return sendDatagram(attempt)
    case "variable":
      return attempt.name in process.env ? "set" : refusal("ENOENT")
    case "exists":
      return readdirSync(attempt.path.slice(0, attempt.path.lastIndexOf("/"))).includes(
        attempt.path.slice(attempt.path.lastIndexOf("/") + 1),
      )
        ? "there"
        : refusal("ENOENT")
    case "user-namespace":
      return makeUserNamespace(attempt.bubblewrap)
    case "capabilities":
      return /^CapEff:\s*0+$/m.test(statusText()) && /^NoNewPrivs:\s*1$/m.test(statusText())
        ? refusal("EPERM")
        : "has some"
    case "call":
      return makeCall(attempt)
    case "processes":
      return readFileSync("/proc/1/comm", "utf8").trim() === "bwrap" ? refusal("ESRCH") : "sees the host's"
  }
}

/** unshare(2) fails in a program with threads whatever the rules are, so a program without any has to try. */
function makeUserNamespace(bubblewrap: string): string {
  // Another standard input would be /dev/null, which may be denied.
  const { exitCode, stderr } = Bun.spawnSync(
    [bubblewrap, "--unshare-user", "--ro-bind", "/", "/", "--", "/bin/true"],
    { stdin: "inherit", stdout: "pipe", stderr: "pipe" },
  )
  return exitCode === 0 ? "made one" : refusal(stderr.toString().trim())
}

async function makeCall({
  number,
  arguments: words,
  errno,
}: Extract<Attempt, { kind: "call" }>): Promise<string> {
  const { rawCall } = await import("../kernel/raw-call.ts")
  const [a, b, c, d, e, f] = words
  const result = rawCall(number, a, b, c, d, e, f)
  return result === -errno ? refusal(`errno ${errno}`) : `it returned ${result}`
}

function connectTo(target: { host: string; port: number } | { path: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(target)
    socket.once("connect", () => {
      socket.destroy()
      resolve("connected")
    })
    socket.once("error", reject)
  })
}

/** A host that is let through may be down all the same: then the border says so, by another status. */
function reach({ host, port }: { host: string; port: number }): Promise<string> {
  const name = host.includes(":") ? `[${host}]` : host
  return new Promise((resolve, reject) => {
    let answer = ""
    const socket = connect({ host, port })
    const fail = (code: string) => reject(Object.assign(new Error(code), { code }))
    socket.once("error", reject)
    socket.once("connect", () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${name}:${port}\r\nConnection: close\r\n\r\n`),
    )
    socket.on("data", bytes => {
      answer += bytes.toString("latin1")
      if (!answer.includes("\r\n\r\n")) return
      socket.destroy()
      const [status = ""] = answer.split("\r\n")
      if (/^x-cordon: refused/im.test(answer)) fail(status)
      else resolve(status)
    })
    socket.once("close", () => fail("ECONNRESET"))
  })
}

function sendDatagram({ address, port }: { address: string; port: number }): Promise<string> {
  const socket = createSocket("udp4")
  return new Promise((resolve, reject) => {
    socket.once("error", reject)
    socket.send("x", port, address, error => {
      socket.close()
      if (error === null) resolve("sent")
      else reject(error)
    })
  })
}

function statusText(): string {
  return readFileSync("/proc/self/status", "utf8")
}

function refusal(code: string): never {
  throw Object.assign(new Error(code), { code })
}
