/** An agent in a sandbox without namespaces: the host's processes, devices and directories are all there to be tried. */
import { describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { childrenOf, commandLineOf, eventually, launch, processesWith } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { bun, cordonBinary, isRoot, World, type WorldRequest } from "../support/world.ts"

const secret = "s3cret"
const landlock = ["--backend", "landlock", "-n"]
const options = { options: landlock }
const world = (request: WorldRequest = {}) => new World(request)

const sessions = () => readdirSync("/tmp").filter(name => /^cordon-\d+-[0-9a-f-]{36}$/.test(name))
const sessionOf = (process: number) => sessions().find(name => name.startsWith(`cordon-${process}-`))
const at = (place: World, name: string) => join(place.project, name)
const appears = (path: string) => eventually(() => existsSync(path) || undefined)

test("a file without a name is made where files may be made, and nowhere else", async () => {
  using place = world()
  const code = `${rawCallsPrelude()}
    const unnamed = directory => sys("openat", AT_FDCWD, directory, 0o20200000 | 1, 0o600)
    console.log([".", process.env.TMPDIR, process.env.HOME, "/usr", "/var/tmp"].map(unnamed).join())`
  const { stdout } = await place.cordon([...landlock, "--read", bun, "--", bun, "-e", code])
  expect(stdout).toMatch(/^\d+,\d+,EROFS,EROFS,E[A-Z]+\n$/)
})

test("processes of the host cannot be signalled, traced, slowed down or looked into", async () => {
  using place = world()
  const host = Bun.spawn(["sleep", "600"], { env: { SECRET: secret } })
  const pid = host.pid
  const got = await place.attempts(
    {
      signal: `kill -0 ${pid}`,
      kill: `kill -9 ${pid}`,
      "its group": `kill -9 -- -${pid} -${process.pid}`,
      supervisor: "kill -9 $PPID || kill -0 $PPID",
      first: "kill -0 1",
      everybody: "kill -0 -- -1 && kill -9 -- -1; kill -0 $PPID",
      environment: `tr '\\0' '\\n' < /proc/${pid}/environ | grep SECRET`,
      memory: `cat /proc/${pid}/maps`,
      status: `cat /proc/${pid}/status`,
      "command line": `cat /proc/${pid}/cmdline`,
      files: `ls /proc/${pid}/fd`,
      "its directory": `ls /proc/${pid}/cwd/`,
      "its program": `head -c 4 /proc/${pid}/exe`,
      "by a link": `ln -s /proc/${pid} other && cat other/environ`,
      list: "ls /proc",
      priority: `renice -n 5 -p ${pid}`,
      "of all": `renice -n 5 -u $(id -u)`,
      processors: `taskset -p 1 ${pid}`,
      limits: `prlimit --pid ${pid} --nofile=5:5`,
    },
    options,
  )
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  expect(host.exitCode).toBeNull()
  const own = await place.attempts(
    {
      signal: "sleep 9 & kill -0 $! && kill $!",
      status: "cat /proc/self/status /proc/$$/status",
      environment: "cat /proc/self/environ | tr '\\0' '\\n' | grep HOME",
      child: "sleep 9 & cat /proc/$!/cmdline && ls -l /proc/$!/fd && kill $!",
      priority: "nice -n 3 true && renice -n 19 -p $$",
      processors: "taskset -p $(taskset -p $$ | sed 's/.*: //') $$",
      limits: "prlimit --pid $$ --nofile=200:200 && ulimit -n 100",
    },
    options,
  )
  expect(failed(own)).toEqual({})
  host.kill("SIGKILL")
})

test("what means the one who looks it up means the program, and not Cordon", async () => {
  using place = world()
  const { stdout } = await place.shell(
    `ln -s /proc/self me; ln -s /proc/self/cwd here; ln -s /proc/thread-self/comm name; ln -s ../../../../../../proc/self/comm far
    for path in me/comm /proc/self/comm name far me/../self/comm /proc/self/task/../comm; do cat $path; done
    readlink /proc/self/exe; cat me/cmdline | tr '\\0' ' '; ls here/me > /dev/null && echo here`,
    options,
  )
  expect(stdout.split("\n").slice(0, 6)).toEqual(Array(6).fill("cat"))
  expect(stdout).toContain("cat me/cmdline ")
  expect(stdout).toEndWith("here\n")
  expect(stdout).not.toContain("--backend")
})

test("a file that is open for reading is not changed by its descriptor", async () => {
  using place = world({ home: { mine: "text" }, project: { own: "text" } })
  const before = await place.host("stat", "-c", "%a %u %y", join(place.home, "mine"))
  const code = `${rawCallsPrelude()}
    const times = Buffer.from(new BigInt64Array([1n, 0n, 1n, 0n]).buffer), flags = Buffer.from([8, 0, 0, 0, 0, 0, 0, 0])
    for (const path of [process.env.HOME + "/mine", "own"]) {
      const fd = sys("openat", AT_FDCWD, path, 0, 0)
      console.log([sys("fchmod", fd, 0o640), sys("fchown", fd, -1, -1), sys("utimensat", fd, 0, times, 0), sys("fsetxattr", fd, "user.x", "v", 1, 0),
        sys("ftruncate", fd, 0), sys("ioctl", fd, 0x40086602, flags), sys("openat", AT_FDCWD, "/proc/self/fd/" + fd, 1, 0), sys("linkat", fd, "", AT_FDCWD, "l" + fd, 0x1000),
        sys("utimensat", AT_FDCWD, path, times, 0), sys("fchmodat", AT_FDCWD, path, 0o640)].map(result => typeof result === "string" ? result : "done").join())
    }`
  const { stdout, stderr } = await place.script(code, options)
  expect(stderr).toBe("")
  const [outside, inside] = stdout.trim().split("\n")
  expect(outside).toBe("EROFS,EROFS,EROFS,EROFS,EINVAL,EPERM,EROFS,EROFS,EROFS,EROFS")
  expect(inside).toMatch(
    /^done,done,done,(done|EOPNOTSUPP|ENOTSUP),EINVAL,EPERM,done,(done|ENOENT),done,done$/,
  )
  expect(await place.host("stat", "-c", "%a %u %y", join(place.home, "mine"))).toBe(before)
})

test.each(["-n 50", "-f 1"])("a start that fails leaves nothing: ulimit %s", async limit => {
  using place = world()
  const start = (limits: string) => {
    const words = ["sh", "-c", `${limits}; exec "$@"`, "sh", cordonBinary, ...landlock, "--", "echo", "ran"]
    const { process, outcome } = launch(words, { cwd: place.project, env: place.env })
    return { outcome, left: () => sessions().filter(name => name.startsWith(`cordon-${process.pid}-`)) }
  }
  const failing = start(`ulimit ${limit}`)
  expect(await failing.outcome).toMatchObject({ code: 125, stdout: "" })
  expect(failing.left()).toEqual([])
  expect(await start(":").outcome).toMatchObject({ code: 0, stdout: "ran\n" })
})

test("nobody is told of names in a directory that is denied by watching it", async () => {
  using place = world({ home: { ".ssh/id_rsa": secret }, project: { "sub/file": "x" } })
  const code = `${rawCallsPrelude()}
    const [everything, withoutWaiting, linkItself] = [0xfff, 0o4000, 0x2000000]
    const home = process.env.HOME
    fs.symlinkSync(home + "/.ssh", "link")
    const events = sys("inotify_init1", withoutWaiting)
    const watch = (path, more = 0) => {
      const result = sys("inotify_add_watch", events, path, everything | more)
      return typeof result === "string" ? result : "watched"
    }
    const others = [home + "/.ssh", home + "/.ssh/id_rsa", "link", "link/", "/tmp", "/var/tmp", "/run", "/dev", "/dev/pts", "/dev/shm", "/proc", "/proc/1", "/tmp/.."]
    console.log(others.map(path => watch(path)).join())
    console.log([watch("sub"), watch("link", linkItself), watch("/etc/passwd"), watch("/proc/self"), watch("absent"), sys("inotify_add_watch", 0, ".", everything)].join())
    write("sub/new")
    const told = Buffer.alloc(4096)
    console.log(told.toString("latin1", 0, sys("read", events, told, told.length)).includes("new"))
    for await (const { filename } of (setTimeout(() => write("sub/newer"), 100), require("node:fs/promises").watch("sub"))) {
      console.log(filename)
      process.exit()
    }`
  const { stdout, stderr } = await place.script(code, options)
  expect(stderr).toBe("")
  const [denied, open, ...told] = stdout.trim().split("\n")
  expect(denied).toBe([...Array(12).fill("EACCES"), "watched"].join())
  expect(open).toBe("watched,watched,watched,watched,ENOENT,EINVAL")
  expect(told).toEqual(["true", "newer"])
})

test("devices, temp directories and services of the host are closed", async () => {
  using place = world()
  const name = `cordon-test-${crypto.randomUUID()}`
  await place.host("sh", "-c", `echo ${secret} > /dev/shm/${name}; echo ${secret} > /tmp/${name}`)
  const got = await place.attempts(
    {
      list: "ls /dev || ls /tmp || ls /var/tmp || ls /run || ls /dev/shm || ls /dev/pts",
      memory: "head -c 1 /dev/mem || head -c 1 /dev/kmsg || head -c 1 /dev/port",
      disk: `for device in /dev/*da /dev/*da1 /dev/loop0 /dev/dm-0 /dev/nvme0n1; do head -c 1 $device && exit 0; done; exit 1`,
      shared: `cat /dev/shm/${name} || echo x > /dev/shm/${name}`,
      temporary: `cat /tmp/${name} || rm /tmp/${name} || echo x > /tmp/${name}-2`,
      "somebody's session": "ls -d /tmp/cordon-*/* | grep .",
      "its own parts": "cd $TMPDIR/..; rm no-sandbox.cjs || echo x > no-sandbox.cjs || touch new",
      socket: "mknod d c 1 3 || mknod d b 8 0",
    },
    options,
  )
  await place.host("rm", `/dev/shm/${name}`, `/tmp/${name}`)
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  const open = await place.attempts(
    {
      devices:
        "head -c 4 /dev/urandom > /dev/null && : < /dev/zero && echo x | cat /dev/stdin > /dev/stdout && ls /dev/fd/ > /dev/null",
      temporary: "mktemp && mktemp -d && echo x > $TMPDIR/a && cat $TMPDIR/a",
      runtime: "echo x > $XDG_RUNTIME_DIR/a",
      programs:
        "printf '#!/bin/sh\\necho ran\\n' > $TMPDIR/program && chmod 755 $TMPDIR/program && $TMPDIR/program",
      facts: "cat /proc/cpuinfo /proc/meminfo /sys/devices/system/cpu/online > /dev/null",
    },
    options,
  )
  expect(failed(open)).toEqual({})
})

test.skipIf(!isRoot)(
  `devices of a tree for chroot(8) are closed too${isRoot ? "" : " [skipped when not root: it takes root to make one]"}`,
  async () => {
    using place = world({ project: { "dev/file": "x" } })
    await place.host("mknod", "-m", "666", at(place, "dev/null"), "c", "1", "3")
    const doors = {
      reading: "exec 9<dev/null",
      writing: "exec 9<>dev/null",
      "by a link": "ln -s dev/null l; : <l",
    }
    expect(succeeded(await place.attempts(doors, options))).toEqual([])
    const allowed = { files: "cat dev/file", removing: "mv dev/null dev/other && rm -r dev" }
    expect(failed(await place.attempts(allowed, options))).toEqual({})
  },
)

test("programs in denied places do not run, others do", async () => {
  const program = "#!/bin/sh\necho ran\n"
  using place = world({
    home: { ".aws/program": program, "bin/program": program, "closed/program": program },
    project: { program, ".env.d/program": program },
  })
  await place.host("sh", "-c", `chmod 755 ~/.aws/program ~/bin/program ~/closed/program program`)
  const closing = { options: [...landlock, "--deny", "~/closed"] }
  const got = await place.attempts(
    { secrets: "~/.aws/program", denied: "~/closed/program", home: "~/bin/program", project: "./program" },
    closing,
  )
  expect(succeeded(got)).toEqual(["home", "project"])
})

test("nothing that the kernel keeps for all processes of the host is shared", async () => {
  using place = world()
  const code = `${rawCallsPrelude()}
    console.log(["shmget", "semget", "msgget"].map(name => sys(name, 0x1234, 4096, 0o1600)).join(), sys("mq_open", "/cordon-test", 0o102, 0o600, 0),
      sys("unshare", 0x10000000), sys("keyctl", 0, -3, 0))`
  expect((await place.script(code, options)).stdout).toBe("ENOSYS,ENOSYS,ENOSYS ENOSYS EPERM ENOSYS\n")
})

test("a program that hides its memory goes on, and its files are judged as ever", async () => {
  using place = world({ project: { ".env": secret } })
  const code = `${rawCallsPrelude()}
    sys("prctl", 4, 0, 0, 0, 0)
    write("file"); console.log(fs.readFileSync("file", "utf8"), sys("openat", AT_FDCWD, ".env", 0, 0))`
  expect(await place.script(code, options)).toEqual({ code: 0, stdout: "x EACCES\n", stderr: "" })
})

describe("the end", () => {
  /** Processes that leave their session and their parents behind, and multiply. */
  const breeding = (name: string) => `
    (setsid sh -c "trap '' HUP INT TERM; while :; do (: ${name}; sleep 0.05) & sleep 0.05; done" > /dev/null 2>&1 &)
    (trap '' HUP INT TERM; setsid sleep 600 > /dev/null 2>&1 &)
    mkdir -p $TMPDIR/closed/below && echo x > $TMPDIR/closed/below/file && chmod 0 $TMPDIR/closed
    sleep 0.2; echo > ready`

  test("takes all along that the command has left behind, and the session's directory", async () => {
    using place = world()
    const name = crypto.randomUUID()
    const { process: cordon, outcome } = place.start([
      ...landlock,
      "--",
      "sh",
      "-c",
      `${breeding(name)}; exit 3`,
    ])
    expect((await outcome).code).toBe(3)
    expect(processesWith(name)).toEqual([])
    expect(sessionOf(cordon.pid)).toBeUndefined()
  })

  test.each(["Cordon", "the command", "the process that ends it all"])(
    "comes with SIGKILL of %s",
    async victim => {
      using place = world()
      const name = crypto.randomUUID()
      const { process: cordon, outcome } = place.start([
        ...landlock,
        "--",
        "sh",
        "-c",
        `${breeding(name)}; sleep 600`,
      ])
      await appears(at(place, "ready"))
      const children = childrenOf(cordon.pid)
      const ending = children.find(id => commandLineOf(id).startsWith("/proc/self/fd/"))
      const command = children.find(id => commandLineOf(id).startsWith("sh -c"))
      const chosen = { Cordon: cordon.pid, "the command": command, "the process that ends it all": ending }[
        victim
      ]
      expect(processesWith(name).length).toBeGreaterThan(0)
      process.kill(chosen ?? Number.NaN, "SIGKILL")
      await outcome
      const gone = () =>
        processesWith(name).length === 0 && sessionOf(cordon.pid) === undefined ? true : undefined
      expect(await eventually(gone)).toBe(true)
    },
  )

  test("cannot be stopped from inside", async () => {
    using place = world()
    const script = `echo > ready; while [ ! -s ending ]; do sleep 0.02; done
      kill -9 $(cat ending) && echo killed; kill -STOP $(cat ending) && echo stopped; renice -n 19 -p $(cat ending) && echo slowed; exit 0`
    const { process: cordon, outcome } = place.start([...landlock, "--", "sh", "-c", script])
    await appears(at(place, "ready"))
    const ending = childrenOf(cordon.pid).find(id => commandLineOf(id).startsWith("/proc/self/fd/"))
    writeFileSync(at(place, "ending"), String(ending))
    const { code, stdout } = await outcome
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" })
    expect(sessionOf(cordon.pid)).toBeUndefined()
  })
})

test("two sessions are closed to each other", async () => {
  using place = world()
  const first = place.start([
    ...landlock,
    "--",
    "sh",
    "-c",
    `echo ${secret} > $TMPDIR/a; echo $TMPDIR > where; echo $$ > who; sleep 600`,
  ])
  await appears(at(place, "who"))
  await eventually(() => readFileSync(at(place, "who"), "utf8").trim() || undefined)
  const got = await place.attempts(
    {
      read: "cat $(cat where)/a",
      list: "ls $(cat where)",
      kill: "kill -9 $(cat who)",
      look: "cat /proc/$(cat who)/environ",
    },
    options,
  )
  expect(succeeded(got)).toEqual([])
  expect(spoken(got)).not.toContain(secret)
  first.process.kill("SIGTERM")
  expect((await first.outcome).code).toBe(143)
})

test("what it cannot carry stops the run with the reason and a next step", async () => {
  using place = world({ home: { "nested.yaml": "nested_userns: allow\n" } })
  const tries: [string[], string][] = [
    [["--net", "filtered"], "network mode filtered"],
    [["-n", "--config", "~/nested.yaml"], "nested_userns: allow"],
  ]
  for (const [words, text] of tries) {
    const own = words.map(word => word.replace("~", place.home))
    const { code, stdout, stderr } = await place.cordon([
      "--backend",
      "landlock",
      ...own,
      "--",
      "echo",
      "ran",
    ])
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
    expect(stderr).toContain(text)
    expect(stderr).toContain("cordon: → ")
  }
})

test("with the network open it is the host's, but for abstract sockets; switched off, there is none", async () => {
  using place = world()
  const code = `const net = require("node:net"); const server = net.createServer().listen(0, "127.0.0.1", () => {
    net.connect(server.address().port, "127.0.0.1").on("connect", () => { console.log("connected"); process.exit() }) }); server.on("error", error => { console.log(error.code ?? "refused"); process.exit() })`
  const run = (mode: string) =>
    place.cordon(["--backend", "landlock", "--net", mode, "--read", bun, "--", bun, "-e", code])
  expect((await run("open")).stdout).toBe("connected\n")
  expect((await run("off")).stdout).not.toContain("connected")
  const facts = await place.attempts(
    { interfaces: "cat /proc/net/dev", connections: "cat /proc/net/tcp", names: "ls /sys/class/net" },
    options,
  )
  expect(succeeded(facts)).toEqual([])
})

test("with the network off unix sockets tell nothing of the host's interfaces, and what is about the socket", async () => {
  using place = world()
  const code = `${rawCallsPrelude()}
    const [unix, stream] = [1, 1], [list, name, index, owner] = [0x8912, 0x8910, 0x8933, 0x8903]
    const socket = sys("socket", unix, stream, 0)
    const asked = Buffer.alloc(40), names = Buffer.alloc(4096), all = Buffer.alloc(16)
    asked.write("lo")
    all.writeInt32LE(names.length), all.writeBigInt64LE(word(names), 8)
    console.log([sys("ioctl", socket, list, all), sys("ioctl", socket, name, asked), sys("ioctl", socket, index, asked),
      sys("ioctl", socket, owner, Buffer.alloc(4))].join())`
  const ask = async (mode: string) =>
    (await place.cordon(["--backend", "landlock", "--net", mode, "--read", bun, "--", bun, "-e", code]))
      .stdout
  expect(await ask("off")).toBe("EPERM,EPERM,EPERM,0\n")
  expect(await ask("open")).toMatch(/^0,\w+,0,0\n$/)
})
