/** The sockets that this process has open: what an earlier test closes meanwhile is in no difference of theirs. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Each by its name, which no other has as long as the machine runs; a copy counts once more. */
export function openSockets(): string[] {
  return readdirSync("/proc/self/fd")
    .map(linkOf)
    .filter(name => name.startsWith("socket:"))
}

/** Those that were opened after these, and are open. */
export function openedSince(before: readonly string[]): string[] {
  const known = new Set(before)
  return openSockets().filter(name => !known.has(name))
}

/** Names of the sockets that lead to a port, or are about to, by IPv4. */
export function leadingTo(port: number): string[] {
  return tcpSockets().flatMap(({ remotePort, name }) => (remotePort === port ? name : []))
}

/** How many connections stand at a listening port that nobody has taken yet. */
export function waitingAt(port: number): number {
  const listening = "0A"
  return tcpSockets().find(({ state, localPort }) => state === listening && localPort === port)?.waiting ?? 0
}

/** proc_net_tcp.txt of the kernel's documentation; of a listener the receive queue is that of its connections. */
function tcpSockets() {
  const lines = readFileSync("/proc/self/net/tcp", "latin1").trim().split("\n").slice(1)
  return lines.map(line => {
    const [, local = "", remote = "", state = "", queues = "", , , , , inode] = line.trim().split(/\s+/)
    return {
      localPort: Number.parseInt(local.slice(-4), 16),
      remotePort: Number.parseInt(remote.slice(-4), 16),
      state,
      waiting: Number.parseInt(queues.split(":")[1] ?? "", 16),
      name: `socket:[${inode}]`,
    }
  })
}

/** "" for the descriptor that the list itself was read with. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ""
    throw error
  }
}
