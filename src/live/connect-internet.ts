/** connect(2) of IPv4 and IPv6 sockets. Where there is a border, connections to somewhere else are made to it. */
import { readLinkAt } from "../kernel/file-calls.ts"
import { at } from "../kernel/file-flags.ts"
import { pinned } from "../kernel/raw-call.ts"
import {
  connectTo,
  families,
  options,
  ownAddress,
  processOf,
  readOption,
  socketTypes,
  writeOption,
} from "../kernel/sockets.ts"
import { type Dialled, landingOf } from "../network/streams/landing.ts"
import { connectStream } from "./connect.ts"
import type { SocketCall } from "./handle-sockets.ts"
import type { Outcome } from "./session.ts"
import { internetAddress, writeIpv4 } from "./socket-address.ts"

const target = pinned(128)
const local = pinned(128)

export function connectInternet(call: SocketCall): Outcome {
  const { session, socket, domain, address, size } = call
  // What sends datagrams does not wait, and finds nobody.
  if (readOption(socket, options.type) !== socketTypes.stream) return connectTo(socket, address.address, size)
  const { network } = session
  const dialled = network && internetAddress(address.bytes, size, domain)
  const landing = dialled && landingOf(dialled, network.hostPorts)
  if (dialled === undefined || landing === undefined || !takesIpv4(socket, domain))
    return connectStream(call, { bytes: address.bytes, size })
  // The connection would begin whenever the program first sends something.
  writeOption(socket, options.deferredConnect, 0)
  const length = writeIpv4(target.bytes, domain, landing)
  return connectStream(call, { bytes: target.bytes, size: length }, () => announce(call, dialled))
}

/**
 * An IPv6 socket connects to IPv4 addresses too, unless it was told not to; Go tells all of its. It can be told
 * otherwise as long as it has no address of its own. One that has is left to find no route (ipv6(7)).
 */
function takesIpv4(socket: number, domain: number): boolean {
  if (domain === families.internet) return true
  const own = internetAddress(local.bytes, ownAddress(socket, local), domain)
  const isFree = own?.ipv4 !== undefined || own?.address === "::"
  const isOnly = readOption(socket, options.onlyIpv6) !== 0
  return isFree && (!isOnly || writeOption(socket, options.onlyIpv6, 0) === 0)
}

/** Tells the border, which knows the connection by the program's end of it. */
function announce({ session, socket, domain }: SocketCall, { address, port }: Dialled): void {
  const from = internetAddress(local.bytes, ownAddress(socket, local), domain)
  if (from === undefined) return
  const process = processOf(session.listener.thread)
  session.network?.dialled({
    from: { address: from.address, port: from.port },
    to: { address, port },
    process,
    program: programOf(process),
  })
}

const link = pinned(64)
const program = pinned(4096)

/** Its executable (proc_pid_exe(5)) as the sandbox names it. */
function programOf(process: number): string {
  link.bytes[link.bytes.write(`/proc/${process}/exe`)] = 0
  const length = readLinkAt(at.currentDirectory, link.address, program)
  return length <= 0 ? "" : program.bytes.toString("utf8", 0, length)
}
