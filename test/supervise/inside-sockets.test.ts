/** Sockets of a sandbox's network, made from outside: they reach what listens inside and nothing of the host's. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { closeSync, openSync, readlinkSync } from "node:fs"
import { ownerOf } from "../../src/kernel/namespaces.ts"
import { addressOf, rawCall } from "../../src/kernel/raw-call.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"
import { InsideSockets } from "../../src/supervise/inside-sockets.ts"
import { type Listener, listen } from "../support/listener.ts"
import { eventually } from "../support/process.ts"
import { bun } from "../support/world.ts"

const numbers = callNumbers(presentArchitecture())
/** A sandbox without Cordon: its program prints its port, then its own PID as the host sees it can be found. */
const serving = `
const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open(socket) { socket.end("from inside") }, data() {} } })
console.log(server.port)
setInterval(() => {}, 1000)
`
const isolation = "--unshare-all --unshare-user --disable-userns --die-with-parent --cap-drop ALL".split(" ")
const tree = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]

let sandbox: Bun.Subprocess<"ignore", "pipe", "inherit">
let port: number
let inside: number

beforeAll(async () => {
  const words = ["bwrap", ...isolation, ...tree, "--", bun, "-e", serving]
  sandbox = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit", env: { HOME: "/tmp" } })
  const { value } = await sandbox.stdout.getReader().read()
  port = Number(Buffer.from(value ?? []).toString())
  inside = (await eventually(() => childOf(childOf(sandbox.pid)))) ?? 0
})
afterAll(() => sandbox.kill("SIGKILL"))

function childOf(process: number | undefined): number | undefined {
  const { stdout } = Bun.spawnSync(["ps", "-o", "pid=", "--ppid", String(process)])
  const found = Number(stdout.toString().trim().split("\n")[0])
  return found > 0 ? found : undefined
}

/** connect(2) to a port of 127.0.0.1. @returns 0 or -errno */
function connect(socket: number, to: number): number {
  const address = Buffer.alloc(16)
  address.writeUInt16LE(2, 0)
  address.writeUInt16BE(to, 2)
  address.set([127, 0, 0, 1], 4)
  return rawCall(numbers.connect, socket, addressOf(address), address.length)
}

const refused = -111

function portOf({ place }: Listener): number {
  return "port" in place ? place.port : 0
}

describe("a socket of the inside", () => {
  test("reaches a program that listens there", async () => {
    const sockets = new InsideSockets(inside)
    const socket = sockets.take()
    expect(connect(socket, port)).toBe(0)
    const heard = await new Promise<string>(resolve => {
      const options = {
        fd: socket,
        socket: { data: (_: unknown, bytes: Buffer) => resolve(bytes.toString()) },
      }
      // Bun 1.4.5 takes a descriptor; its types do not.
      void Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<undefined>)
    })
    expect(heard).toBe("from inside")
    sockets.close()
  })

  test("does not reach the host's loopback, which a socket of the host does", async () => {
    await using service = await listen({ hostname: "127.0.0.1" })
    const own = rawCall(numbers.socket, 2, 1, 0)
    expect(connect(own, portOf(service))).toBe(0)
    const sockets = new InsideSockets(inside)
    expect(connect(sockets.take(), portOf(service))).toBe(refused)
    expect(connect(rawCall(numbers.socket, 2, 1, 0), port)).toBe(refused)
    sockets.close()
  })

  test("is there as often as it is wanted, each a socket of its own that no exec inherits", () => {
    const sockets = new InsideSockets(inside)
    const many = Array.from({ length: 100 }, () => sockets.take())
    const names = many.map(socket => readlinkSync(`/proc/self/fd/${socket}`))
    expect(new Set(names).size).toBe(100)
    expect(names.every(name => name.startsWith("socket:"))).toBe(true)
    const inherited = Bun.spawnSync(["ls", "-l", "/proc/self/fd"]).stdout.toString()
    expect(names.filter(name => inherited.includes(name))).toEqual([])
    for (const socket of many) closeSync(socket)
    sockets.close()
  })

  test("is not made when the sandbox has ended", () => {
    const gone = Bun.spawnSync(["true"]).pid
    expect(() => new InsideSockets(gone).take()).toThrow()
  })
})

test("the owner of a network is a user namespace, and not ours", () => {
  const network = openSync(`/proc/${inside}/ns/net`, "r")
  const owner = readlinkSync(`/proc/self/fd/${ownerOf(network)}`)
  expect(owner).toStartWith("user:[")
  expect(owner).not.toBe(readlinkSync("/proc/self/ns/user"))
})
