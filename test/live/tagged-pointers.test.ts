/** On aarch64 the highest byte of a pointer is the program's own (tagged-address-abi.rst of the kernel's documentation). */
import { describe, expect, test } from "bun:test"
import { liveMode, liveWays } from "../support/live-modes.ts"
import { World } from "../support/world.ts"

const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const isPossible = python !== null && process.arch === "arm64"

// PR_SET_TAGGED_ADDR_CTRL with PR_TAGGED_ADDR_ENABLE, then openat(2), mkdirat(2) and setxattr(2) of aarch64.
const script = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
print(libc.prctl(55, 1, 0, 0, 0))
kept = []
def tagged(text):
    kept.append(ctypes.create_string_buffer(text))
    return ctypes.c_uint64(ctypes.addressof(kept[-1]) | 0xa5 << 56)
def call(number, *words):
    result = libc.syscall(number, *words)
    return os.strerror(ctypes.get_errno()) if result < 0 else "done"
print(call(56, -100, tagged(b"file"), 0o101, 0o600), call(34, -100, tagged(b"directory"), 0o700))
print(call(56, -100, tagged(b"absent"), 0), call(56, -100, tagged(b".envrc"), 0o101, 0o600))
print(call(5, tagged(b"file"), tagged(b"user.name"), tagged(b"value"), ctypes.c_uint64(0xa5 << 56 | 5), 0))
print(*sorted(os.listdir(".")))
`

describe.each([...liveWays])("live: %s:", mode => {
  test.skipIf(!isPossible)(
    "tagged pointers lead to what they point to [skipped when the processor is no aarch64, or there is no /usr/bin/python3]",
    async () => {
      using world = new World()
      const got = await world.cordon([...liveMode(world, mode), "--", python ?? "", "-c", script])
      const stdout = `0
done done
No such file or directory Permission denied
Argument list too long
directory file
`
      expect(got).toEqual({ code: 0, stdout, stderr: "" })
    },
  )
})
