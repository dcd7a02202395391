/** The sockets by which the supervisor sets up the sandbox's network: none of them stays inside, and nobody there has its power. */
import { expect, test } from "bun:test"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/local/bin:/usr/bin:/bin" })

const inside = async (...words: string[]) => {
  using world = new World()
  const all = [cordonBinary, "-q", "--net", "filtered", "--", ...words]
  return await run(all, { cwd: world.project, env: world.env })
}

test("no descriptor of them is open", async () => {
  // `ls` itself has the directory open as 3.
  const { stdout, code } = await inside("ls", "/proc/self/fd")
  expect({ code, open: stdout.trim().split(/\s+/) }).toEqual({ code: 0, open: ["0", "1", "2", "3"] })
})

test("the network has no socket to its configuration but the kernel's own", async () => {
  const { stdout, code } = await inside("cat", "/proc/net/netlink")
  const [, ...sockets] = stdout.trim().split("\n")
  // sk, Eth, Pid: 0 is the kernel
  const owners = sockets.map(line => line.trim().split(/\s+/)[2])
  expect({ code, owners: [...new Set(owners)] }).toEqual({ code: 0, owners: ["0"] })
})

test.skipIf(!python)("nobody inside may change `lo` [skipped when there is no python3]", async () => {
  // RTM_NEWLINK with another size of segments, and with `lo` down (IFF_UP off, of ifi_change)
  const change = `
import errno, socket, struct
route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
for change, attribute in ((0, struct.pack("HHI", 8, 63, 65536)), (1, b"")):
    body = struct.pack("BxHiII", 0, 0, 1, 0, change) + attribute
    route.send(struct.pack("IHHII", 16 + len(body), 16, 5, 1, 0) + body)
    print(errno.errorcode[-struct.unpack_from("i", route.recv(4096), 16)[0]])
`
  const { stdout, stderr } = await inside(python ?? "", "-c", change)
  // Either the kernel refuses the change, or the sandbox the socket for it.
  const refused = stdout === "EPERM\nEPERM\n" || /PermissionError|not supported/.test(stderr)
  expect({ refused, stdout, stderr }).toMatchObject({ refused: true })
})
