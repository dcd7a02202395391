/** What `npm run bench` takes, and that it measures and writes nothing otherwise. */
import { describe, expect, test } from "bun:test"
import { readdirSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { roundsOf } from "../../bench/rounds.ts"
import { UserError } from "../../src/base/error.ts"
import { run } from "../support/process.ts"
import { bun } from "../support/world.ts"

const root = join(import.meta.dir, "../..")

describe("the number of rounds", () => {
  test("is sixty when nobody says, and what somebody says otherwise", () => {
    expect(roundsOf([])).toBe(60)
    expect(["1", "7", "100000"].map(word => roundsOf([word]))).toEqual([1, 7, 100_000])
  })

  test.each(["--help", "-h", "0", "-5", "1.5", "1e3", "100001", "sixty", "", " 5", "NaN", "Infinity", "5 6"])(
    "is not %j",
    text => {
      const words = text === "5 6" ? ["5", "6"] : [text]
      expect(() => roundsOf(words)).toThrow(UserError)
      expect(() => roundsOf(words)).toThrow(`not "${text}"`)
    },
  )
})

test.each(["--help", "0", "x"])(
  "npm run bench -- %s is one sentence and one next step, and no result",
  async word => {
    const results = () => readdirSync(join(root, "bench/results"))
    const before = results()
    const env = { HOME: userInfo().homedir, PATH: process.env.PATH ?? "" }
    for (const words of [
      ["node", "scripts/bench.mjs", word],
      [bun, "bench/launch.ts", word],
    ]) {
      const { code, stdout, stderr } = await run(words, { cwd: root, env })
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
      expect(stderr).toBe(
        `bench: the argument is a number of rounds from 1 to 100000, not "${word}"\nbench: → npm run bench -- 60\n`,
      )
    }
    expect(results()).toEqual(before)
  },
)
