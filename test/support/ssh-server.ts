/** OpenSSH's own server on loopback, for the user that the tests run as, with keys that are made for it. */
import { chmodSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { freePort } from "./border.ts"
import { eventually } from "./process.ts"

const sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"].find(existsSync)
const tools = ["ssh", "ssh-keygen"].every(name => Bun.which(name) !== null)

/** Root's server separates its privileges, and wants this place of the system's for that. */
const separation = "/run/sshd"
const isRoot = process.getuid?.() === 0

/** Why there is none here, or undefined. */
export const noSshServer =
  sshd === undefined || !tools ? "OpenSSH with its server is not installed" : undefined

export type SshServer = AsyncDisposable & {
  port: number
  user: string
  /** the private key that opens it */
  key: string
  /** a file with the server's own key, for every name */
  knownHosts: string
  /** what it has to say about its connections */
  log(): Promise<string>
}

/** @param directory for keys and settings; nobody else may be able to write there */
export async function sshServer(directory: string): Promise<SshServer> {
  const [hostKey, key] = [join(directory, "host-key"), join(directory, "user-key")]
  for (const file of [hostKey, key]) generate(file)
  const authorized = join(directory, "authorized")
  writeFileSync(authorized, await Bun.file(`${key}.pub`).text())
  const knownHosts = join(directory, "known-hosts")
  writeFileSync(knownHosts, `* ${await Bun.file(`${hostKey}.pub`).text()}`)
  const isOurs = isRoot && !existsSync(separation)
  if (isOurs) mkdirSync(separation, { mode: 0o755 })
  const [settings, log] = [join(directory, "sshd.conf"), join(directory, "sshd.log")]
  const port = freePort()
  writeFileSync(settings, configuration({ port, hostKey, authorized }))
  const server = Bun.spawn([sshd ?? "", "-D", "-f", settings, "-E", log], {
    stdio: ["ignore", "ignore", "ignore"],
  })
  const text = () => Bun.file(log).text()
  if (
    (await eventually(() => (server.exitCode === null ? undefined : true), 100)) === true ||
    !(await listens(port))
  )
    throw new Error(`sshd does not start: ${await text()}`)
  return {
    port,
    user: Bun.spawnSync(["id", "-un"]).stdout.toString().trim(),
    key,
    knownHosts,
    log: text,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL")
      await server.exited
      if (isOurs) rmdirSync(separation)
    },
  }
}

/** Options of ssh(1) with which it is let in, and asks nobody. */
export function sshOptions({ key, knownHosts }: Pick<SshServer, "key" | "knownHosts">): string[] {
  const options = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    `IdentityFile=${key}`,
    `UserKnownHostsFile=${knownHosts}`,
    "GlobalKnownHostsFile=none",
    "StrictHostKeyChecking=yes",
  ]
  return ["-F", "none", ...options.flatMap(option => ["-o", option])]
}

function generate(file: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file])
  if (exitCode !== 0) throw new Error(`ssh-keygen: ${stderr}`)
  chmodSync(file, 0o600)
}

function configuration({
  port,
  hostKey,
  authorized,
}: {
  port: number
  hostKey: string
  authorized: string
}): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorized}`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "PrintMotd no",
    "LogLevel VERBOSE",
    "",
  ].join("\n")
}

/** Whether somebody takes connections there, sooner or later. */
export async function listens(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const socket = connect({ port, host: "127.0.0.1" })
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    const isThere = await promise
    socket.destroy()
    if (isThere) return true
    await Bun.sleep(50)
  }
  return false
}
