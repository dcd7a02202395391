/** Scripts that open for reading whatever there is, and say what came of it. */
import { openModes } from "./situations.ts"

const ownNames = [
  ...[
    "status",
    "stat",
    "statm",
    "maps",
    "smaps",
    "smaps_rollup",
    "environ",
    "cmdline",
    "auxv",
    "mountinfo",
    "mounts",
  ],
  ...[
    "comm",
    "limits",
    "oom_score",
    "oom_score_adj",
    "uid_map",
    "gid_map",
    "setgroups",
    "timers",
    "syscall",
    "wchan",
  ],
  ...[
    "personality",
    "sched",
    "io",
    "mem",
    "pagemap",
    "cgroup",
    "net/dev",
    "net/tcp",
    "attr/current",
    "fd",
    "fdinfo",
  ],
  ...[
    "task",
    "ns",
    "ns/net",
    "ns/mnt",
    "ns/user",
    "root",
    "cwd",
    "exe",
    "root/etc",
    "cwd/.",
    "absent",
    "fd/999",
  ],
]

export const readingSituations: Readonly<Record<string, string>> = {
  "what is no regular file": `${openModes}
    sys("mknodat", AT_FDCWD, "fifo", 0o010600, 0); sys("mknodat", AT_FDCWD, "socket", 0o140600, 0)
    fs.symlinkSync("fifo", "tofifo"); fs.symlinkSync("socket", "tosocket"); fs.mkdirSync("directory")
    for (const path of ["fifo", "tofifo", "socket", "tosocket", "fifo/", "tofifo/", "directory", "/", "/dev", "/dev/tty",
      "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/fd", "/dev/absent"])
      say(path, opened(path, O.RDONLY | O.NONBLOCK), opened(path, O.RDWR | O.NONBLOCK), opened(path, O.RDONLY | O.NONBLOCK | O.DIRECTORY),
        opened(path, O.RDONLY | O.NONBLOCK | O.NOFOLLOW), path.includes("fifo") || opened(path, O.RDONLY))
    const bytes = Buffer.alloc(4, 1)
    const zeros = fs.openSync("/dev/zero", "r"), random = fs.openSync("/dev/urandom", "r"), nothing = fs.openSync("/dev/null", "r")
    say(fs.readSync(zeros, bytes), bytes.join(), fs.readSync(random, bytes), fs.readSync(nothing, bytes))`,

  "flags of what is open for reading": `${openModes}
    write("file"); fs.mkdirSync("directory"); fs.symlinkSync("file", "link")
    for (const path of ["file", "directory", "link", "/etc/passwd", "/dev/null", "/proc/self/status"])
      for (const flags of [0, O.NOATIME, O.SYNC, O.DSYNC, O.APPEND, O.NOCTTY, 0o20000, 0o40000, O.CLOEXEC | O.NONBLOCK, 0o100000, 0o40000000])
        say(path, flags.toString(8), opened(path, flags))
    for (const flags of [O.NOATIME, O.CLOEXEC, O.DIRECTORY, O.NOFOLLOW, O.NONBLOCK]) {
      const fd = sys("openat2", AT_FDCWD, "link", how(flags, 0, 0), 24)
      say(flags.toString(8), typeof fd === "string" ? fd : [sys("fcntl", fd, GETFD), sys("fcntl", fd, GETFL).toString(8)])
      if (typeof fd === "number") sys("close", fd)
    }`,

  "directories are listed": `${openModes} setUp()
    for (const path of [".", "..", "directory", "dirlink", "directory/", "dirlink/", "./directory/..", "empty", "/usr", "/usr/"]) {
      const fd = sys("openat", AT_FDCWD, path, O.DIRECTORY | O.CLOEXEC, 0)
      say(path, fs.readdirSync(path).sort().join(), fs.readdirSync("/proc/self/fd/" + fd).length === fs.readdirSync(path).length,
        typeof sys("openat", fd, ".", O.DIRECTORY, 0), typeof sys("openat", fd, "..", 0, 0), opened("/proc/self/fd/" + fd, O.RDONLY))
    }
    fs.mkdirSync("shut"); write("shut/file"); fs.chmodSync("shut", 0o300)
    say(opened("shut", O.DIRECTORY), opened("shut/file", 0), opened("shut/absent", 0)); fs.chmodSync("shut", 0o600)
    say(opened("shut", O.DIRECTORY), opened("shut/file", 0), opened("shut/", 0)); fs.chmodSync("shut", 0o700)
    say(tree())`,

  "what /proc says of oneself": `${openModes}
    for (const name of ${JSON.stringify(ownNames)})
      for (const start of ["/proc/self/", "/proc/thread-self/", "/proc/" + process.pid + "/", "/proc/self/task/" + process.pid + "/"])
        say(start.replace(/[0-9]+/g, "N"), name, opened(start + name, O.RDONLY), opened(start + name, O.DIRECTORY), opened(start + name, O.NOFOLLOW))
    const first = path => fs.readFileSync(path, "latin1").split(" ")[0]
    say(first("/proc/self/stat") == process.pid, first("/proc/thread-self/stat") == process.pid, first("/proc/self/task/" + process.pid + "/stat") == process.pid)
    for (const name of ["", "/stat", "/fd", "/fd/0", "/ns/net", "/cwd", "/exe"]) {
      fs.symlinkSync("/proc/self" + name, "me"); fs.symlinkSync("/proc/thread-self" + name, "thread")
      say(name, opened("me", 0), opened("thread", 0), opened("me", O.NOFOLLOW), opened("me", O.DIRECTORY)); fs.unlinkSync("me"); fs.unlinkSync("thread")
    }
    for (const path of ["/proc/mounts", "/proc/net/dev", "/proc/cpuinfo", "/proc/sys/kernel/pid_max", "/proc/version", "/proc/meminfo"])
      say(path, opened(path, 0), fs.readFileSync(path).length > 0)`,

  "what other processes have open": `${openModes}
    write("file", "content"); write("gone", "removed"); fs.mkdirSync("below")
    const { spawn } = require("node:child_process")
    const child = spawn("sh", ["-c", "cd below; echo; read line"], { stdio: ["pipe", "pipe", "ignore", fs.openSync("file", "r+"), fs.openSync("gone", "r")] })
    const started = new Promise(resolve => child.stdout.once("data", resolve))
    await started
    fs.unlinkSync("gone")
    const at = "/proc/" + child.pid + "/"
    for (const name of ["fd", "fd/3", "fd/4", "fd/9", "cwd", "cwd/../file", "root/etc", "exe", "ns/net", "environ", "maps", "status", "task", "task/" + child.pid + "/fd/3", "absent"])
      say(name.replace(/task.[0-9]+/, "task/N"), opened(at + name, 0), opened(at + name, O.DIRECTORY), opened(at + name, O.NOFOLLOW))
    say(fs.readFileSync(at + "fd/3", "utf8"), fs.readFileSync(at + "fd/4", "utf8"), fs.readdirSync(at + "cwd/..").sort().join())
    fs.symlinkSync(at + "fd/4", "link"); fs.symlinkSync(at + "cwd", "dirlink")
    say(fs.readFileSync("link", "utf8"), fs.readFileSync("dirlink/../file", "utf8"), opened("link", O.NOFOLLOW))
    child.stdin.end(); await new Promise(resolve => child.once("exit", resolve))
    say(opened(at + "status", 0))`,

  "pipes by their names": `${openModes}
    const run = (script, input = "") => require("node:child_process").spawnSync("bash", ["-c", script], { input, encoding: "utf8" }).stdout
    say(run("cat /dev/stdin", "one"), run("cat /dev/fd/0", "two"), run("cat /proc/self/fd/0", "three"), run("cat <(echo four) <(echo five)"))
    say(run("echo six | cat /dev/stdin /dev/null"), run("sleep 0.1 | cat /dev/stdin; echo over"), run("cat < /dev/stdin", "seven"))
    say(run("echo eight | (read line < /dev/stdin; echo $line)"), run("diff <(echo a) <(echo a) && echo same"), run("exec 3< <(echo nine); cat <&3"))`,

  "large files": `${openModes}
    const fd = fs.openSync("large", "w+"), end = 5_000_000_000
    fs.writeSync(fd, "end", end)
    const again = sys("openat", AT_FDCWD, "large", 0, 0), bytes = Buffer.alloc(3)
    fs.readSync(again, bytes, 0, 3, end)
    say(bytes, fs.fstatSync(again).size, opened("large", 0)); fs.unlinkSync("large")`,

  "programs, scripts and what they are made of": `${openModes}
    fs.writeFileSync("script", "#!/bin/sh\\necho said $0 $1\\n"); fs.chmodSync("script", 0o755)
    fs.writeFileSync("unreadable", "#!/bin/sh\\necho no\\n"); fs.chmodSync("unreadable", 0o111)
    const run = (...words) => { const { status, stdout, stderr } = require("node:child_process").spawnSync(words[0], words.slice(1), { encoding: "utf8" }); return [status, stdout.trim(), stderr.trim().split("\\n")[0]].join("|") }
    say(run("./script", "x"), run("sh", "-c", ". ./script"), run("./unreadable").split("|")[0], run("/bin/true"), run("sh", "-c", "ls / >/dev/null && echo ok"))
    fs.copyFileSync("/bin/sh", "own"); fs.chmodSync("own", 0o755)
    say(run("./own", "-c", "echo own"), run("env", "LD_LIBRARY_PATH=" + process.cwd(), "./own", "-c", "echo own")); fs.chmodSync("own", 0o111)
    say(run("./own", "-c", "echo executed only; cat script | head -1"))`,
}
