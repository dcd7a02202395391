import { describe, expect, test } from "bun:test"
import { SessionClock } from "../../src/supervise/clock.ts"

/** A shell that the clock may end, and how it ended. */
function sleeper(script: string) {
  const process = Bun.spawn(["sh", "-c", script], { stdout: "pipe" })
  const started = process.stdout.getReader().read()
  return { process, started }
}

describe("the clock of a session", () => {
  test("says so, and ends the command with SIGTERM", async () => {
    const said: string[] = []
    const [command, bubblewrap] = [sleeper("echo; exec sleep 60"), sleeper("echo; exec sleep 60")]
    await Promise.all([command.started, bubblewrap.started])
    const clock = new SessionClock(text => said.push(text))
    clock.command = command.process.pid
    clock.start(50, () => bubblewrap.process.kill("SIGKILL"))
    await command.process.exited
    expect(command.process.signalCode).toBe("SIGTERM")
    expect(clock.isOver).toBe(true)
    expect(said).toEqual(["the time limit of 0.05 s is over: the session is ended"])
    await bubblewrap.process.exited
    expect(bubblewrap.process.signalCode).toBe("SIGKILL")
  })

  test("ends a sandbox at once in which nothing has started", async () => {
    const { process: bubblewrap, started } = sleeper("trap '' TERM; echo; while :; do sleep 1; done")
    await started
    const start = performance.now()
    new SessionClock(() => undefined).start(50, () => bubblewrap.kill("SIGKILL"))
    await bubblewrap.exited
    expect(performance.now() - start).toBeLessThan(1500)
  })

  test("does not run without a limit", async () => {
    const clock = new SessionClock(() => {
      throw new Error("over")
    })
    clock.start(undefined, () => clock.cancel())
    await Bun.sleep(50)
    expect(clock.isOver).toBe(false)
  })
})
