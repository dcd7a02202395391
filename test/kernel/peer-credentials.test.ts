/** Who is at the other end of a unix socket, tried with processes of this user and of another one. */
import { describe, expect, test } from "bun:test"
import { closeSync, openSync } from "node:fs"
import { SystemError } from "../../src/kernel/libc.ts"
import { peerCredentials } from "../../src/kernel/peer-credentials.ts"
import { streamPair } from "../../src/kernel/stream-pair.ts"
import { isRoot } from "../support/world.ts"

/** Connects somebody to a socket of ours, and looks at who that is. */
async function peerOf(
  before: readonly string[],
): Promise<{ seen: ReturnType<typeof peerCredentials>; pid: number }> {
  const name = `\0cordon-test-${crypto.randomUUID()}`
  const seen = Promise.withResolvers<ReturnType<typeof peerCredentials>>()
  const server = Bun.listen({
    unix: name,
    socket: {
      open: socket => {
        seen.resolve(peerCredentials((socket as unknown as { fd: number }).fd))
        socket.end()
      },
      data: () => undefined,
    },
  })
  const script = `require("node:net").connect(${JSON.stringify({ path: name })}).on("error", () => undefined).on("close", () => console.log(process.pid)).resume()`
  const child = Bun.spawn([...before, process.execPath, "-e", script], {
    stdout: "pipe",
    stderr: "inherit",
    cwd: "/",
  })
  try {
    return { seen: await seen.promise, pid: Number(await new Response(child.stdout).text()) }
  } finally {
    server.stop(true)
    await child.exited
  }
}

describe("the peer of a socket", () => {
  test("is the process that connected, by its PID and its user", async () => {
    const { seen, pid } = await peerOf([])
    expect(seen).toEqual({ process: pid, uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 })
  })

  test.skipIf(!isRoot)("is another user where it is one [skipped when not root]", async () => {
    const { seen } = await peerOf(["setpriv", "--reuid=65534", "--regid=65533", "--clear-groups"])
    expect([seen.uid, seen.gid]).toEqual([65534, 65533])
  })

  test("of a pair is ourselves", () => {
    const pair = streamPair()
    expect(peerCredentials(pair[0]).process).toBe(process.pid)
    for (const socket of pair) closeSync(socket)
  })
})

describe("what has no peer", () => {
  test("is an error, and not somebody", () => {
    const file = openSync("/dev/null", "r")
    expect(() => peerCredentials(file)).toThrow(SystemError)
    closeSync(file)
  })

  test("so is a descriptor that is not open", () => {
    expect(() => peerCredentials(-1)).toThrow("EBADF")
  })
})
