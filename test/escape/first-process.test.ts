/**
 * The first process of the sandbox is bubblewrap's: the filter and the rules for files do not bind it. Who could steer
 * it by ptrace(2) or through its memory would be rid of both.
 */
import { expect, test } from "bun:test"
import { World } from "../support/world.ts"

const noPython = Bun.which("python3", { PATH: "/usr/bin:/bin" }) === null

/** Takes hold of the first process, and of a child of its own, by every way there is. */
const script = `
import ctypes, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
seize = 0x4206

def by_ptrace(request, pid):
    return "held" if libc.ptrace(request, pid, 0, 0) == 0 else "refused"

def by_memory(pid):
    try:
        os.close(os.open("/proc/%d/mem" % pid, os.O_RDWR))
        return "opened"
    except OSError:
        return "refused"

class Words(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

def by_copying(pid):
    words = Words(0x1000, 8)
    failed = libc.process_vm_readv(pid, ctypes.byref(words), 1, ctypes.byref(words), 1, 0) == -1
    return "refused" if failed and ctypes.get_errno() == 38 else "tried"

def tell(name, pid):
    upper = pid | 7 << 32
    print(name, by_memory(pid), by_copying(pid), by_ptrace(seize, upper), by_ptrace(seize, pid))

tell("first", 1)
child = subprocess.Popen(["sleep", "60"])
tell("child", child.pid)
child.kill()
`

test.skipIf(noPython)(
  "it cannot be steered, and a child can [skipped when python3 is not installed]",
  async () => {
    using world = new World()
    const { stdout } = await world.cordon(["-q", "--", "python3", "-c", script])
    expect(stdout).toBe("first refused refused refused refused\nchild opened refused held refused\n")
  },
)

test.skipIf(noPython)(
  "the same holds with the network open [skipped when python3 is not installed]",
  async () => {
    using world = new World()
    const { stdout } = await world.cordon(["-q", "--net", "open", "--", "python3", "-c", script])
    expect(stdout).toContain("first refused refused refused refused\n")
  },
)
