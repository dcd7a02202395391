/** Signals to Cordon are the command's, once each; what Cordon's caller ignores stays ignored. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { eventually, run } from "../support/process.ts"
import { Terminal } from "../support/terminal.ts"
import { cordonBinary } from "../support/world.ts"
import { appears, cordonOf, everyNetwork, startShell, startWords, worldWith } from "./sessions.ts"

/** Counts a signal, and ends with the count a moment after the first. */
const counting = (name: string) =>
  `trap 'count=$((count+1))' ${name}; count=0; echo > started; while [ $count = 0 ]; do sleep 0.02; done; sleep 0.3; exit $((40 + count))`

describe.each(everyNetwork)("with the network %s:", network => {
  describe("a signal to Cordon", () => {
    test.each(["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const)(
      "%s reaches the command once, which may live on and end as it likes",
      async name => {
        using world = worldWith(network)
        const running = await startShell(world, counting(name.slice(3)))
        running.process.kill(name)
        expect(await running.outcome).toEqual({ code: 41, stdout: "", stderr: "" })
      },
    )

    test.each(["SIGINT", "SIGQUIT", "SIGWINCH"] as const)(
      "%s without a terminal reaches the command once",
      async name => {
        using world = worldWith(network)
        // setsid(1) takes the terminal away, if there is one.
        const words = ["setsid", "-w", cordonBinary, "-q", "--", "bash", "-c", counting(name.slice(3))]
        const running = await startWords(world, words)
        process.kill(cordonOf(world), name)
        expect((await running.outcome).code).toBe(41)
      },
    )

    test("again and again reaches the command again and again", async () => {
      using world = worldWith(network)
      const script =
        "trap 'echo got; echo x >> heard' USR1; trap 'exit 9' TERM; echo > started; while :; do sleep 0.02; done"
      const heard = () =>
        existsSync(join(world.project, "heard")) ? readFileSync(join(world.project, "heard")).length / 2 : 0
      const running = await startShell(world, script)
      for (let times = 1; times <= 5; times++) {
        running.process.kill("SIGUSR1")
        // Two that nobody has taken yet are one (signal(7)).
        await eventually(() => heard() >= times || undefined)
        await Bun.sleep(50)
      }
      running.process.kill("SIGTERM")
      expect(await running.outcome).toEqual({ code: 9, stdout: "got\n".repeat(5), stderr: "" })
    })

    test("at any moment of the start ends the session, or reaches the command: nothing hangs", async () => {
      using world = worldWith(network)
      for (let times = 0; times < 40; times++) {
        const running = world.start([
          "-q",
          "--",
          "sh",
          "-c",
          "trap 'exit 7' TERM; while :; do sleep 0.02; done",
        ])
        await Bun.sleep(Math.random() * 60)
        running.process.kill("SIGTERM")
        const timer = setTimeout(() => running.process.kill("SIGKILL"), 10_000)
        const { code, stderr } = await running.outcome
        clearTimeout(timer)
        expect([7, 143], `at ${times}: ${stderr}`).toContain(code)
        expect(stderr).toBe("")
      }
    })

    test("to a stopped command is no help, but SIGCONT inside is", async () => {
      using world = worldWith(network)
      const script =
        "trap 'exit 8' TERM; (until grep -q '^State:.T' /proc/$$/status; do sleep 0.05; done; sleep 0.3; kill -CONT $$) & echo > started; kill -STOP $$; while :; do sleep 0.02; done"
      const running = await startShell(world, script)
      running.process.kill("SIGTERM")
      expect((await running.outcome).code).toBe(8)
    })
  })

  describe("a signal to the whole process group, as shells send them", () => {
    test.each(["TERM", "HUP", "USR1"])(
      "%s leaves the command its time: bubblewrap does not fall first",
      async name => {
        using world = worldWith(network)
        const script = `trap 'sleep 0.4; echo ended; exit 7' ${name}; echo > started; while :; do sleep 0.02; done`
        // The leader of the group is a shell that ignores the signal; Cordon must not inherit that.
        const outer = `trap '' ${name}; env --default-signal=${name} "$0" -q -- sh -c "$1"; echo "code $?"`
        const running = await startWords(world, ["setsid", "-w", "sh", "-c", outer, cordonBinary, script])
        const group = Number(await world.host("ps", "-o", "pgid=", "-p", String(cordonOf(world))))
        process.kill(-group, constants.signals[`SIG${name}` as "SIGTERM"])
        const { stdout } = await running.outcome
        expect(stdout).toContain("ended\n")
        expect(stdout).toEndWith("code 7\n")
      },
    )
  })

  describe("a signal that Cordon's caller", () => {
    const statusOf = async (before: string) => {
      using world = worldWith(network)
      const words = [
        "sh",
        "-c",
        `${before} exec "$0" -q -- grep -E "^Sig(Ign|Blk):" /proc/self/status`,
        cordonBinary,
      ]
      const { stdout } = await run(words, { cwd: world.project, env: world.env })
      const [blocked = 0n, ignored = 0n] = [...stdout.matchAll(/Sig\w+:\t([0-9a-f]+)/g)].map(([, set]) =>
        BigInt(`0x${set}`),
      )
      // 32 and 33 are the C library's own, which it ignores in every child (posix_spawn(3)).
      return { blocked, ignored: ignored & 0x7fff_ffffn }
    }

    test("does nothing with, the command finds so: neither the runtime's SIGPIPE nor ours", async () => {
      expect(await statusOf("")).toEqual({ blocked: 0n, ignored: 0n })
    })

    test("ignores, the command ignores (nohup(1), background jobs of scripts)", async () => {
      // HUP, INT, QUIT, TERM, USR1
      expect(await statusOf("trap '' HUP INT QUIT TERM USR1;")).toEqual({
        blocked: 0n,
        ignored: 0b100_0010_0000_0111n,
      })
    })

    test("ignores, does not end the session", async () => {
      using world = worldWith(network)
      const script = 'trap "" HUP; exec "$0" -q -- sh -c "echo > started; sleep 0.5; echo lived"'
      const running = await startWords(world, ["sh", "-c", script, cordonBinary])
      running.process.kill("SIGHUP")
      expect(await running.outcome).toEqual({ code: 0, stdout: "lived\n", stderr: "" })
    })
  })

  describe("at a terminal", () => {
    test.each([
      ["Ctrl-C", "\x03", "INT"],
      ["Ctrl-\\", "\x1c", "QUIT"],
    ])("%s reaches the command once, and Cordon ends as the command does", async (_, key, name) => {
      using world = worldWith(network)
      const script = `trap 'count=$((count+1)); echo "caught-$count"' ${name}; count=0; echo ready; while [ $count = 0 ]; do sleep 0.05; done; sleep 0.5; exit $((40 + count))`
      await using terminal = new Terminal(world, [cordonBinary, "-q", "--", "bash", "-c", script])
      await terminal.shows("ready")
      terminal.type(key)
      expect(await terminal.ends()).toBe(41)
      expect(terminal.shown).toContain("caught-1")
      expect(terminal.shown).not.toContain("caught-2")
    })

    test("Ctrl-C that the command does not catch ends it: 130", async () => {
      using world = worldWith(network)
      await using terminal = new Terminal(world, [
        cordonBinary,
        "-q",
        "--",
        "sh",
        "-c",
        "echo ready; exec sleep 600",
      ])
      await terminal.shows("ready")
      terminal.type("\x03")
      expect(await terminal.ends()).toBe(130)
    })

    test("Ctrl-C that the command ignores ends nothing", async () => {
      using world = worldWith(network)
      const script = "trap '' INT; echo ready; sleep 1; echo lived; exit 5"
      await using terminal = new Terminal(world, [cordonBinary, "-q", "--", "bash", "-c", script])
      await terminal.shows("ready")
      terminal.type("\x03\x03")
      expect(await terminal.ends()).toBe(5)
      expect(terminal.shown).toContain("lived")
    })

    test("hanging up gives the command its time", async () => {
      using world = worldWith(network)
      const script =
        "trap 'sleep 0.3; echo x > hung-up; exit 0' HUP; echo ready; while :; do sleep 0.05; done"
      const terminal = new Terminal(world, [cordonBinary, "-q", "--", "bash", "-c", script])
      await terminal.shows("ready")
      terminal.hangUp()
      expect(await appears(world, "hung-up")).toBe(true)
      await terminal[Symbol.asyncDispose]()
    })
  })
})
