/** Scripts that make calls in every situation that changes what they come to, and say the results. */

export const openModes = `
const O = { RDONLY: 0, WRONLY: 1, RDWR: 2, CREAT: 0o100, EXCL: 0o200, NOCTTY: 0o400, TRUNC: 0o1000, APPEND: 0o2000,
  NONBLOCK: 0o4000, DSYNC: 0o10000, DIRECTORY: 0o200000, NOFOLLOW: 0o400000, CLOEXEC: 0o2000000, PATH: 0o10000000,
  TMPFILE: 0o20200000, SYNC: 0o4010000, NOATIME: 0o1000000 }
if (process.arch === "arm64") { O.DIRECTORY = 0o40000; O.NOFOLLOW = 0o100000; O.TMPFILE = 0o20040000 }
const GETFD = 1, GETFL = 3
function opened(path, flags, mode = 0o666) {
  const fd = sys("openat", AT_FDCWD, path, flags, mode)
  if (typeof fd === "string") return fd
  const found = [sys("fcntl", fd, GETFD), sys("fcntl", fd, GETFL).toString(8)]
  sys("close", fd)
  return found.join(",")
}
function tree() {
  const lines = []
  const walk = directory => {
    for (const name of fs.readdirSync(directory).sort()) {
      const path = directory + "/" + name
      const stat = fs.lstatSync(path)
      lines.push(path + ":" + stat.mode.toString(8) + ":" + stat.nlink + ":" + (stat.isFile() ? stat.size : ""))
      if (stat.isDirectory()) walk(path)
    }
  }
  walk(".")
  return lines.join(" ")
}
const setUp = () => {
  write("file", "content"); fs.mkdirSync("directory"); write("directory/inner"); fs.mkdirSync("empty")
  fs.symlinkSync("file", "link"); fs.symlinkSync("nowhere", "dangling"); fs.symlinkSync("directory", "dirlink")
  fs.symlinkSync("loop2", "loop1"); fs.symlinkSync("loop1", "loop2")
  write("closed"); fs.chmodSync("closed", 0)
}
`

const paths = `[
  "file", "directory", "empty", "link", "dangling", "dirlink", "loop1", "closed", "absent", "absent/x", "file/x", "loop1/x",
  "file/", "directory/", "link/", "dirlink/", "dangling/", "absent/", "", ".", "..", "./file", "directory/../file",
  "directory/.", "directory/..", "dirlink/inner", "dirlink/../file", "//" + process.cwd() + "//round//file", "a".repeat(255),
  "a".repeat(256), "new\\nline", "\\xc3\\xbc", "x/".repeat(2047) + "x", "y".repeat(4096)
]`

/** @param filter which of the paths */
const eachPath = (code: string, filter = "true") => `${openModes}
for (const path of ${paths}.filter(path => ${filter})) {
  fs.mkdirSync("round"); process.chdir("round"); setUp()
  say(JSON.stringify(path.replace(/.*here/, "here").slice(0, 30)), ${code})
  if (fs.existsSync("closed")) fs.chmodSync("closed", 0o600)
  say(tree())
  process.chdir(".."); fs.rmSync("round", { recursive: true })
}
`

export const situations: Readonly<Record<string, string>> = {
  "open for reading": eachPath(`opened(path, O.RDONLY), opened(path, O.NOFOLLOW), opened(path, O.DIRECTORY),
    opened(path, O.DIRECTORY | O.NOFOLLOW | O.CLOEXEC), opened(path, O.NONBLOCK)`),
  "open for writing":
    eachPath(`opened(path, O.WRONLY), opened(path, O.RDWR | O.CLOEXEC), opened(path, O.WRONLY | O.APPEND),
    opened(path, O.WRONLY | O.NOFOLLOW), opened(path, O.WRONLY | O.DIRECTORY), opened(path, O.RDWR | O.NONBLOCK | O.SYNC)`),
  "open and truncate": eachPath("opened(path, O.WRONLY | O.TRUNC), opened(path, O.RDONLY | O.TRUNC)"),
  "open and create": eachPath(
    "opened(path, O.WRONLY | O.CREAT, 0o777), opened(path, O.RDONLY | O.CREAT, 0o600)",
  ),
  "open, create, follow nothing": eachPath("opened(path, O.RDWR | O.CREAT | O.NOFOLLOW, 0o640)"),
  "open exclusively": eachPath(
    "opened(path, O.RDWR | O.CREAT | O.EXCL, 0o4755), opened(path, O.CREAT | O.EXCL, 0)",
  ),
  "creat(2) and odd flags": eachPath(
    `sys("creat", path, 0o644) === undefined, opened(path, 3), opened(path, O.RDWR | 0o100000000)`,
  ),
  "files without a name": eachPath("opened(path, O.TMPFILE | O.RDWR, 0o600), opened(path, O.TMPFILE, 0o600)"),
  "openat2(2)": eachPath(
    `...[0, 8, 16, 8 | 4, 0x1000].map(resolve => {
      const fd = sys("openat2", AT_FDCWD, path, how(O.RDWR | O.CREAT, 0o600, resolve), 24)
      if (typeof fd === "number") sys("close", fd)
      return typeof fd === "number" ? "opened" : fd
    }), sys("openat2", AT_FDCWD, path, how(0, 0o600, 0), 24), sys("openat2", AT_FDCWD, path, how(0, 0, 0), 23), sys("openat2", AT_FDCWD, path, how(1n << 40n, 0, 0), 24)`,
    "!path.startsWith('/')",
  ),
  mkdir: eachPath(`sys("mkdirat", AT_FDCWD, path, 0o1777), sys("mkdirat", AT_FDCWD, path, 0o700)`),
  "mknod of a FIFO and a file": eachPath(
    `sys("mknodat", AT_FDCWD, path, 0o010666, 0), sys("mknodat", AT_FDCWD, path, 0o644, 0)`,
  ),
  symlink: eachPath(`sys("symlinkat", "to", AT_FDCWD, path), sys("symlinkat", "", AT_FDCWD, path)`),
  "unlink and rmdir": eachPath(
    `sys("unlinkat", AT_FDCWD, path, 0), sys("unlinkat", AT_FDCWD, path, 0x200),
    sys("unlinkat", AT_FDCWD, path, 0x400)`,
    "!path.endsWith('..')",
  ),
  "rename from": eachPath(`sys("renameat2", AT_FDCWD, path, AT_FDCWD, "moved", 0)`),
  "rename a file to": eachPath(`write("source"), sys("renameat2", AT_FDCWD, "source", AT_FDCWD, path, 0)`),
  "rename a directory to": eachPath(
    `fs.mkdirSync("source"), sys("renameat2", AT_FDCWD, "source", AT_FDCWD, path, 0)`,
  ),
  "rename without replacing, and exchange": eachPath(`write("source"),
    sys("renameat2", AT_FDCWD, "source", AT_FDCWD, path, 1), sys("renameat2", AT_FDCWD, "empty", AT_FDCWD, path, 2),
    sys("renameat2", AT_FDCWD, "empty", AT_FDCWD, path, 3)`),
  "link from": eachPath(`sys("linkat", AT_FDCWD, path, AT_FDCWD, "second", 0),
    sys("linkat", AT_FDCWD, path, AT_FDCWD, "third", 0x400)`),
  "link to": eachPath(`sys("linkat", AT_FDCWD, "file", AT_FDCWD, path, 0)`),
  "chmod and truncate":
    eachPath(`sys("fchmodat", AT_FDCWD, path, 0o2711), sys("truncate", path, 3), sys("truncate", path, -1),
    sys("truncate", path, 2n ** 62n) !== 0`),
  "chown to oneself": eachPath(`sys("fchownat", AT_FDCWD, path, process.getuid(), -1, 0),
    sys("fchownat", AT_FDCWD, path, -1, process.getgid(), 0x100)`),
  "chown to another": eachPath(`sys("fchownat", AT_FDCWD, path, 12345, -1, 0),
    sys("fchownat", AT_FDCWD, path, process.getuid(), 12345, 0x100)`),
  times:
    eachPath(`...[null, [1, 5, 2, 6], [1, 0x3ffffffe, 7, 8], [1, 0x3fffffff, 7, 8], [1, -1, 7, 8], [1, 0x3ffffffe, 2, 0x3ffffffe]].flatMap(times => {
      const at = times === null ? 0 : Buffer.from(new BigInt64Array(times.map(BigInt)).buffer)
      const result = [sys("utimensat", AT_FDCWD, path, at, 0), sys("utimensat", AT_FDCWD, path, at, 0x100)]
      const set = times !== null && times[1] >= 0 && times[1] < 10 && result[0] === 0 && path !== ""
      const stat = set ? fs.statSync(path) : undefined
      return [...result, stat?.mtimeMs, stat?.atimeMs]
    })`),
  "extended attributes":
    eachPath(`sys("setxattr", path, "user.a", "value", 5, 0), sys("setxattr", path, "user.a", "other", 5, 1),
    sys("lsetxattr", path, "user.b", "value", 5, 2), sys("removexattr", path, "user.a"), sys("lremovexattr", path, "user.a"),
    sys("setxattr", path, "nonsense", "v", 1, 0), sys("setxattr", path, "user.c", 0, 0, 0), sys("setxattr", path, "user.d", 8, 9, 0)`),

  "modes that umasks and directories give": `${openModes}
    for (const mask of [0o022, 0, 0o077, 0o777]) {
      process.umask(mask)
      say(opened("f" + mask, O.CREAT | O.WRONLY, 0o6777), sys("mkdirat", AT_FDCWD, "d" + mask, 0o3777),
        sys("mknodat", AT_FDCWD, "n" + mask, 0o010777, 0))
    }
    process.umask(0o022)
    fs.mkdirSync("set"); fs.chmodSync("set", 0o2775)
    say(sys("mkdirat", AT_FDCWD, "set/d", 0o755), opened("set/f", O.CREAT | O.WRONLY, 0o2775))
    for (const name of fs.readdirSync(".")) if (fs.lstatSync(name).isDirectory()) fs.chmodSync(name, 0o755 | fs.lstatSync(name).mode)
    say(tree())`,

  "umasks of processes that take turns": `${openModes}
    const { execFileSync } = require("node:child_process")
    // A subshell has its own from the moment it sets one; the other goes on with what it has.
    execFileSync("sh", ["-c", \`umask 077; : > a1; mkdir d1; (umask 002; : > b1; mkdir e1; : > b2); : > a2; mkdir d2
      for turn in 1 2 3; do umask 02$turn; : > c$turn; (: > i$turn); (umask 0; : > z$turn); : > f$turn; done
      umask 022; : > g1; mkdir g2; umask 022; : > g3\`])
    process.umask(0o027); fs.writeFileSync("w1", ""); process.umask(0o022); fs.writeFileSync("w2", "")
    say(tree())`,

  "paths that start at a descriptor": `${openModes} setUp()
    const directory = sys("openat", AT_FDCWD, "directory", O.DIRECTORY, 0), file = sys("openat", AT_FDCWD, "file", O.RDWR, 0)
    const pinned = sys("openat", AT_FDCWD, "directory", O.PATH, 0), pinnedFile = sys("openat", AT_FDCWD, "file", O.PATH, 0)
    for (const at of [directory, pinned, file, pinnedFile, 999, -1])
      for (const path of ["new", "inner", "../file", "../other", "", process.cwd() + "/absolute", "."]) {
        const fd = sys("openat", at, path, O.RDWR | O.CREAT, 0o600)
        if (typeof fd === "number") sys("close", fd)
        say(at, path.slice(0, 6), typeof fd === "number" ? "opened" : fd, sys("mkdirat", at, path + "d", 0o700), sys("unlinkat", at, path, 0),
          sys("fchmodat", at, path, 0o600), sys("fchownat", at, path, -1, -1, 0x1000), sys("linkat", at, path, AT_FDCWD, "l" + at, 0x1000) === 0)
      }
    for (const at of [directory, file, pinned, pinnedFile, 999])
      say(sys("fchmod", at, 0o700), sys("fchown", at, -1, -1), sys("fsetxattr", at, "user.x", "v", 1, 0), sys("fremovexattr", at, "user.x"))
    say(tree())`,

  "a file without a name gets one": `${openModes}
    const fd = sys("openat", AT_FDCWD, ".", O.TMPFILE | O.RDWR, 0o600)
    fs.writeSync(fd, "text")
    const itself = to => sys("linkat", AT_FDCWD, "/proc/self/fd/" + fd, AT_FDCWD, to, 0)
    say(itself("named"), itself("/"), itself("absent/x"))
    say(sys("linkat", AT_FDCWD, "/proc/self/fd/" + fd, AT_FDCWD, "named", 0x400), fs.readFileSync("named", "utf8"),
      itself("named"), sys("linkat", AT_FDCWD, "/proc/self/fd/" + fd, AT_FDCWD, "named", 0x400), tree())`,

  "a working directory that is gone": `${openModes}
    fs.mkdirSync("gone"); process.chdir("gone"); fs.rmdirSync("../gone")
    say(opened("x", O.CREAT | O.RDWR), opened(".", 0), sys("mkdirat", AT_FDCWD, "x", 0o755),
      sys("symlinkat", "x", AT_FDCWD, "y"), sys("renameat2", AT_FDCWD, "x", AT_FDCWD, "y", 0), sys("unlinkat", AT_FDCWD, "x", 0))
    process.chdir("/"); say("there")`,

  "files behind descriptors": `${openModes}
    write("file", "content"); fs.mkdirSync("directory")
    const file = fs.openSync("file", "r+"), directory = fs.openSync("directory", "r"), removed = fs.openSync("removed", "w+")
    fs.unlinkSync("removed")
    for (const fd of [file, directory, removed])
      for (const place of ["/proc/self/fd/", "/dev/fd/", "/proc/thread-self/fd/", "/proc/" + process.pid + "/fd/"])
        say(opened(place + fd, O.RDONLY), opened(place + fd, O.RDWR), opened(place + fd, O.WRONLY | O.APPEND), opened(place + fd, O.WRONLY | O.TRUNC),
          opened(place + fd, O.CREAT | O.EXCL | O.RDWR), opened(place + fd, O.NOFOLLOW), opened(place + fd + "/x", O.RDWR),
          opened(place + fd + "/new", O.CREAT | O.RDWR), sys("mkdirat", AT_FDCWD, place + fd, 0o755), sys("mkdirat", AT_FDCWD, place + fd + "/made", 0o755),
          sys("symlinkat", "x", AT_FDCWD, place + fd), sys("linkat", AT_FDCWD, "file", AT_FDCWD, place + fd, 0), sys("fchmodat", AT_FDCWD, place + fd, 0o700))
    for (const path of ["/dev/stdin", "/dev/fd", "/proc/self/cwd/file", "/proc/self/cwd/../here/file", "/proc/self/exe", "/dev/null", "/dev/full"])
      say(path, opened(path, O.RDONLY), opened(path, O.RDONLY | O.CLOEXEC))
    for (const path of ["/dev/stdin", "/dev/null", "/dev/full", "/proc/self/cwd/file", "/proc/self/comm", "/proc/thread-self/comm"])
      say(path, opened(path, O.WRONLY), opened(path, O.WRONLY | O.CREAT | O.TRUNC))
    say(tree())`,

  "offsets and what is written": `${openModes}
    write("file", "0123456789")
    const fd = sys("openat", AT_FDCWD, "file", O.RDWR | O.APPEND, 0), other = sys("openat", AT_FDCWD, "file", O.RDWR, 0)
    fs.writeSync(fd, "A"); fs.writeSync(other, "B")
    const byOther = fs.openSync("/proc/self/fd/" + other, "r")
    const bytes = Buffer.alloc(3); fs.readSync(byOther, bytes); say(bytes)
    fs.readSync(other, bytes); say(bytes, fs.readFileSync("file", "utf8"))
    say(fs.openSync("file", "r+") - fd)`,

  "too many descriptors": `${openModes}
    const limit = Buffer.from(new BigUint64Array([64n, 64n]).buffer)
    say(sys("prlimit64", 0, 7, limit, 0))
    let last; while (typeof (last = sys("openat", AT_FDCWD, "f", O.CREAT | O.RDWR, 0o600)) === "number") {}
    say(last, sys("openat", AT_FDCWD, "f2", O.CREAT | O.RDWR, 0o600), sys("mkdirat", AT_FDCWD, "d", 0o700))`,

  "pointers to nothing": `
    for (const at of [0n, 8n, -1n, -4096n, 1n << 62n])
      say(sys("openat", AT_FDCWD, at, 0o102, 0), sys("mkdirat", AT_FDCWD, at, 0), sys("renameat2", AT_FDCWD, at, AT_FDCWD, "x", 0),
        sys("symlinkat", at, AT_FDCWD, "s"), sys("truncate", at, 0), sys("openat2", AT_FDCWD, "x", at, 24))
    say(fs.readdirSync("."))`,
}
