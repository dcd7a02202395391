/** What runs inside must not outlive the session, however that ends. */
import { expect, test } from "bun:test"
import { commandLineOf, eventually, processesWith } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

/** The process that sleeps, once it does: before, the launch itself may be under way. */
function sleeper(sleep: string): Promise<number | undefined> {
  return eventually(() => processesWith(sleep).find(id => commandLineOf(id).trim() === sleep))
}

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

const nests = {
  "a child": (sleep: string) => `${sleep} & wait`,
  "a grandchild": (sleep: string) => `sh -c '${sleep} & wait' & wait`,
  "a process of its own session": (sleep: string) => `setsid ${sleep} & wait; sleep 3599`,
  "one that ignores signals": (sleep: string) => `trap '' TERM HUP INT; ${sleep} & wait`,
}

test.each(Object.entries(nests))("SIGKILL of cordon ends %s inside", async (_, script) => {
  using world = new World()
  const sleep = uniqueSleep()
  const running = world.start(["--", "sh", "-c", script(sleep)])
  const started = await sleeper(sleep)
  expect(started).toBeDefined()
  running.process.kill("SIGKILL")
  await running.process.exited
  await expectGone(sleep)
})

test("the end of the command ends what it left in the background", async () => {
  using world = new World()
  const sleep = uniqueSleep()
  const { code } = await world.shell(`setsid ${sleep} >/dev/null 2>&1 & echo started`)
  expect(code).toBe(0)
  await expectGone(sleep)
})

test("the end of the program that started cordon ends the sandbox", async () => {
  using world = new World()
  const sleep = uniqueSleep()
  const parent = Bun.spawn(["sh", "-c", `"$0" -- ${sleep}; true`, cordonBinary], {
    cwd: world.project,
    env: world.env,
  })
  const started = await sleeper(sleep)
  expect(started).toBeDefined()
  parent.kill("SIGKILL")
  await parent.exited
  await expectGone(sleep)
})

test("a session that nobody ends goes on", async () => {
  using world = new World()
  const sleep = uniqueSleep()
  const running = world.start(["--", "sh", "-c", `${sleep} & wait`])
  expect(await sleeper(sleep)).toBeDefined()
  await Bun.sleep(500)
  expect(running.process.exitCode).toBeNull()
  expect(await sleeper(sleep)).toBeDefined()
  running.process.kill("SIGKILL")
  await running.process.exited
  await expectGone(sleep)
})
