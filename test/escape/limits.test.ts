/** A program that takes what it can get of the machine gets what it was granted; one that stays within notices nothing. */
import { describe, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readLimitFacts } from "../../src/host/limit-facts.ts"
import { heldControllers } from "../../src/host/limit-problem.ts"
import { commandLineOf, eventually, launch, type Outcome, processesWith, run } from "../support/process.ts"
import { rawCallsPrelude } from "../support/raw-calls.ts"
import { Terminal } from "../support/terminal.ts"
import { bun, cordonBinary, isRoot, World } from "../support/world.ts"

const facts = readLimitFacts(process.getuid?.() ?? 0)
const held = heldControllers(facts)
const noMemory = !held.includes("memory")
const noCpu = !held.includes("cpu")
const python = Bun.which("python3", { PATH: "/usr/bin:/bin" })
const noCount = !facts.countsProcesses && !held.includes("pids")

/** A duration that no other process of the machine sleeps for. */
function uniqueSleep(): string {
  return `sleep ${3600 + Math.floor(Math.random() * 1e6)}.${process.pid}`
}

async function expectGone(sleep: string): Promise<void> {
  const gone = await eventually(() => (processesWith(sleep).length === 0 ? true : undefined))
  const left = processesWith(sleep)
  for (const id of left) process.kill(id, "SIGKILL")
  expect({ gone, left }).toEqual({ gone: true, left: [] })
}

/** Control groups of a process of Cordon's, or of any. */
async function groupsOf(owner: number | "*"): Promise<string[]> {
  const words = ["find", "/sys/fs/cgroup", "-maxdepth", "9", "-type", "d", "-name", `cordon-${owner}-*`]
  const { stdout } = await run(words, { cwd: "/", env: { PATH: "/usr/bin:/bin" } })
  return stdout.split("\n").filter(line => line !== "")
}

async function timed(outcome: Promise<Outcome>): Promise<Outcome & { seconds: number }> {
  const start = performance.now()
  return { ...(await outcome), seconds: (performance.now() - start) / 1000 }
}

describe("a time limit", () => {
  const overAfter = (limit: string) => `cordon: the time limit of ${limit} s is over: the session is ended\n`

  test("ends the command with SIGTERM and gives 124", async () => {
    using world = new World()
    const sleep = uniqueSleep()
    const options = { options: ["--timeout", "1s"] }
    const ended = await timed(world.shell(`echo before; exec ${sleep}`, options))
    expect(ended).toMatchObject({ code: 124, stdout: "before\n", stderr: overAfter("1") })
    expect(ended.seconds).toBeGreaterThanOrEqual(0.9)
    expect(ended.seconds).toBeLessThan(2.5)
    await expectGone(sleep)
  })

  /** What comes of the shortest limit within which it comes so far: where others are busy, nothing may have begun after a second. */
  async function overAfterIt(
    launch: (limit: string) => Promise<Outcome>,
    cameFarEnough: (outcome: Outcome) => boolean,
  ) {
    for (let limit = 1; ; limit *= 3) {
      const ended = await timed(launch(`${limit}s`))
      if (cameFarEnough(ended) || limit > 9) return { ...ended, late: ended.seconds - limit }
    }
  }

  test("lets the command say its last words", async () => {
    using world = new World()
    const script = "trap 'echo bye; exit 3' TERM; : > ready; sleep 60 & wait"
    const launch = (limit: string) => world.shell(script, { options: ["--timeout", limit] })
    expect(await overAfterIt(launch, () => existsSync(join(world.project, "ready")))).toMatchObject({
      code: 124,
      stdout: "bye\n",
    })
  })

  const stubborn = {
    "that ignores SIGTERM": (sleep: string) => `trap '' TERM; ${sleep}; ${sleep}`,
    "that is stopped": (sleep: string) => `${sleep} & kill -STOP $$`,
    "that hides in a session of its own": (sleep: string) => `trap '' TERM; setsid ${sleep} & wait; sleep 60`,
    "that hides behind children": (sleep: string) =>
      `sh -c "trap '' TERM; ${sleep}" & sh -c "${sleep}" & wait`,
  }
  test.each(Object.entries(stubborn))("ends a command %s, and leaves nothing", async (what, script) => {
    using world = new World()
    const sleep = uniqueSleep()
    const ended = await timed(world.shell(script(sleep), { options: ["--timeout", "0.5s"] }))
    expect(ended.code).toBe(124)
    // A stopped one has no grace to wait for: it is woken for its SIGTERM.
    expect(ended.seconds).toBeLessThan(what === "that is stopped" ? 2 : 6)
    await expectGone(sleep)
  })

  const leasing = (act: string) => `${rawCallsPrelude()}
    process.on("SIGIO", () => {})
    write("leased")
    const leased = sys("openat", AT_FDCWD, "leased", 0, 0)
    const [setLease, shared] = [1024, 0]
    fs.writeSync(1, String(sys("fcntl", leased, setLease, shared)))
    ${act}
    fs.writeSync(1, String(sys("truncate", "leased", 0)))`

  test.each(["-n", "--net open", "-n --backend landlock"])(
    "ends a command that holds up who carries out its calls: %s",
    async text => {
      using world = new World()
      const within = (limit: string, act: string) =>
        world.script(leasing(act), { options: ["--timeout", limit, ...text.split(" ")] })
      // The kernel gives the holder of a lease 45 seconds (fcntl(2)). The second launch is a remembered one.
      for (const _ of ["first", "second"]) {
        const ended = await overAfterIt(
          limit => within(limit, ""),
          ({ stdout }) => stdout !== "",
        )
        expect(ended).toMatchObject({ code: 124, stdout: "0" })
        expect(ended.late).toBeLessThan(7)
      }
      expect(await within("1m", "sys('close', leased)")).toMatchObject({ code: 0, stdout: "00" })
    },
    60_000,
  )

  test.each(["-n", "-n --backend landlock"])(
    "ends a command whose end another program keeps from us: %s",
    async text => {
      using world = new World()
      const sleep = uniqueSleep()
      // Of a process that is traced only the tracer hears at first (ptrace(2)).
      const tracer = `${rawCallsPrelude()}
        const [seize, seconds] = [0x4206, Number(process.argv[1])]
        fs.writeSync(1, String(sys("ptrace", seize, process.ppid, 0, 0)))
        for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => {})
        Bun.spawnSync(["sh", "-c", "trap '' TERM; exec timeout " + seconds + " ${sleep}"])`
      const traced = (limit: string, seconds: number) =>
        world.script(
          `${rawCallsPrelude()}
          const [setTracer, anybody] = [0x59616d61, -1]
          sys("prctl", setTracer, anybody)
          const child = Bun.spawn([process.execPath, "-e", ${JSON.stringify(tracer)}, "${seconds}"], { stdout: "inherit" })
          await child.exited`,
          { options: ["--timeout", limit, ...text.split(" ")] },
        )
      const ended = await overAfterIt(
        limit => traced(limit, 25),
        ({ stdout }) => stdout !== "",
      )
      expect(ended).toMatchObject({ code: 124, stdout: "0" })
      expect(ended.late).toBeLessThan(7)
      await expectGone(sleep)
      expect(await traced("1m", 0.1)).toMatchObject({ code: 0, stdout: "0" })
    },
    60_000,
  )

  /** Takes the terminal for a process group of its own, in which another program goes on. */
  const inForeground = (goesOn: string) => `${rawCallsPrelude()}
    const [ignored, stopForOutput, setForeground] = [1n, 22, 0x5410]
    sys("rt_sigaction", stopForOutput, Buffer.from(new BigUint64Array([ignored, 0n, 0n, 0n]).buffer), 0, 8)
    sys("setpgid", 0, 0)
    const terminal = sys("openat", AT_FDCWD, "/dev/tty", 2, 0)
    console.log("taken " + sys("ioctl", terminal, setForeground, Buffer.from(new Int32Array([process.pid]).buffer)))
    Bun.spawnSync(["sh", "-c", ${JSON.stringify(`trap '' TERM; ${goesOn}`)}])`
  /** Stops the group that it shares with Cordon, as who changes a terminal from the background does (tcsetattr(3)). */
  const inBackground = `${rawCallsPrelude()}
    const [getModes, setModes] = [0x5401, 0x5402]
    const terminal = sys("openat", AT_FDCWD, "/dev/tty", 2, 0), modes = Buffer.alloc(256)
    await Bun.sleep(500)
    sys("ioctl", terminal, getModes, modes)
    console.log("changed " + sys("ioctl", terminal, setModes, modes))`

  test.each(["-n", "-n --backend landlock"])(
    "ends what goes on while Cordon is stopped by way of the terminal: %s",
    async text => {
      const sleep = uniqueSleep()
      const onTerminal = (world: World, limit: string, goesOn: string) => {
        writeFileSync(join(world.project, "foreground.js"), inForeground(goesOn))
        writeFileSync(join(world.project, "background.js"), inBackground)
        const inside = `sh -c '"$1" foreground.js & "$1" background.js; wait' sh "$1"`
        const job = `"$0" --timeout ${limit} ${text} --read "$1" -- ${inside}; echo "code $?"`
        return new Terminal(world, [
          "bash",
          "-m",
          "-c",
          `(${job}); until [ -e go ]; do sleep 0.1; done; fg`,
          cordonBinary,
          bun,
        ])
      }
      const goOn = (world: World) => writeFileSync(join(world.project, "go"), "")
      using limited = new World()
      await using over = onTerminal(limited, "4s", `exec ${sleep}`)
      await over.shows("taken 0")
      await over.shows("Stopped")
      expect(await eventually(() => sleeper(sleep))).toBeDefined()
      await expectGone(sleep)
      goOn(limited)
      await over.shows("code 137")
      using world = new World()
      await using within = onTerminal(world, "1m", "sleep 1")
      await within.shows("Stopped")
      goOn(world)
      await within.shows("changed 0")
      await within.shows("code 0")
    },
    60_000,
  )

  test("of the policy holds, the lower one of a repository too", async () => {
    using world = new World({
      project: { ".cordon.yaml": "limits: { time: 0.5s }\n" },
      home: { ".config/cordon/policy.yaml": "limits: { cpus: 1 }\noptional: [limits]\n" },
    })
    expect(await world.cordon(["--", "sleep", "60"])).toMatchObject({ code: 124 })
  })

  test("is none unless somebody sets one; and a command within it keeps its exit code and its streams", async () => {
    using world = new World()
    expect(await world.shell("sleep 1.5; exit 7")).toEqual({ code: 7, stdout: "", stderr: "" })
    const within = await world.cordon(["--timeout", "1h", "--", "sh", "-c", "cat; echo err >&2; exit 7"], {
      stdin: "in",
    })
    expect(within).toEqual({ code: 7, stdout: "in", stderr: "err\n" })
    expect(await world.shell("kill -SEGV $$", { options: ["--timeout", "30d"] })).toMatchObject({ code: 139 })
    expect((await world.cordon(["--timeout", "1m", "--", "no-such-command"])).code).toBe(127)
  })

  test("does not keep signals from the command, nor SIGKILL from ending it", async () => {
    using world = new World()
    const sleep = uniqueSleep()
    const running = world.start(["--timeout", "1h", "--", "sh", "-c", `trap 'exit 9' TERM; ${sleep} & wait`])
    expect(await eventually(() => sleeper(sleep))).toBeDefined()
    running.process.kill("SIGTERM")
    expect((await running.outcome).code).toBe(9)
    const killed = world.start(["--timeout", "1h", "--", ...sleep.split(" ")])
    expect(await eventually(() => sleeper(sleep))).toBeDefined()
    killed.process.kill("SIGKILL")
    await killed.process.exited
    await expectGone(sleep)
  })
})

/** The process that sleeps, once it does. */
function sleeper(sleep: string): number | undefined {
  return processesWith(sleep).find(id => commandLineOf(id).trim() === sleep)
}

describe.skipIf(noCount)("a limit of processes [skipped when processes cannot be counted here]", () => {
  /** Starts as many as it gets, then counts what there is, without starting anything for that. */
  const fill =
    "( i=0; while [ $i -lt 80 ]; do sleep 60 & i=$((i+1)); done ) 2>/dev/null; set -- /proc/[0-9]*; echo $#"

  test("holds for all of them together; without it there are more", async () => {
    using world = new World()
    const limited = await world.shell(fill, { options: ["--processes", "20"] })
    // 20 less the subshell that has ended, and the first process of the sandbox, which is Cordon's.
    expect({ code: limited.code, stdout: limited.stdout }).toEqual({ code: 0, stdout: "20\n" })
    expect(await world.shell(fill)).toMatchObject({ stdout: "82\n", stderr: "" })
  })

  test("takes no time when the command is over, and says nothing", async () => {
    using world = new World()
    const start = performance.now()
    const outcome = await world.shell("echo done", { options: ["-n", "--processes", "20"] })
    expect(outcome).toMatchObject({ code: 0, stdout: "done\n", stderr: "" })
    expect(performance.now() - start).toBeLessThan(1500)
  })

  test("cannot be raised inside", async () => {
    using world = new World()
    const { stdout } = await world.shell(`ulimit -p 4000 2>/dev/null; ${fill}`, {
      options: ["--processes", "20"],
    })
    expect(stdout).toBe("20\n")
  })

  test("holds for each session by itself, whatever else this user runs", async () => {
    using world = new World()
    const options = { options: ["--processes", "20"] }
    const both = await Promise.all([world.shell(fill, options), world.shell(fill, options)])
    expect(both.map(({ stdout }) => stdout)).toEqual(["20\n", "20\n"])
  })

  test("holds in user namespaces that the policy lets programs make", async () => {
    using world = new World({ home: { ".config/cordon/policy.yaml": "nested_userns: allow\n" } })
    const nested = ["unshare", "-U", "sh", "-c", fill]
    const { stdout } = await world.cordon(["--processes", "20", "--", ...nested])
    expect(stdout).toBe("20\n")
  })

  test("stops a fork bomb, and the host goes on", async () => {
    using world = new World()
    const bomb = "bomb() { bomb | bomb & }; bomb; while :; do :; done"
    const words = ["--processes", "50", "--timeout", "5s", "--", "bash", "-c", bomb, `bomb-${process.pid}`]
    const running = world.start(words)
    const count = () => processesWith(`bomb-${process.pid}`).length
    expect(await eventually(() => count() > 5 || undefined)).toBe(true)
    await Bun.sleep(1000)
    const present = count()
    // The sandbox's own words name it too.
    expect(present).toBeLessThan(60)
    expect((await run(["true"], { cwd: "/", env: { PATH: "/usr/bin:/bin" } })).code).toBe(0)
    expect((await running.outcome).code).toBe(124)
    await expectGone(`bomb-${process.pid}`)
  })

  test("lets work that needs fewer", async () => {
    using world = new World()
    const script = "seq 1 100 | sort -n | tail -n 1"
    expect(await world.shell(script, { options: ["--processes", "8"] })).toEqual({
      code: 0,
      stdout: "100\n",
      stderr: "",
    })
    // One process is the command itself.
    expect((await world.cordon(["--processes", "1", "--", "echo", "alone"])).stdout).toBe("alone\n")
  })
})

describe.skipIf(noMemory)(
  "a limit of memory [skipped when no control group with memory can be made here]",
  () => {
    const hog = "head -c 300000000 /dev/zero | tail -c 290000000 | wc -c"
    const said = /cordon: the memory limit was reached: the kernel ended \d+ of the processes\n$/

    test("ends a process that takes more; without it the process goes on", async () => {
      using world = new World()
      const limited = await world.shell(`${hog}; echo still here`, { options: ["--memory", "100MB"] })
      expect(limited.stdout).toBe("0\nstill here\n")
      if (facts.manager === undefined) expect(limited.stderr).toMatch(said)
      expect((await world.shell(hog)).stdout).toBe("290000000\n")
      expect(await world.shell(hog, { options: ["--memory", "600MB"] })).toEqual({
        code: 0,
        stdout: "290000000\n",
        stderr: "",
      })
    })

    test("holds for several processes together", async () => {
      using world = new World()
      const one = "(head -c 150000000 /dev/zero | (tail -c 140000000; sleep 2) | wc -c) &"
      const { stdout } = await world.shell(`${one} ${one} ${one} wait`, { options: ["--memory", "250MB"] })
      expect(stdout.split("\n").filter(line => line === "140000000").length).toBeLessThan(3)
    })

    test("counts what is written to the private temp, which lies in memory", async () => {
      using world = new World()
      const fill = "head -c 300000000 /dev/zero > /tmp/big"
      const { code } = await world.shell(fill, { options: ["--memory", "100MB"] })
      expect(code).not.toBe(0)
      expect((await world.shell(`${fill}; echo done`)).stdout).toBe("done\n")
    })

    test("counts what names take there, which Cordon makes", async () => {
      using world = new World()
      const code = `${rawCallsPrelude()}
        const long = Buffer.from("a".repeat(4000) + "\\0"), value = Buffer.alloc(4000)
        const makes = {
          links: name => sys("symlinkat", long, AT_FDCWD, name),
          attributes: name => sys("mkdirat", AT_FDCWD, name, 0o700) || sys("setxattr", name, "user.x", value, value.length, 0),
        }
        const made = make => {
          for (let number = 0; number < 40_000; number++) {
            const result = make("/tmp/" + number)
            if (result !== 0) return result
          }
          return "all"
        }
        for (const make of Object.values(makes)) {
          console.log([make("/tmp/few"), made(make), make("/dev/shm/one")].join())
          Bun.spawnSync(["sh", "-c", "rm -rf /tmp/* /dev/shm/one"])
        }`
      const options = (limit: string) => ({ options: ["--memory", limit] })
      expect((await world.script(code, options("120MB"))).stdout).toMatch(
        /^0,ENOSPC,ENOSPC\n0,(ENOSPC,ENOSPC|EOPNOTSUPP,.*)\n$/,
      )
      expect((await world.script(code, options("2GB"))).stdout).toMatch(
        /^0,all,0\n0,(all,0|EOPNOTSUPP,.*)\n$/,
      )
    }, 60_000)

    test("counts what a new repository's samples of hooks take, where the project lies in memory", async () => {
      using world = new World({ below: "/dev/shm" })
      const code = `${rawCallsPrelude()}
        fs.mkdirSync("new/.git/hooks", { recursive: true })
        const long = Buffer.from("a".repeat(4000) + "\\0")
        let result = 0, made = 0
        for (; made < 8000 && result === 0; made++)
          result = sys("symlinkat", long, AT_FDCWD, "new/.git/hooks/" + made + ".sample")
        console.log(result)`
      const said = async (limit: string) =>
        (await world.script(code, { options: ["--memory", limit] })).stdout
      expect(await said("20MB")).toBe("ENOSPC\n")
      await world.host("rm", "-rf", "new")
      expect(await said("2GB")).toBe("0\n")
    })

    test.skipIf(python === null)(
      `counts what lies in the buffers of sockets${python === null ? " [skipped when there is no python3]" : ""}`,
      async () => {
        using world = new World()
        const code = `import socket
server, kept, sent = socket.create_server(("127.0.0.1", 0), backlog=1000), [], 0
for _ in range(150):
    one = socket.create_connection(server.getsockname()); other, _ = server.accept(); kept += [one, other]
    for each in (one, other):
        each.setblocking(False)
        try:
            while True: sent += each.send(bytes(65536))
        except BlockingIOError: pass
print(sent)`
        const sent = async (limit: string) =>
          Number((await world.cordon(["-n", "--memory", limit, "--", python ?? "", "-c", code])).stdout)
        const within = await sent("10GB")
        expect(within).toBeGreaterThan(300e6)
        expect(await sent("100MB")).toBeLessThan(250e6)
      },
    )

    test("cannot be raised inside", async () => {
      using world = new World()
      const raise = `for file in $(find /sys/fs/cgroup -name 'memory.max' -o -name 'memory.limit_in_bytes'); do
      echo 9000000000 > "$file"; done 2>/dev/null
      for file in $(find /sys/fs/cgroup -name cgroup.procs); do echo $$ > "$file"; done 2>/dev/null; ${hog}`
      expect((await world.shell(raise, { options: ["--memory", "100MB"] })).stdout).toBe("0\n")
    })

    test("leaves no control group, whatever ends the session", async () => {
      using world = new World()
      const owner = async (signal: NodeJS.Signals | undefined, script: string) => {
        const running = world.start(["--memory", "1GB", "--", "sh", "-c", script])
        const there = await eventually(() => (processesWith(script).length > 1 ? true : undefined))
        expect(there).toBe(true)
        if (signal !== undefined) running.process.kill(signal)
        await running.outcome
        return running.process.pid
      }
      for (const signal of ["SIGTERM", "SIGKILL", undefined] as const) {
        const id = await owner(signal, `sleep ${signal === undefined ? 1 : 600}; : ${uniqueSleep()}`)
        const end = performance.now() + 5000
        let left = await groupsOf(id)
        while (left.length > 0 && performance.now() < end) {
          await Bun.sleep(50)
          left = await groupsOf(id)
        }
        expect({ signal, left }).toEqual({ signal, left: [] })
      }
    })
  },
)

describe.skipIf(noCpu)(
  "a limit of processors [skipped when no control group with cpu can be made here]",
  () => {
    /** Spins in eight processes for some two seconds; the second line that it prints is the time of the children. */
    const spin = `spin() { end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do :; done; }
    for i in 1 2 3 4 5 6 7 8; do spin & done; wait; times`

    /** User and system time of the children, in seconds. */
    function seconds({ stdout }: Outcome): number {
      const found = [...(stdout.split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)]
      expect(found.length).toBe(2)
      return found.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0)
    }

    test("holds for all processes together", async () => {
      using world = new World()
      const limited = seconds(await world.shell(spin, { options: ["--cpus", "0.1"] }))
      expect(limited).toBeLessThan(1)
      // A machine that others keep busy may have nothing to give for two seconds.
      let most = 0
      for (let tries = 0; tries < 10 && most <= 2 * limited; tries++)
        most = Math.max(most, seconds(await world.shell(spin, { options: ["--cpus", "64"] })))
      expect(most).toBeGreaterThan(2 * limited)
    })
  },
)

describe("a limit that cannot be enforced", () => {
  /** Cordon where no control group can be made: for root one must be hidden. */
  function poorCordon(world: World, words: readonly string[]): Promise<Outcome> {
    const hide = 'mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"'
    const before = isRoot ? ["unshare", "-m", "sh", "-c", hide] : []
    return launch([...before, cordonBinary, ...words], { cwd: world.project, env: world.env }).outcome
  }
  const rich = !isRoot && !(noMemory && noCpu)
  describe.skipIf(rich)("stops the run [skipped when this user may make control groups]", () => {
    test.each([
      ["memory", ["--memory", "1GB"]],
      ["cpus", ["--cpus", "1"]],
      ...(isRoot ? [["processes", ["--processes", "5"]] as [string, string[]]] : []),
    ])("%s", async (name, options) => {
      using world = new World()
      const { code, stdout, stderr } = await poorCordon(world, [...options, "--", "echo", "ran"])
      expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
      expect(stderr).toStartWith(`cordon: ${options.join(" ")}: limits.${name} cannot be enforced here: `)
      expect(stderr).toContain("\ncordon: → ")
    })

    test("unless it is optional, and then it says so", async () => {
      using world = new World({ home: { ".config/cordon/policy.yaml": "optional: [limits]\n" } })
      const { code, stdout, stderr } = await poorCordon(world, ["--cpus", "1", "--", "echo", "ran"])
      expect({ code, stdout }).toEqual({ code: 0, stdout: "ran\n" })
      expect(stderr).toMatch(/^cordon: warning: not protected: limits\.cpus does not hold: /)
    })

    test("a repository's policy does not make it optional", async () => {
      using world = new World({ project: { ".cordon.yaml": "optional: [limits]\n" } })
      expect((await poorCordon(world, ["--cpus", "1", "--", "echo", "ran"])).code).toBe(125)
    })

    test("an optional limit of memory still holds for each process by itself", async () => {
      using world = new World({ home: { ".config/cordon/policy.yaml": "optional: [limits]\n" } })
      const hog = "head -c 300000000 /dev/zero | tail -c 290000000 | wc -c"
      const words = (size: string) => ["-q", "--memory", size, "--", "sh", "-c", hog]
      expect((await poorCordon(world, words("100MB"))).stdout).toBe("0\n")
      expect((await poorCordon(world, words("600MB"))).stdout).toBe("290000000\n")
    })

    test("a time limit needs nothing of the machine", async () => {
      using world = new World()
      expect((await poorCordon(world, ["--timeout", "0.5s", "--", "sleep", "60"])).code).toBe(124)
    })
  })
})
