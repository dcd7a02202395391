/** Processors of another thread, for a moment. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { keepHere, letGo } from "../../src/kernel/affinity.ts"

const allowed = (process_: number | "self") =>
  /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync(`/proc/${process_}/status`, "utf8"))?.[1] ?? ""
const several = allowed("self").includes("-") || allowed("self").includes(",")

function withSleeper(words: readonly string[], act: (process_: number) => void): void {
  const child = Bun.spawn([...words, "sleep", "60"])
  try {
    act(child.pid)
  } finally {
    child.kill("SIGKILL")
  }
}

describe("a thread", () => {
  test.skipIf(!several)(
    "is kept on one processor, and gets back all that it had [skipped when there is one processor]",
    () =>
      withSleeper([], child => {
        const before = allowed(child)
        for (let times = 0; times < 20; times++) {
          expect(keepHere(child)).toBe(true)
          expect(allowed(child)).toMatch(/^\d+$/)
          letGo(child)
          expect(allowed(child)).toBe(before)
        }
      }),
  )

  test.skipIf(!several)(
    "gets back its own mask, not that of the one before it [skipped when there is one processor]",
    () =>
      withSleeper([], first =>
        withSleeper([], second => {
          const before = allowed(second)
          for (const child of [first, second, first]) if (keepHere(child)) letGo(child)
          expect(allowed(second)).toBe(before)
        }),
      ),
  )

  test.skipIf(!several || Bun.which("taskset") === null)(
    "that chose its processor keeps to it, wherever we run [skipped when there is one processor, or no taskset]",
    async () => {
      const child = Bun.spawn(["taskset", "-c", "0", "sleep", "60"])
      try {
        while (allowed(child.pid) !== "0") await Bun.sleep(5)
        for (let times = 0; times < 200; times++) {
          const isKept = keepHere(child.pid)
          expect(allowed(child.pid)).toBe("0")
          if (isKept) letGo(child.pid)
          if (times % 20 === 0) await Bun.sleep(1)
        }
        expect(allowed(child.pid)).toBe("0")
      } finally {
        child.kill("SIGKILL")
      }
    },
  )

  test("that has ended cannot be kept, and need not be let go", async () => {
    const child = Bun.spawn(["true"])
    await child.exited
    expect(keepHere(child.pid)).toBe(false)
  })
})
