/**
 * A program inside types into the user's terminal, for the shell to run when the session is over. It is refused without
 * taking the terminal away: what people do at one works.
 */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { cordonOf } from "../supervise/sessions.ts"
import { typingScript } from "../support/libc.ts"
import { commandLineOf, eventually, processesWith } from "../support/process.ts"
import { onTerminal, Terminal } from "../support/terminal.ts"
import { cordonBinary, World } from "../support/world.ts"

const marker = "typed-from-inside"
const typing = `'${typingScript(`echo ${marker}\n`)}'`
// What was typed stands in the terminal's queue; whoever reads next gets it. -t is bash's, so a time limit here.
const afterwards = 'stty -icanon -echo min 0 time 5; got=$(head -c 100); echo "afterwards<$got>"'
const canType = canTypeHere()

describe("what a program types with TIOCSTI", () => {
  test.skipIf(!canType)(
    `does not arrive${canType ? "" : " [skipped when the kernel refuses TIOCSTI to everybody]"}`,
    async () => {
      using world = new World()
      const outside = await onTerminal(world, `stty -echo; "$1" -e ${typing}; ${afterwards}`)
      expect(outside, "the attempt works without a sandbox").toContain(`afterwards<echo ${marker}`)
      const inside = await onTerminal(
        world,
        `stty -echo; "$0" --read "$1" -- "$1" -e ${typing}; ${afterwards}`,
      )
      expect(inside).toContain("ioctl -1")
      expect(inside).toContain("afterwards<>")
      expect(inside).not.toContain(marker)
    },
  )
})

describe("the terminal", () => {
  test("takes a line to the command, and shows its output", async () => {
    using world = new World()
    const script = '"$0" -- sh -c \'test -t 0 && test -t 1 && test -t 2 && read line && echo "got<$line>"\''
    expect(await onTerminal(world, script, "hello there\n")).toContain("got<hello there>")
  })

  test("has its size inside", async () => {
    using world = new World()
    expect(await onTerminal(world, '"$0" -- stty size')).toContain("30 100")
  })

  test("is /dev/tty inside, where passwords are asked for", async () => {
    using world = new World()
    const script = `"$0" -- sh -c 'echo asked >/dev/tty; read line </dev/tty; echo "got<$line>"' </dev/null`
    expect(await onTerminal(world, script, "s3cret\n")).toContain("got<s3cret>")
  })

  test("tells the program when its window changes", async () => {
    using world = new World()
    const script = `trap 'echo "now $(stty size)"' WINCH; echo ready; while :; do sleep 0.1; done`
    await using terminal = new Terminal(world, [cordonBinary, "-q", "--", "bash", "-c", script])
    await terminal.shows("ready")
    terminal.resize(77, 22)
    await terminal.shows("now 22 77")
  })

  test("interrupts the program with Ctrl-C, which may catch it", async () => {
    using world = new World()
    const script = "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.1; done"
    await using terminal = new Terminal(world, [cordonBinary, "-q", "--", "bash", "-c", script])
    await terminal.shows("ready")
    terminal.type("\x03")
    await terminal.shows("caught")
    expect(await terminal.ends()).toBe(3)
  })
})

const shell = ["bash", "--norc", "--noprofile", "-i"]

/** Waits until a process has the terminal, and is not stopped: what is typed before is another's (proc_pid_stat(5)). */
async function hasTerminal(find: () => number | undefined): Promise<void> {
  const has = () => {
    const id = find()
    if (id === undefined) return undefined
    const stat = readFileSync(`/proc/${id}/stat`, "latin1").replace(/.*\) /s, "")
    const [state, , group, , , foreground] = stat.split(" ")
    return (state !== "T" && group === foreground) || undefined
  }
  expect(await eventually(has)).toBe(true)
}

describe("job control", () => {
  test("works in a shell inside: stop, list, background, foreground, interrupt", async () => {
    using world = new World()
    await using terminal = new Terminal(world, [cordonBinary, "-q", "--", ...shell])
    const sleep = `sleep 1000.${process.pid}`
    const sleeper = () => processesWith(sleep).find(id => commandLineOf(id).trim() === sleep)
    terminal.type(`echo pid-$$; ${sleep}; echo after-$?\n`)
    await terminal.shows("pid-", 2)
    await hasTerminal(sleeper)
    terminal.type("\x1a")
    await terminal.shows("Stopped")
    terminal.type("bg; jobs; echo listed-$?\n")
    await terminal.shows("Running")
    terminal.type("fg\n")
    await terminal.shows("sleep 1000", 3)
    await hasTerminal(sleeper)
    terminal.type("\x03")
    terminal.type("echo code-$?\n")
    await terminal.shows("code-130")
    expect(terminal.shown).not.toContain("no job control")
    terminal.type("exit 7\n")
    expect(await terminal.ends()).toBe(7)
  })

  test("works on Cordon as a job of the shell outside", async () => {
    using world = new World()
    await using terminal = new Terminal(world, shell)
    terminal.type(`${cordonBinary} -q -- sh -c 'echo started-$((1+1)); sleep 1000'\n`)
    await terminal.shows("started-2")
    terminal.type("\x1a")
    await terminal.shows("Stopped")
    terminal.type("fg\n")
    await terminal.shows("started-", 3)
    await hasTerminal(() => cordonOf(world))
    terminal.type("\x03")
    terminal.type("echo code-$?\n")
    await terminal.shows("code-130")
    terminal.type("exit 0\n")
    expect(await terminal.ends()).toBe(0)
  })
})

/** dev.tty.legacy_tiocsti (since 6.2): 0 leaves it to CAP_SYS_ADMIN; older kernels let everybody. */
function canTypeHere(): boolean {
  try {
    const legacy = readFileSync("/proc/sys/dev/tty/legacy_tiocsti", "utf8").trim() === "1"
    return legacy || process.getuid?.() === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    return true
  }
}

test("Ctrl-C is heard at any moment of the start", async () => {
  using world = new World()
  for (let times = 0; times < 25; times++) {
    await using terminal = new Terminal(world, [
      cordonBinary,
      "-q",
      "-n",
      "--",
      "sh",
      "-c",
      "sleep 5; echo ran",
    ])
    await Bun.sleep(3 + Math.random() * 50)
    terminal.type("\x03")
    expect(await terminal.ends()).not.toBe(0)
    expect(terminal.shown).not.toContain("ran")
  }
})
