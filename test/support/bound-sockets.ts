/** Sockets as the supervisor hands them to the name server: descriptors that are bound already. */
import { checked } from "../../src/kernel/libc.ts"
import { beginConnection } from "../../src/kernel/outgoing.ts"
import { addressOf, rawCall } from "../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { waitingAt } from "./open-sockets.ts"
import { until } from "./servers.ts"

const number = callNumbers(presentArchitecture())
const internet = 2
const types = { stream: 1, datagram: 2 } as const
const closeOnExec = 0o2000000

/** An unbound IPv4 socket. */
export function inetSocket(type: keyof typeof types): number {
  return checked("socket", rawCall(number.socket, internet, types[type] | closeOnExec, 0))
}

export type BoundPair = { datagrams: number; streams: number; port: number }

/** A datagram socket and a listening stream socket on the same port of an address, one that was free. */
export function boundPair(address = "127.0.0.1"): BoundPair {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const datagrams = inetSocket("datagram")
    const streams = inetSocket("stream")
    if (bind(datagrams, address, port) === 0 && bind(streams, address, port) === 0) {
      checked("listen", rawCall(number.listen, streams, 128))
      return { datagrams, streams, port }
    }
    for (const descriptor of [datagrams, streams]) rawCall(number.close, descriptor)
  }
  throw new Error("no port is free")
}

/** bind(2) to struct sockaddr_in (ip(7)) */
function bind(socket: number, to: string, port: number): number {
  const address = Buffer.from(new ArrayBuffer(16))
  address.writeUInt16LE(internet, 0)
  address.writeUInt16BE(port, 2)
  address.set(to.split(".").map(Number), 4)
  return rawCall(number.bind, socket, addressOf(address), address.length)
}

/** A listener whose queue is full: connections to it neither stand nor fail. @param address where it listens */
export async function fullListener(address?: string) {
  const { streams, datagrams, port } = boundPair(address)
  rawCall(number.listen, streams, 0)
  const waiting: number[] = []
  while (waiting.length < 4) waiting.push(beginConnection("127.0.0.1", port))
  await until(() => waitingAt(port) > 0)
  return {
    port,
    [Symbol.dispose]() {
      for (const descriptor of [streams, datagrams, ...waiting]) rawCall(number.close, descriptor)
    },
  }
}
