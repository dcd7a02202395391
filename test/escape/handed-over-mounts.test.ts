/**
 * A mount of the sandbox's goes when somebody outside replaces the file under it, and a mount of the host's gets its number:
 * what a service hands over from there is none of the sandbox's (statx(2), STATX_MNT_ID and STATX_MNT_ID_UNIQUE).
 */
import { expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { release } from "node:os"
import { join } from "node:path"
import { eventually, launch } from "../support/process.ts"
import { World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const [major = 0, minor = 0] = release().split(".").map(Number)
const withoutUnique = major < 6 || (major === 6 && minor < 8)

/** Is told the number, replaces the file, mounts until the number is taken again, and hands over what it is on. */
const service = `
import ctypes, os, socket, sys
address, replaced, base = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
def number(path): return [int(line.split()[0]) for line in open("/proc/self/mountinfo") if line.split()[4] == path][-1]
server = socket.socket(socket.AF_UNIX); server.bind(f"{address}.new"); server.listen(); os.rename(f"{address}.new", address)
client = server.accept()[0]
wanted = int(client.recv(99))
open(f"{replaced}.new", "w").close(); os.rename(f"{replaced}.new", replaced)
for count in range(300):
    place = f"{base}/{count}"; os.mkdir(place)
    if libc.mount(b"none", place.encode(), b"tmpfs", 0, None) != 0: raise OSError(ctypes.get_errno(), "mount")
    if number(place) == wanted: break
open(f"{place}/file", "w").write("kept")
socket.send_fds(client, [b"x"], [os.open(place, os.O_RDONLY)])
client.recv(1)
print(number(place) == wanted, os.listdir(place), open(f"{place}/file").read(), flush=True)
`
/** Has Cordon meet the mount, then changes the directory that it is handed. */
const change = `
import ctypes, os, socket, struct
status = ctypes.create_string_buffer(256)
ctypes.CDLL(None).statx(-100, b"replaced", 0x100, 0x1000, status)
def made(call):
    try: call(); return "done"
    except OSError as error: return error.strerror
print(made(lambda: open("replaced", "a")))
client = socket.socket(socket.AF_UNIX); client.connect("../service")
client.send(str(struct.unpack_from("<Q", status, 0x90)[0]).encode())
_, (fd,), _, _ = socket.recv_fds(client, 1, 1)
print(made(lambda: os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=fd)))
print(made(lambda: os.open("file", os.O_WRONLY | os.O_TRUNC, dir_fd=fd)))
print(made(lambda: open("own", "w")))
`
const unshared = "unshare --user --map-current-user --mount --keep-caps".split(" ")

/** @returns what was said inside and by the service, whose first word is whether the number was the same */
async function attempt(): Promise<{ inside: string; outside: string }> {
  using world = new World({
    project: { replaced: "" },
    home: { ".config/cordon/policy.yaml": "network: { unix_sockets: [~/work/service] }\n" },
  })
  // Where the sandbox has a directory of its own, in which it may write.
  const base = mkdtempSync("/tmp/cordon-test-")
  try {
    mkdirSync(join(base, "mounts"))
    const words = [join(world.home, "work/service"), join(world.project, "replaced"), join(base, "mounts")]
    const host = launch([...unshared, python ?? "", "-c", service, ...words], {
      cwd: world.project,
      env: world.env,
    })
    await eventually(() => existsSync(words[0] ?? "") || undefined)
    const options = ["-q", "-n", "--read", "replaced"]
    const { stdout, stderr } = await world.cordon([...options, "--", python ?? "", "-c", change])
    expect(stderr).toBe("")
    return { inside: stdout, outside: (await host.outcome).stdout }
  } finally {
    rmSync(base, { recursive: true })
  }
}

const why =
  python === null ? "there is no /usr/bin/python3" : "the kernel gives numbers twice (before Linux 6.8)"

test.skipIf(python === null || withoutUnique)(
  `nothing is made or changed in a directory that a service hands over from a later mount of the same number [skipped when ${why}]`,
  async () => {
    // Another sandbox of this machine can have taken the number.
    for (let left = 8; ; left--) {
      const { inside, outside } = await attempt()
      if (outside.startsWith("False") && left > 0) continue
      expect(inside).toBe("Read-only file system\nRead-only file system\nRead-only file system\ndone\n")
      expect(outside).toBe("True ['file'] kept\n")
      return
    }
  },
  60_000,
)
