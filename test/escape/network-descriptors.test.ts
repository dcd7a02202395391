/**
 * A program inside that takes every descriptor from Cordon: what it does then would be in no record, and Cordon would
 * end. A name can have many addresses, and each that is silent costs a descriptor.
 */
import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { SessionEvent } from "../../src/audit/event.ts"
import { fullListener } from "../support/bound-sockets.ts"
import { cordonWithNames } from "../support/host-names.ts"
import { run } from "../support/process.ts"
import { World } from "../support/world.ts"

/** Ends when three connections to a name that is denied were refused, which come when all else was begun. */
const program = (attack: string) => `
import select, socket, struct, sys, time
kept, port = [], int(sys.argv[1])
def begin(host, port):
    end = socket.socket()
    end.setblocking(False)
    end.connect_ex((host, port))
    kept.append(end)
silent, denied = socket.gethostbyname("silent.example"), socket.gethostbyname("denied.example")
${attack}
begun = len(kept)
for count in range(3): begin(denied, 443)
time.sleep(3)
for end in kept[begun:]:
    end.setblocking(True)
    end.settimeout(15)
    try: print(end.recv(1))
    except ConnectionResetError: print("refused")
`

/** Connects to the silent name many times. */
const many = `
for count in range(300): begin(silent, port)
time.sleep(1.2)`

/** Connects, and resets the connection at once, a hundred times a tenth of a second. */
const givenUp = `
for turn in range(40):
    for count in range(100):
        begin(silent, port)
        kept[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.1)
    for end in kept: end.close()
    kept.clear()`

test.each([
  ["silent addresses of many connections", many],
  ["connections that were given up", givenUp],
])("%s take no more than is there for them: what is denied meanwhile is recorded", async (_, attack) => {
  using silent = await fullListener("0.0.0.0")
  using world = new World({ project: { "program.py": program(attack) } })
  const addresses = Array.from({ length: 16 }, (_, index) => `127.0.1.${index + 1}`)
  const allowed = ["silent.example", "127.0.1.0/24"].flatMap(host => ["--allow-host", host])
  const options = ["--trust", "untrusted", ...allowed, "-q"]
  const words = [...options, "--", "python3", "program.py", String(silent.port)]
  const names = { "silent.example": addresses.join(" silent.example\n") }
  const limited = ["prlimit", "--nofile=3000", ...cordonWithNames(world, names, words)]
  const { stdout, stderr } = await run(limited, { cwd: world.project, env: world.env })
  expect({ stdout, stderr }).toEqual({ stdout: "refused\n".repeat(3), stderr: "" })
  const directory = join(world.home, ".local/state/cordon/sessions")
  const events = readdirSync(directory)
    .flatMap(name => readFileSync(join(directory, name), "utf8").trim().split("\n"))
    .map(line => JSON.parse(line) as SessionEvent)
  const denied = events.filter(event => event.kind === "connection" && event.host === "denied.example")
  expect(denied).toHaveLength(3)
  expect(events.at(-1)?.kind).toBe("end")
})
