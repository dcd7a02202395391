/** Processors of another thread, for a moment. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { onOneProcessor } from "../../src/kernel/affinity.ts"

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
        expect(onOneProcessor(child, () => allowed(child))).toMatch(/^\d+$/)
        expect(allowed(child)).toBe(before)
      }),
  )

  test.skipIf(!several || Bun.which("taskset") === null)(
    "that chose its processor keeps to it, wherever we run [skipped when there is one processor, or no taskset]",
    async () => {
      const child = Bun.spawn(["taskset", "-c", "0", "sleep", "60"])
      try {
        while (allowed(child.pid) !== "0") await Bun.sleep(5)
        for (let times = 0; times < 200; times++) {
          expect(onOneProcessor(child.pid, () => allowed(child.pid))).toBe("0")
          if (times % 20 === 0) await Bun.sleep(1)
        }
        expect(allowed(child.pid)).toBe("0")
      } finally {
        child.kill("SIGKILL")
      }
    },
  )

  test("gets back what it had when something goes wrong meanwhile", () =>
    withSleeper([], child => {
      const before = allowed(child)
      const fail = () => {
        throw new Error("wrong")
      }
      expect(() => onOneProcessor(child, fail)).toThrow("wrong")
      expect(allowed(child)).toBe(before)
    }))

  test("that has ended keeps nothing from being done", async () => {
    const child = Bun.spawn(["true"])
    await child.exited
    expect(onOneProcessor(child.pid, () => "done")).toBe("done")
  })
})
