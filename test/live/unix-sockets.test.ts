/** Which sockets may be connected to, asked of real ones. */
import { afterAll, describe, expect, test } from "bun:test"
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { close, openAt } from "../../src/kernel/file-calls.ts"
import { at, flags } from "../../src/kernel/file-flags.ts"
import { pinnedString } from "../../src/kernel/raw-call.ts"
import { addressOfPinned, UnixSockets } from "../../src/live/unix-sockets.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-sockets-"))
const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
  rmSync(directory, { recursive: true })
})

async function serve(name: string): Promise<string> {
  const path = join(directory, name)
  const server = createServer()
  await new Promise<void>(listening => server.listen(path, listening))
  servers.push(server)
  return path
}

/** A socket without anybody behind it, as a server that was killed leaves it. */
function abandoned(name: string): string {
  const path = join(directory, name)
  const code = `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`
  Bun.spawnSync(["python3", "-c", code])
  return path
}

const pin = (path: string) => openAt(at.currentDirectory, pinnedString(path).address, flags.path)

function judged(sockets: UnixSockets, path: string): number {
  const object = pin(path)
  const answer = sockets.judge(object)
  close(object)
  return answer
}
function bound(sockets: UnixSockets, path: string): void {
  const object = pin(path)
  sockets.wasBound(object)
  close(object)
}

const [access, refused, noEntry] = [-13, -111, -2]

describe("what nobody named", () => {
  test("is out of reach, and reached when it was bound inside, by every name that it has then", async () => {
    const sockets = new UnixSockets([])
    const path = await serve("server")
    expect(judged(sockets, path)).toBe(access)
    bound(sockets, path)
    expect(judged(sockets, path)).toBe(0)
    linkSync(path, `${path}.other`)
    renameSync(path, `${path}.moved`)
    expect([`${path}.other`, `${path}.moved`].map(each => judged(sockets, each))).toEqual([0, 0])
    expect(judged(sockets, await serve("second"))).toBe(access)
    expect(judged(new UnixSockets([]), `${path}.moved`)).toBe(access)
  })

  test("another socket of the same name and place is another one", async () => {
    const sockets = new UnixSockets([])
    const path = await serve("again")
    bound(sockets, path)
    rmSync(path)
    await serve("again")
    expect(judged(sockets, path)).toBe(access)
  })

  test.skipIf(Bun.which("python3") === null)(
    "of a server that has ended is said to refuse [skipped when there is no python3]",
    () => expect(judged(new UnixSockets([]), abandoned("stale"))).toBe(refused),
  )

  test("and is no socket is the kernel's to answer for", () => {
    writeFileSync(join(directory, "file"), "")
    expect(["file", "."].map(name => judged(new UnixSockets([]), join(directory, name)))).toEqual([0, 0])
    expect(new UnixSockets([]).judge(-1)).toBe(access)
  })

  test("those bound first are forgotten when there are too many", async () => {
    const sockets = new UnixSockets([])
    const path = await serve("first")
    bound(sockets, path)
    for (let count = 0; count < 9_999; count++) {
      const made = join(directory, `many${count}`)
      writeFileSync(made, "")
      bound(sockets, made)
    }
    expect(judged(sockets, path)).toBe(0)
    bound(sockets, directory)
    expect(judged(sockets, path)).toBe(access)
  })
})

describe("a named socket", () => {
  test("is opened by the path of the policy and by its canonical one", async () => {
    const canonical = await serve("named")
    const sockets = new UnixSockets([{ path: "/the/policy/says", canonical }])
    for (const path of ["/the/policy/says", canonical]) {
      const object = sockets.openNamed(path)
      expect(object).toBeGreaterThan(0)
      close(object)
    }
    expect(sockets.openNamed(`${canonical}.other`)).toBe(noEntry)
    expect(sockets.openNamed("")).toBe(noEntry)
  })

  test("that is not there yet is found when it is", async () => {
    const canonical = join(directory, "later")
    const sockets = new UnixSockets([{ path: canonical, canonical }])
    expect(sockets.openNamed(canonical)).toBe(noEntry)
    await serve("later")
    const object = sockets.openNamed(canonical)
    expect(object).toBeGreaterThan(0)
    close(object)
  })

  test("is not looked for behind links that were made since", async () => {
    mkdirSync(join(directory, "elsewhere"))
    const other = await serve("elsewhere/s")
    const canonical = join(directory, "link/s")
    const sockets = new UnixSockets([{ path: canonical, canonical }])
    symlinkSync("elsewhere", join(directory, "link"))
    const tooManyLinks = -40
    expect(sockets.openNamed(canonical)).toBe(tooManyLinks)
    rmSync(join(directory, "link"))
    mkdirSync(join(directory, "link"))
    symlinkSync(other, canonical)
    expect(sockets.openNamed(canonical)).toBe(tooManyLinks)
  })
})

test("a pinned socket has an address that needs no name", () => {
  const { bytes, size } = addressOfPinned(123)
  expect(bytes.toString("latin1", 2, size)).toBe("/proc/self/fd/123\0")
})
