/** What the sandbox's own network carries at once, as the kernel says it inside. */
import { expect, setDefaultTimeout, test } from "bun:test"
import { runOnStage } from "../support/network-stage.ts"

setDefaultTimeout(40_000)

const python = Bun.which("python3", { PATH: "/usr/local/bin:/usr/bin:/bin" })

/** RTM_GETLINK of `lo`: prints what the kernel says of each size of segments, or "unknown". */
const ask = `
import socket, struct
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
route.send(struct.pack("IHHII", 32, 18, 1, 1, 0) + struct.pack("BxHiII", 0, 0, 1, 0, 0))
answer = route.recv(65536)
at, found = 32, {}
while at + 4 <= len(answer):
    length, kind = struct.unpack_from("HH", answer, at)
    if length < 4: break
    if length == 8: found[kind] = struct.unpack_from("I", answer, at + 4)[0]
    at += (length + 3) & ~3
print(found.get(63, "unknown"), found.get(64, "unknown"))
`
const outside = python && Bun.spawnSync([python, "-c", ask]).stdout.toString().trim()
const reason = !python ? "there is no python3" : outside?.includes("unknown") ? "Linux before 6.3" : ""

test.skipIf(reason !== "")(
  `\`lo\` of the sandbox carries half a megabyte, and the host's what it did [skipped when ${reason}]`,
  async () => {
    const { stdout, code } = await runOnStage([python ?? "", "-c", ask])
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: "524280 524280", code: 0 })
    expect(
      Bun.spawnSync([python ?? "", "-c", ask])
        .stdout.toString()
        .trim(),
    ).toBe(outside ?? "")
  },
)

test.skipIf(!python)("nothing inside may change that [skipped when there is no python3]", async () => {
  const change = `
import errno, socket, struct
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
route.send(struct.pack("IHHII", 40, 16, 5, 1, 0) + struct.pack("BxHiII", 0, 0, 1, 0, 0) + struct.pack("HHI", 8, 63, 65536))
print(errno.errorcode[-struct.unpack_from("i", route.recv(4096), 16)[0]])
`
  expect((await runOnStage([python ?? "", "-c", change])).stdout.trim()).toBe("EPERM")
})

const through = `
import os, socket, threading
listening = socket.create_server(("127.0.0.1", 0))
def send():
    with socket.create_connection(listening.getsockname()) as client:
        for piece in range(200): client.sendall(bytes([piece]) * 300_000)
threading.Thread(target=send).start()
server, _ = listening.accept()
count, wrong = 0, 0
while data := server.recv(1 << 20):
    for at in range(0, len(data), 4096): wrong += data[at] != (count + at) // 300_000
    count += len(data)
print(count, wrong)
`

test.skipIf(!python)(
  "bytes between two programs inside come as they went [skipped when there is no python3]",
  async () => {
    expect((await runOnStage([python ?? "", "-c", through])).stdout.trim()).toBe("60000000 0")
  },
)
