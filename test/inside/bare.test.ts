/** The steps of a sandbox without bubblewrap, as data: what each of the two processes goes on with. */
import { describe, expect, test } from "bun:test"
import { becomeOrdinary, behind, endSession, enterSession } from "../../src/inside/bare.ts"
import type { StepContext } from "../../src/inside/step.ts"
import { type Step, StepMemory } from "../../src/kernel/step-program.ts"
import {
  type Architecture,
  callNumbers,
  type SystemCall,
  systemCalls,
} from "../../src/kernel/system-calls.ts"

const bare = { project: "/home/me/p", directory: "/tmp/cordon-1-s" }
const architectures: Architecture[] = ["x86_64", "aarch64"]

describe.each(architectures)("on %s", architecture => {
  const numbers = callNumbers(architecture)
  const context = (): StepContext => ({ memory: new StepMemory(), numbers })
  const names = (steps: readonly Step[]) =>
    steps.map(({ call }) => (Object.keys(systemCalls) as SystemCall[]).find(name => numbers[name] === call))

  test("the domain is there before there are two, and each failure ends it all", () => {
    const steps = enterSession(context(), 9)
    expect(names(steps)).toEqual([
      "prctl",
      "landlock_create_ruleset",
      "landlock_restrict_self",
      "close",
      "clone",
      "futex",
    ])
    for (const { otherwise } of steps.slice(0, -1)) expect(otherwise).toMatchObject({ status: 125 })
    // Without the domain kill(-1) would reach whoever the user may signal.
    expect(steps.slice(0, 3).map(({ goesOnWith }) => goesOnWith)).toEqual([
      { from: 0, to: 0 },
      { from: 3, to: 3 },
      { from: 0, to: 0 },
    ])
  })

  test("the second process skips the command's steps, to the first of its own", () => {
    const shared = context()
    const command = becomeOrdinary(shared, bare)
    const entering = enterSession(shared, behind(command))
    const ending = endSession(shared, bare, 100)
    const all = [...entering, ...command, ...ending]
    const fork = entering.length - 1
    const { otherwise } = entering[fork] ?? {}
    expect(all[fork + (otherwise !== undefined && "skips" in otherwise ? otherwise.skips : 0)]).toBe(
      ending[0],
    )
  })

  test("it waits, ends everybody, says so, and removes only what is left", () => {
    const steps = endSession(context(), bare, 100)
    const order = names(steps)
    expect(
      order.filter(name =>
        ["ppoll", "kill", "write", "faccessat", "execve", "exit_group"].includes(name ?? ""),
      ),
    ).toEqual(["ppoll", "kill", "write", "ppoll", "faccessat", "execve", "exit_group"])
    expect(steps[order.indexOf("kill")]?.arguments).toEqual([-1, 9])
    const look = order.indexOf("faccessat")
    const { otherwise } = steps[look] ?? {}
    expect(order[look + (otherwise !== undefined && "skips" in otherwise ? otherwise.skips : 0)]).toBe(
      "exit_group",
    )
  })

  test("it holds nothing open that others wait for, but its socket", () => {
    const closing = endSession(context(), bare, 100).filter(({ call }) => call === numbers.close_range)
    expect(closing.map(({ arguments: [from, to] }) => [from, to])).toEqual([
      [0, 99],
      [101, 0xffff_ffff],
    ])
  })

  test("the command starts in the project, with nothing of root's rights", () => {
    const shared = context()
    expect(names(becomeOrdinary(shared, bare))).toEqual(["prctl", "capset", "chdir"])
    expect(Buffer.from(shared.memory.bytes()).toString("latin1")).toContain("/home/me/p\0")
  })
})
