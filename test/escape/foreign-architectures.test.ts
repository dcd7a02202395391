/** A program makes its calls by another convention, in which every number is another call: the filter's blind spot. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { exitBy32Bit, exitWithErrnoOfX32, writeProgram } from "../support/machine-code.ts"
import { run } from "../support/process.ts"
import { World } from "../support/world.ts"

const signalled = 128
const SIGSYS = 31
const ENOSYS = 38
const elsewhere = process.arch !== "x64"

const outcomes = elsewhere ? { by32Bit: -1 } : await outsideOutcomes()

/** What the programs come to without Cordon. */
async function outsideOutcomes(): Promise<{ by32Bit: number }> {
  using world = new World()
  return { by32Bit: await outside(world, exitBy32Bit) }
}

async function outside(world: World, code: readonly number[]): Promise<number> {
  const program = join(world.project, "program")
  writeProgram(program, code)
  return (await run([program], { cwd: world.project, env: world.env })).code
}

async function inside(world: World, code: readonly number[], options: string[] = []): Promise<number> {
  const program = join(world.project, "program")
  writeProgram(program, code)
  return (await world.cordon(["-q", ...options, "--", program])).code
}

const no32Bit = outcomes.by32Bit !== 42

test.skipIf(no32Bit)(
  "a call of the 32-bit convention ends the program [skipped when the kernel has none]",
  async () => {
    using world = new World()
    expect(await inside(world, exitBy32Bit)).toBe(signalled + SIGSYS)
  },
)

test.skipIf(no32Bit)(
  "with nested user namespaces allowed it does so too [skipped when the kernel has none]",
  async () => {
    using world = new World({ home: { ".config/cordon/policy.yaml": "nested_userns: allow\n" } })
    expect(await inside(world, exitBy32Bit)).toBe(signalled + SIGSYS)
  },
)

test.skipIf(elsewhere)("a call of x32 does not exist [skipped when not x86_64]", async () => {
  using world = new World()
  expect(await inside(world, exitWithErrnoOfX32)).toBe(ENOSYS)
})

test.skipIf(elsewhere)(
  "a program of its own makes calls of its own architecture [skipped when not x86_64]",
  async () => {
    using world = new World()
    const exit42 = [0xb8, 60, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05] // mov eax, exit; mov edi, 42; syscall
    expect(await outside(world, exit42)).toBe(42)
    expect(await inside(world, exit42)).toBe(42)
  },
)
