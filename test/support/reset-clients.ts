/** Clients that connect and reset at once, while nobody of this process can accept: it waits for them to be done. */

const script = `
import socket, struct, sys
port, count, own = (int(word) for word in sys.argv[1:4])
for _ in range(count):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", own))
    s.connect(("127.0.0.1", port))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    print(s.getsockname()[1])
    s.close()
`

/** @param from the port that they use, one after the other; 0 = any. @returns the ports that they had */
export function resetClients(port: number, count: number, from = 0): number[] {
  const words = ["python3", "-c", script, String(port), String(count), String(from)]
  const { exitCode, stdout, stderr } = Bun.spawnSync(words)
  if (exitCode !== 0) throw new Error(`python3: ${stderr}`)
  return stdout.toString().trim().split("\n").map(Number)
}
