/** Programs of system calls, run to their end: with what they find open, what they say at the end, and nothing left behind. */
import { expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { close } from "../../src/kernel/file-calls.ts"
import { createMemoryFile } from "../../src/kernel/libc.ts"
import { runSteps } from "../../src/kernel/run-steps.ts"
import { type Step, StepMemory, stepProgram } from "../../src/kernel/step-program.ts"
import { callNumbers, presentArchitecture } from "../../src/kernel/system-calls.ts"

const architecture = presentArchitecture()
const numbers = callNumbers(architecture)
const placed = 3

function program(make: (memory: StepMemory) => readonly Omit<Step, "otherwise">[]): Uint8Array {
  const memory = new StepMemory()
  const steps = make(memory).map(each => ({ ...each, otherwise: { says: "", status: 7 } }))
  return stepProgram(steps, memory, architecture)
}
const any = { from: 0, to: 1 << 20 }
const end = (status: number) => ({ call: numbers.exit_group, arguments: [status], goesOnWith: any })

test("the exit status is the program's", () => {
  for (const status of [0, 1, 42, 255])
    expect(
      runSteps(
        program(() => [end(status)]),
        [],
      ),
    ).toBe(status)
})

test("a step that fails ends it with the step's own status", () => {
  const bad = { call: numbers.close, arguments: [999], goesOnWith: { from: 0, to: 0 } }
  expect(
    runSteps(
      program(() => [bad, end(0)]),
      [],
    ),
  ).toBe(7)
})

test("it finds what was placed, and nothing of ours besides", () => {
  const file = createMemoryFile("placed")
  const text = Buffer.from("written inside")
  const writes = program(memory => [
    { call: numbers.write, arguments: [placed, memory.place(text), text.length], goesOnWith: any },
    end(0),
  ])
  expect(runSteps(writes, [{ descriptor: file, number: placed }])).toBe(0)
  expect(readFileSync(`/proc/self/fd/${file}`, "utf8")).toBe("written inside")
  const others = [placed + 1, placed + 2, placed + 7, file].filter(each => each > placed)
  const isClosed = (each: number) => ({
    call: numbers.fcntl,
    arguments: [each, 1],
    goesOnWith: { from: -9, to: -9 },
  })
  expect(
    runSteps(
      program(() => [...others.map(isClosed), end(0)]),
      [{ descriptor: file, number: placed }],
    ),
  ).toBe(0)
  close(file)
})

test("a descriptor may already have the number", () => {
  const file = createMemoryFile("same")
  const isOpen = { call: numbers.fcntl, arguments: [file, 1], goesOnWith: { from: 0, to: 0 } }
  expect(
    runSteps(
      program(() => [isOpen, end(0)]),
      [{ descriptor: file, number: file }],
    ),
  ).toBe(0)
  close(file)
})

test("what is no program is not run, and what is killed has no status", () => {
  expect(runSteps(Buffer.from("no program at all"), [])).toBeUndefined()
  expect(
    runSteps(
      program(() => [end(0)]),
      [{ descriptor: 0x7fff, number: placed }],
    ),
  ).toBeUndefined()
  // SECCOMP_SET_MODE_STRICT of seccomp(2): another call than read and write, and it is killed.
  const binds = { call: numbers.seccomp, arguments: [0], goesOnWith: { from: 0, to: 0 } }
  const isKilled = { call: numbers.getpid, arguments: [], goesOnWith: any }
  expect(
    runSteps(
      program(() => [binds, isKilled, end(0)]),
      [],
    ),
  ).toBeUndefined()
})

test("a thousand leave no descriptor, no child and no memory behind", () => {
  const nothing = program(() => [end(0)])
  const open = () => readdirSync("/proc/self/fd").length
  const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  for (let count = 0; count < 100; count++) runSteps(nothing, [])
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
  const [before, held, others] = [open(), memory(), children()]
  for (let count = 0; count < 1000; count++) expect(runSteps(nothing, [])).toBe(0)
  expect(open()).toBe(before)
  expect(children()).toBe(others)
  expect(memory() - held).toBeLessThan(20 * 1024)
})
