/** A program inside types into the user's terminal, for the shell to run when the session is over. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { typingScript } from "../support/libc.ts"
import { cordonBinary, World } from "../support/world.ts"

/** Runs a shell script on a terminal of its own and types into it; everything that the terminal shows. */
async function onTerminal(world: World, script: string, typed = ""): Promise<string> {
  let shown = ""
  const decoder = new TextDecoder()
  const shell = Bun.spawn(["sh", "-c", script, cordonBinary, process.execPath], {
    cwd: world.project,
    env: world.env,
    terminal: {
      cols: 100,
      rows: 30,
      data: (_, bytes) => {
        shown += decoder.decode(bytes, { stream: true })
      },
    },
  })
  if (typed !== "") shell.terminal?.write(typed)
  const timer = setTimeout(() => shell.kill("SIGKILL"), 30_000)
  await shell.exited
  clearTimeout(timer)
  shell.terminal?.close()
  return shown
}

const marker = "typed-from-inside"
const typing = `'${typingScript(`echo ${marker}\n`)}'`
// What was typed stands in the terminal's queue; whoever reads next gets it. -t is bash's, so a time limit here.
const afterwards = 'stty -icanon -echo min 0 time 5; got=$(head -c 100); echo "afterwards<$got>"'
const canType = canTypeHere()

test.skipIf(!canType)(
  `what a program types with TIOCSTI does not arrive${canType ? "" : " [skipped when the kernel refuses TIOCSTI to everybody]"}`,
  async () => {
    using world = new World()
    const outside = await onTerminal(world, `stty -echo; "$1" -e ${typing}; ${afterwards}`)
    expect(outside, "the attempt works without a sandbox").toContain(`afterwards<echo ${marker}`)
    const inside = await onTerminal(world, `stty -echo; "$0" --read "$1" -- "$1" -e ${typing}; ${afterwards}`)
    expect(inside).toContain("ioctl -1")
    expect(inside).toContain("afterwards<>")
    expect(inside).not.toContain(marker)
  },
)

test("the terminal's line reaches the command, and its output the terminal", async () => {
  using world = new World()
  const script = '"$0" -- sh -c \'test -t 0 && test -t 1 && test -t 2 && read line && echo "got<$line>"\''
  expect(await onTerminal(world, script, "hello there\n")).toContain("got<hello there>")
})

test("the command knows the terminal's size", async () => {
  using world = new World()
  expect(await onTerminal(world, '"$0" -- stty size')).toContain("30 100")
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
