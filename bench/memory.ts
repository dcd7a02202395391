/** Resident memory of the supervisor in megabytes (proc_pid_status(5), VmRSS): of one that does little, and of one that ends TLS. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundlePlaces } from "../src/host/authorities.ts"
import { createAuthority } from "../src/network/tls/authority.ts"
import { program } from "./contenders.ts"
import type { World } from "./world.ts"

export type Held = { megabytes: number; descriptors: number }

/** @returns undefined when the process has ended */
export function heldBy(process_: number): Held | undefined {
  try {
    const status = readFileSync(`/proc/${process_}/status`, "utf8")
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    return { megabytes: kilobytes / 1024, descriptors: readdirSync(`/proc/${process_}/fd`).length }
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return undefined
    throw cause
  }
}

const path = "/usr/local/bin:/usr/bin:/bin"

/** At its largest, while a command makes files. */
export function supervisorMegabytes(world: World): Promise<number> {
  const script = "for i in $(seq 40000); do : > made-$((i % 50)); done; echo ready; read -r line"
  const words = [program, "-q", "-n", "-C", world.project, "--", "sh", "-c", script]
  return largest(words, { cwd: world.project, env: { HOME: world.home, PATH: path } })
}

const requests = 400
const host = "api.example"

/**
 * At its largest, with a credential that is swapped in each of some hundred requests, a connection each. What the host
 * trusts is what it trusts, and the server of the bench besides.
 */
export async function credentialMegabytes(world: World): Promise<number> {
  const directory = join(world.home, "credentials")
  mkdirSync(directory)
  const file = (name: string, content: string) => {
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  const authority = createAuthority(undefined)
  const { key, certificate } = authority.identityOf(host)
  const trusted = [...bundlePlaces.flatMap(readIfThere).slice(0, 1), authority.certificate]
  const script = join(import.meta.dir, "../test/support/ended-upstream.cjs")
  const server = Bun.spawn([process.execPath, script, file("key", key), file("certificate", certificate)], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    const port = await portOf(server.stdout)
    const policy = file("policy.yaml", policyFor(port))
    const get = `curl -sS -o /dev/null -H "Authorization: Bearer $TOKEN" https://${host}:${port}/echo`
    const command = `for i in $(seq ${requests}); do ${get} || exit 1; done; echo ready; read -r line`
    const cordon = [program, "-q", "-C", world.project, "--config", policy, "--", "sh", "-c", command]
    const names = file("hosts", `127.0.0.1 localhost\n127.0.0.1 ${host}\n`)
    return await largest([...unshared, names, ...cordon], {
      cwd: world.project,
      env: {
        ...{ HOME: world.home, PATH: path, TOKEN: "ghp_SECRETsecretSECRETsecretSECRET123456" },
        SSL_CERT_FILE: file("trusted.pem", trusted.join("\n")),
      },
    })
  } finally {
    server.kill("SIGKILL")
  }
}

const policyFor = (port: number) => `version: 1
network:
  mode: filtered
  allow: ["${host}:${port} GET /**", "127.0.0.1:${port}"]
credentials:
  - name: TOKEN
    from: { variable: TOKEN }
    hosts: ["${host}:${port}"]
    as: bearer
`

/** A name of the host's for one run: its /etc/hosts in a mount namespace, in which Cordon has no capabilities. */
const mount =
  'mount --bind "$1" /etc/hosts || exit 99; shift; exec setpriv --ambient-caps=-all --inh-caps=-all "$@"'
const unshared = [..."unshare --user --map-current-user --mount --keep-caps sh -c".split(" "), mount, "sh"]

function readIfThere(place: string): string[] {
  try {
    return [readFileSync(place, "utf8")]
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause
    return []
  }
}

/** The first line that it says. What follows is read, so that it never waits. */
async function portOf(said: ReadableStream<Uint8Array>): Promise<number> {
  const reader = said.getReader()
  const { value } = await reader.read()
  const drain = async (): Promise<void> => {
    while (!(await reader.read()).done);
  }
  void drain()
  return (JSON.parse(Buffer.from(value ?? []).toString()) as { port: number }).port
}

/** What a launch needed is given back 200 ms after it (supervise/supervise.ts): one that lasts is looked at. */
const settledMs = 500

/** A command that says when it is ready and ends when it is told to. */
async function largest(
  words: string[],
  start: { cwd: string; env: Record<string, string> },
): Promise<number> {
  const child = Bun.spawn(words, { ...start, stdin: "pipe", stdout: "pipe", stderr: "inherit" })
  const seen: number[] = []
  const look = () => seen.push(heldBy(child.pid)?.megabytes ?? 0)
  const ready = child.stdout.getReader().read()
  await Bun.sleep(settledMs)
  const timer = setInterval(look, 100)
  await ready
  clearInterval(timer)
  look()
  child.stdin.write("\n")
  child.stdin.end()
  const code = await child.exited
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}`)
  return Math.max(...seen)
}
