/**
 * A unix datagram names its receiver, so a pair of them reaches any socket of the host's without a `connect` that
 * somebody could decide on: the session bus's, the system log's, a window manager's.
 */
import { expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { eventually, launch } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

/** Sends by both ways there are, and prints what came of them. Word: the path of the receiver. */
const send = `
import socket, sys
def sent(make):
    try:
        with make() as sender:
            sender.sendto(b"from inside", sys.argv[1])
            return "sent"
    except OSError as error:
        return error.strerror
print(sent(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)))
print(sent(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]))
`

/** Says when it listens, then what it hears for a while. Word: its path. */
const receive = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
receiver.settimeout(20)
heard = 0
while True:
    text = receiver.recv(100)
    if text == b"end":
        break
    heard += 1
print(heard)
`
const end = `
import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", sys.argv[1])
`
const noPython = Bun.which("python3", { PATH: "/usr/bin:/bin" }) === null

/** Whether a host's receiver that is there after the launch hears what the sender sends. */
async function heardBy(world: World, start: readonly string[]): Promise<{ said: string; heard: string }> {
  const path = join(world.project, "receiver")
  const started = join(world.project, "started")
  const script = `: > started; until test -S "$1"; do sleep 0.05; done; exec python3 -c "$2" "$1"`
  const where = { cwd: world.project, env: world.env }
  const sender = launch([...start, "sh", "-c", script, "sh", path, send], where)
  // Only then: a socket that is there at the launch is hidden.
  await eventually(() => (existsSync(started) ? true : undefined))
  const receiver = launch(["python3", "-c", receive, path], where)
  const { stdout } = await sender.outcome
  await world.host("python3", "-c", end, path)
  return { said: stdout, heard: (await receiver.outcome).stdout.trim() }
}

test.skipIf(noPython)(
  "no datagram reaches a socket of the host's [skipped when python3 is not installed]",
  async () => {
    using bare = new World()
    expect(await heardBy(bare, []), "the attempt works without a sandbox").toEqual({
      said: "sent\nsent\n",
      heard: "2",
    })
    using world = new World()
    const refused = "Socket type not supported\n"
    expect(await heardBy(world, [cordonBinary, "-q", "--"])).toEqual({ said: refused + refused, heard: "0" })
  },
)

test.skipIf(noPython)(
  "sockets and pairs of the other types work inside [skipped when python3 is not installed]",
  async () => {
    using world = new World()
    const script = `
import socket
for kind in socket.SOCK_STREAM, socket.SOCK_SEQPACKET:
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    one.send(b"x")
    print(other.recv(1) == b"x")
    server = socket.socket(socket.AF_UNIX, kind)
    server.bind("own-%d" % kind)
    server.listen()
    client = socket.socket(socket.AF_UNIX, kind)
    client.connect("own-%d" % kind)
    client.send(b"y")
    print(server.accept()[0].recv(1) == b"y")
`
    const { stdout } = await world.cordon(["-q", "--", "python3", "-c", script])
    expect(stdout).toBe("True\n".repeat(4))
  },
)
