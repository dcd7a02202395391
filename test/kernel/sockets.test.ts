/** The calls on sockets, made on real ones: our own, and those of another process. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { close, setStatusFlags } from "../../src/kernel/file-calls.ts"
import { flags } from "../../src/kernel/file-flags.ts"
import { pinned } from "../../src/kernel/raw-call.ts"
import {
  bindTo,
  connectTo,
  families,
  isWritable,
  linkedNamespace,
  makeSocket,
  namespaceOf,
  options,
  outerNamespace,
  ownAddress,
  processOf,
  readOption,
  sendTimeout,
  socketTypes,
  statusFlags,
  takeDescriptor,
  writeOption,
} from "../../src/kernel/sockets.ts"
import { isRoot } from "../support/world.ts"

const { stream, datagram, sequencedPackets } = socketTypes
const opened: number[] = []
afterAll(() => opened.forEach(close))

function socket(family: number, type: number = stream): number {
  const made = makeSocket(family, type)
  expect(made).toBeGreaterThan(0)
  opened.push(made)
  return made
}

const python = Bun.which("python3")
const noPython = python === null

/** A process that holds open what the code makes; the first line that it prints is `heard`. */
async function holding(code: string) {
  const process = Bun.spawn([python ?? "", "-u", "-c", `${code}\nimport time; time.sleep(60)`], {
    stdin: "ignore",
    stdout: "pipe",
  })
  const reader = process.stdout.getReader()
  let heard = ""
  while (!heard.includes("\n")) heard += Buffer.from((await reader.read()).value ?? []).toString()
  return { process, heard: heard.trim() }
}

describe("options", () => {
  test("say what a socket is", () => {
    const tcp = socket(families.internet)
    const tcpIs = [options.domain, options.type, options.protocol].map(option => readOption(tcp, option))
    expect(tcpIs).toEqual([families.internet, stream, 6])
    const unix = socket(families.unix, sequencedPackets)
    expect(readOption(unix, options.domain)).toBe(families.unix)
    expect(readOption(unix, options.type)).toBe(sequencedPackets)
    expect(readOption(socket(families.internet6, datagram), options.protocol)).toBe(17)
  })

  test("are changed", () => {
    const six = socket(families.internet6)
    expect(writeOption(six, options.onlyIpv6, 1)).toBe(0)
    expect(readOption(six, options.onlyIpv6)).toBe(1)
    expect(writeOption(six, options.onlyIpv6, 0)).toBe(0)
    expect(readOption(six, options.onlyIpv6)).toBe(0)
    const tcp = socket(families.internet)
    expect(writeOption(tcp, options.deferredConnect, 1)).toBe(0)
    expect(readOption(tcp, options.deferredConnect)).toBe(1)
  })

  test("of what is no socket are an error", () => {
    const [badDescriptor, notSocket] = [-9, -88]
    expect(readOption(0x7fff, options.domain)).toBe(badDescriptor)
    expect(readOption(1, options.domain)).toBe(notSocket)
    expect(namespaceOf(1)).toBeUndefined()
    expect(linkedNamespace(1)).toBeUndefined()
    expect(linkedNamespace(0x7fff)).toBeUndefined()
  })

  test.skipIf(noPython)(
    "a time limit for sending, in milliseconds [skipped when there is no python3]",
    async () => {
      expect(sendTimeout(socket(families.unix))).toBe(0)
      const limited = `import socket, struct; s = socket.socket(); s.setsockopt(1, 21, struct.pack("qq", 2, 500000)); print(s.fileno())`
      const { process, heard } = await holding(limited)
      const taken = takeDescriptor(process.pid, Number(heard))
      opened.push(taken)
      expect(sendTimeout(taken)).toBe(2500)
      process.kill()
    },
  )
})

describe("connecting and binding", () => {
  test("an address of one's own is told", () => {
    const place = pinned(128)
    const server = socket(families.internet)
    place.bytes.writeUInt16LE(families.internet)
    place.bytes.set([127, 0, 0, 1], 4)
    expect(bindTo(server, place.address, 16)).toBe(0)
    expect(ownAddress(server, place)).toBe(16)
    expect(place.bytes.readUInt16BE(2)).toBeGreaterThan(0)
    expect([...place.bytes.subarray(4, 8)]).toEqual([127, 0, 0, 1])
    const [refused, inProgress] = [-111, -115]
    expect(connectTo(socket(families.internet), place.address, 16)).toBe(refused)
    const waiting = socket(families.internet)
    setStatusFlags(waiting, statusFlags(waiting) | flags.nonBlocking)
    expect(connectTo(waiting, place.address, 16)).toBe(inProgress)
    expect(isWritable(waiting)).toBe(true)
  })

  test("a unix socket takes a path", () => {
    const directory = mkdtempSync(join(tmpdir(), "cordon-kernel-"))
    const place = pinned(128)
    place.bytes.writeUInt16LE(families.unix)
    const length = 2 + place.bytes.write(`${directory}/s`, 2) + 1
    const server = socket(families.unix)
    expect(ownAddress(server, pinned(128))).toBe(2)
    expect(bindTo(server, place.address, length)).toBe(0)
    expect(ownAddress(server, pinned(128))).toBe(length)
    const [inUse, refused] = [-98, -111]
    expect(bindTo(socket(families.unix), place.address, length)).toBe(inUse)
    expect(connectTo(socket(families.unix), place.address, length)).toBe(refused)
    rmSync(directory, { recursive: true })
  })

  test("status flags are those of the open file", () => {
    const one = socket(families.unix)
    expect(statusFlags(one) & flags.nonBlocking).toBe(0)
    setStatusFlags(one, statusFlags(one) | flags.nonBlocking)
    expect(statusFlags(one) & flags.nonBlocking).toBe(flags.nonBlocking)
  })
})

describe.skipIf(noPython)("another process [skipped when there is no python3]", () => {
  test("its socket becomes ours, and is the same one", async () => {
    const { process, heard } = await holding("import socket; s = socket.socket(); print(s.fileno())")
    const taken = takeDescriptor(process.pid, Number(heard))
    opened.push(taken)
    expect(readlinkSync(`/proc/self/fd/${taken}`)).toBe(readlinkSync(`/proc/${process.pid}/fd/${heard}`))
    const [badDescriptor, noProcess] = [-9, -3]
    expect([-1, 999].map(each => takeDescriptor(process.pid, each))).toEqual([badDescriptor, badDescriptor])
    process.kill()
    await process.exited
    expect([noProcess, -22]).toContain(takeDescriptor(process.pid, Number(heard)))
  })

  test("a thread has its process's descriptors, and its own where it keeps some for itself", async () => {
    const { process, heard } = await holding(`
import ctypes, os, socket, threading
shared = socket.socket(); said = []
def alone():
    ctypes.CDLL(None).unshare(0x400)
    own = socket.socket(socket.AF_UNIX); os.dup2(own.fileno(), shared.fileno())
    said.append(threading.get_native_id())
    import time; time.sleep(60)
threading.Thread(target=alone, daemon=True).start()
def same(): said.append(threading.get_native_id()); import time; time.sleep(60)
import time
while len(said) < 1: time.sleep(0.01)
threading.Thread(target=same, daemon=True).start()
while len(said) < 2: time.sleep(0.01)
print(shared.fileno(), *said)
`)
    const [number = 0, alone = 0, same = 0] = heard.split(" ").map(Number)
    const domains = [process.pid, alone, same].map(thread => {
      const taken = takeDescriptor(thread, number)
      opened.push(taken)
      return readOption(taken, options.domain)
    })
    expect(domains).toEqual([families.internet, families.unix, families.internet])
    expect([alone, same, process.pid].map(processOf)).toEqual(Array(3).fill(process.pid))
    process.kill()
  })

  test("one that is not there has no process", () => expect(processOf(2 ** 22 + 1)).toBe(0))
})

const unshare = isRoot ? ["unshare", "-n"] : ["unshare", "-Urn"]
const noNamespace = Bun.spawnSync([...unshare, "true"]).exitCode !== 0
test.skipIf(noPython || noNamespace)(
  "sockets tell network namespaces apart [skipped when there is no python3, or unshare(1) makes none]",
  async () => {
    expect(outerNamespace(process.pid)).toBeUndefined()
    const here = namespaceOf(socket(families.unix))
    expect(here).toBeGreaterThan(0n)
    expect(namespaceOf(socket(families.internet))).toBe(here)
    const code =
      "import socket; s = socket.socket(); print(s.fileno(), flush=True); import time; time.sleep(60)"
    const other = Bun.spawn([...unshare, python ?? "", "-c", code], { stdin: "ignore", stdout: "pipe" })
    const { value } = await other.stdout.getReader().read()
    const taken = takeDescriptor(other.pid, Number(Buffer.from(value ?? []).toString()))
    opened.push(taken)
    expect(namespaceOf(taken)).toBeGreaterThan(0n)
    expect(namespaceOf(taken)).not.toBe(here)
    expect(outerNamespace(other.pid)).toBe(here)
    // As kernels before 5.14 have it.
    const inodeOf = (id: number | "self") => BigInt(readlinkSync(`/proc/${id}/ns/net`).replace(/\D/g, ""))
    expect(linkedNamespace(taken)).toBe(inodeOf(other.pid))
    expect([undefined, inodeOf("self")]).toContain(linkedNamespace(socket(families.internet)))
    other.kill()
  },
)
