import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Step, StepMemory, stepProgram } from "../../src/kernel/step-program.ts"
import { type Architecture, callNumbers } from "../../src/kernel/system-calls.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-steps-"))
afterAll(() => rmSync(directory, { recursive: true }))

const here: Architecture = process.arch === "arm64" ? "aarch64" : "x86_64"
const emulator = "/usr/bin/qemu-aarch64"
const emulated = here === "x86_64" && existsSync(emulator)

const anything = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER }
const silent = { says: "", status: 99 }
let count = 0

type Written = (memory: StepMemory, numbers: ReturnType<typeof callNumbers>) => Step[]

function run(write: Written, architecture: Architecture = here) {
  const memory = new StepMemory()
  const steps = write(memory, callNumbers(architecture))
  const file = join(directory, `program-${count++}`)
  writeFileSync(file, stepProgram(steps, memory, architecture))
  chmodSync(file, 0o755)
  const words = architecture === here ? [file] : [emulator, file]
  const { exitCode, stdout, stderr } = Bun.spawnSync(words, { env: { INHERITED: "1" } })
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
}

function say(text: string): Written {
  return (memory, { write }) => {
    const bytes = Buffer.from(text)
    return [
      {
        call: write,
        arguments: [1, memory.place(bytes), bytes.length],
        goesOnWith: anything,
        otherwise: silent,
      },
    ]
  }
}

function exit(status: number): Written {
  return (_, { exit_group }) => [
    { call: exit_group, arguments: [status], goesOnWith: anything, otherwise: silent },
  ]
}

const all =
  (...parts: Written[]): Written =>
  (memory, numbers) =>
    parts.flatMap(part => part(memory, numbers))

const architectures: [Architecture, boolean][] = [
  [here, true],
  ["aarch64", emulated],
]

/** Of each PT_LOAD: offset in the file, address, size (elf(5), Phdr). */
function segments(program: Uint8Array): { offset: number; address: number; size: number }[] {
  const file = Buffer.from(program)
  const word = (at: number) => Number(file.readBigUInt64LE(at))
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = word(32) + 56 * index
    return { offset: word(at + 8), address: word(at + 16), size: word(at + 40) }
  })
}

// A processor of 4 KiB alone, Apple's and the Raspberry Pi 5's of 16, some servers' of 64.
test.each([4, 16, 64])("can be mapped with pages of %d KiB, code and data on pages of their own", kib => {
  const page = 1024 * kib
  const memory = new StepMemory()
  memory.place(new Uint8Array(20_000))
  const [code, data, ...more] = segments(stepProgram([], memory, here))
  if (code === undefined || data === undefined) throw new Error("a segment is missing")
  expect(more).toEqual([])
  for (const { offset, address } of [code, data]) expect(address % page).toBe(offset % page)
  expect(Math.floor(data.address / page)).toBeGreaterThan(Math.floor((code.address + code.size - 1) / page))
})

for (const [architecture, possible] of architectures)
  describe(`a program of steps on ${architecture}`, () => {
    test.skipIf(!possible)("makes its calls in order [skipped when qemu-aarch64 is not installed]", () => {
      const result = run(all(say("one "), say("two "), say("three"), exit(0)), architecture)
      expect(result).toEqual({ exitCode: 0, stdout: "one two three", stderr: "" })
    })

    test.skipIf(!possible)(
      "stops at a result below what is expected, with the message and the status of that step [skipped when qemu-aarch64 is not installed]",
      () => {
        const closed: Written = (memory, { write }) => [
          {
            call: write,
            arguments: [77, memory.place(Buffer.from("x")), 1],
            goesOnWith: { from: 0, to: 1 },
            otherwise: { says: "write failed\n", status: 42 },
          },
        ]
        const result = run(all(say("before"), closed, say("after"), exit(0)), architecture)
        expect(result).toEqual({ exitCode: 42, stdout: "before", stderr: "write failed\n" })
      },
    )

    test.skipIf(!possible)(
      "stops at a result above what is expected [skipped when qemu-aarch64 is not installed]",
      () => {
        const many: Written = (memory, { write }) => [
          {
            call: write,
            arguments: [1, memory.place(Buffer.from("xyz")), 3],
            goesOnWith: { from: 0, to: 2 },
            otherwise: { says: "too many\n", status: 7 },
          },
        ]
        expect(run(all(many, say("after")), architecture)).toEqual({
          exitCode: 7,
          stdout: "xyz",
          stderr: "too many\n",
        })
      },
    )

    test.skipIf(!possible)(
      "goes on with exactly the error that a step expects [skipped when qemu-aarch64 is not installed]",
      () => {
        const badDescriptor: Written = (_, { close }) => [
          { call: close, arguments: [77], goesOnWith: { from: -9, to: -9 }, otherwise: silent },
        ]
        expect(run(all(badDescriptor, exit(3)), architecture).exitCode).toBe(3)
      },
    )

    test.skipIf(!possible)(
      "hands six arguments over, large ones whole [skipped when qemu-aarch64 is not installed]",
      () => {
        const copies: Written = (_, { fcntl, dup3, write }) => [
          // F_DUPFD (0) with a lowest number of 60.
          { call: fcntl, arguments: [1, 0, 60], goesOnWith: { from: 60, to: 60 }, otherwise: silent },
          { call: dup3, arguments: [60, 61, 0], goesOnWith: { from: 61, to: 61 }, otherwise: silent },
          // An address beyond every mapping: EFAULT shows that 64 bits arrived.
          {
            call: write,
            arguments: [61, 0x7fff_ffff_f000n, 1],
            goesOnWith: { from: -14, to: -14 },
            otherwise: silent,
          },
        ]
        expect(run(all(copies, exit(0)), architecture).exitCode).toBe(0)
      },
    )

    test.skipIf(!possible)(
      "lets a call write into its memory, and a later one read it [skipped when qemu-aarch64 is not installed]",
      () => {
        const readBack: Written = (memory, { read, write }) => {
          const buffer = memory.place(new Uint8Array(4))
          const ends = memory.place(new Uint8Array(8))
          const pipe2 = { x86_64: 293, aarch64: 59 }[architecture]
          const step = (call: number, words: number[], result: number): Step => ({
            call,
            arguments: words,
            goesOnWith: { from: result, to: result },
            otherwise: { says: `call ${call}`, status: 99 },
          })
          const close_range = 436
          return [
            step(close_range, [3, 0xffff_ffff, 0], 0),
            step(pipe2, [ends, 0], 0),
            step(write, [4, memory.place(Buffer.from("back")), 4], 4),
            step(read, [3, buffer, 4], 4),
            step(write, [1, buffer, 4], 4),
          ]
        }
        expect(run(all(readBack, exit(0)), architecture)).toEqual({ exitCode: 0, stdout: "back", stderr: "" })
      },
    )

    test.skipIf(!possible)(
      "goes on elsewhere with another result: forwards, and the child of a fork in its own way [skipped when qemu-aarch64 is not installed]",
      () => {
        const skipped: Written = (_, { close }) => [
          { call: close, arguments: [77], goesOnWith: { from: 0, to: 0 }, otherwise: { skips: 2 } },
        ]
        const forwards = all(skipped, say("left out "), say("said"), exit(5))
        expect(run(forwards, architecture)).toEqual({ exitCode: 5, stdout: "said", stderr: "" })
        const child = { from: 1, to: Number.MAX_SAFE_INTEGER }
        const forked: Written = (memory, { clone, wait4 }) => [
          { call: clone, arguments: [17, 0, 0, 0, 0], goesOnWith: child, otherwise: { skips: 4 } },
          { call: wait4, arguments: [-1, 0, 0, 0], goesOnWith: child, otherwise: silent },
          ...say("parent")(memory, callNumbers(architecture)),
          ...exit(1)(memory, callNumbers(architecture)),
        ]
        expect(run(all(forked, say("child "), exit(2)), architecture)).toEqual({
          exitCode: 1,
          stdout: "child parent",
          stderr: "",
        })
      },
    )

    test.skipIf(!possible)(
      "becomes another program, with the words and the environment that it was made with [skipped when qemu-aarch64 is not installed]",
      () => {
        const become: Written = (memory, { execve }) => [
          {
            call: execve,
            arguments: [
              memory.placeString(Buffer.from("/bin/sh")),
              memory.placeStrings(["sh", "-c", 'echo "$1|$OWN|$INHERITED"', "sh", "a b\xff"].map(bytes)),
              memory.placeStrings(["OWN=x y"].map(bytes)),
            ],
            goesOnWith: anything,
            otherwise: silent,
          },
        ]
        const result = run(all(become, exit(98)), architecture)
        expect(result.exitCode).toBe(0)
        expect(result.stdout).toStartWith("a b")
        expect(result.stdout).toEndWith("|x y|\n")
      },
    )
  })

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1")
}

test("a call with seven arguments is a bug of ours", () => {
  const memory = new StepMemory()
  const step = { call: 0, arguments: [1, 2, 3, 4, 5, 6, 7], goesOnWith: anything, otherwise: silent }
  expect(() => stepProgram([step], memory, here)).toThrow("bug:")
})

test("addresses are aligned, so that structures can be placed", () => {
  const memory = new StepMemory()
  const addresses = [1, 3, 8, 5].map(size => memory.place(new Uint8Array(size)))
  expect(addresses.map(address => address % 8)).toEqual([0, 0, 0, 0])
  expect(new Set(addresses).size).toBe(4)
})
