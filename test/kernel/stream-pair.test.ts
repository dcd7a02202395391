import { expect, test } from "bun:test"
import { once } from "node:events"
import { closeSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { connect } from "node:net"
import { streamPair } from "../../src/kernel/stream-pair.ts"

/** open(2) flags of a descriptor, as proc_pid_fdinfo(5) prints them: octal. */
function flagsOf(descriptor: number): number {
  const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8")
  return Number.parseInt(/^flags:\s+(\d+)$/m.exec(text)?.[1] ?? "0", 8)
}

test("both ends are sockets that do not block and that no program of ours inherits", () => {
  const pair = streamPair()
  for (const descriptor of pair) {
    expect(readlinkSync(`/proc/self/fd/${descriptor}`)).toMatch(/^socket:/)
    expect(flagsOf(descriptor) & 0o4000).toBe(0o4000)
    expect(flagsOf(descriptor) & 0o2000000).toBe(0o2000000)
    closeSync(descriptor)
  }
})

test("what is written at one end is read at the other, both ways, and each way ends by itself", async () => {
  const [left, right] = streamPair()
  const near = connect({ fd: left, allowHalfOpen: true } as never)
  const heard: string[] = []
  const socket: Bun.SocketHandler<undefined> = {
    data: (socket, bytes) => {
      heard.push(bytes.toString())
      socket.write("answer")
    },
    end: socket => {
      heard.push("end")
      socket.end("last")
    },
  }
  const options = { fd: right, allowHalfOpen: true, data: undefined, socket }
  const far = await Bun.connect(options as unknown as Bun.TCPSocketConnectOptions<undefined>)
  expect(far).toBeDefined()
  near.write("question")
  expect(String((await once(near, "data"))[0])).toBe("answer")
  near.end()
  expect(String((await once(near, "data"))[0])).toBe("last")
  await once(near, "end")
  expect(heard).toEqual(["question", "end"])
})

test("a thousand pairs one after the other leave no descriptor behind", () => {
  const openNow = () => readdirSync("/proc/self/fd").length
  const before = openNow()
  for (let count = 0; count < 1000; count++) for (const descriptor of streamPair()) closeSync(descriptor)
  // Other tests of this process may close theirs meanwhile, and open a few.
  expect(openNow()).toBeLessThan(before + 100)
})
