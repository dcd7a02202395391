/** Cordon ends as the command did. */
import { describe, expect, test } from "bun:test"
import { constants } from "node:os"
import { treeOf } from "../support/tree.ts"
import { everyNetwork, leftOvers, worldWith } from "./sessions.ts"

/** Does something with each of many, a few at a time. */
async function fewAtATime<T>(many: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const rest = [...many]
  const worker = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await act(one)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
}

describe.each(everyNetwork)("with the network %s:", network => {
  describe("the status", () => {
    test("is the command's exit code, each of them", async () => {
      using world = worldWith(network)
      const got: number[] = []
      const all = Array.from({ length: 256 }, (_, code) => code)
      await fewAtATime(all, async code => {
        got[code] = (await world.shell(`exit ${code}`)).code
      })
      expect(got).toEqual(all)
    })

    const signals = Object.entries(constants.signals).filter(([name]) => name !== "SIGUNUSED")
    const harmless = new Set("SIGCHLD SIGCONT SIGURG SIGWINCH SIGSTOP SIGTSTP SIGTTIN SIGTTOU".split(" "))
    const deadly = signals.filter(([name]) => !harmless.has(name))

    test("is 128 and the signal that ended the command, each of them", async () => {
      using world = worldWith(network)
      const got: Record<string, number> = {}
      await fewAtATime(deadly, async ([name, number]) => {
        got[name] = (await world.shell(`ulimit -c 0; kill -${number} $$; sleep 20`)).code
      })
      expect(deadly.length).toBeGreaterThan(20)
      expect(got).toEqual(Object.fromEntries(deadly.map(([name, number]) => [name, 128 + number])))
    })

    test("is the command's, though others inside end later, or badly", async () => {
      using world = worldWith(network)
      expect((await world.shell("(sleep 0.2; exit 3) & exit 4")).code).toBe(4)
      expect(
        (await world.shell("(kill -9 $(exec sh -c 'echo $PPID')) & wait $!; echo $?; exit 6")).code,
      ).toBe(6)
    })

    test("of a command that ends at once is never anything else, 200 times, and nothing is left", async () => {
      using world = worldWith(network)
      await world.cordon(["-q", "--", "true"])
      const before = treeOf(world.root)
      const got: string[] = []
      for (let times = 0; times < 200; times++) {
        const { code, stdout, stderr } = await world.cordon(["-q", "--", "true"])
        if (code !== 0 || stdout + stderr !== "") got.push(`${code} ${stdout}${stderr}`)
      }
      expect(got).toEqual([])
      expect(treeOf(world.root)).toEqual(before)
      expect(await leftOvers(2000, world.root)).toEqual([])
    })

    test("comes with all that the command wrote, 20 at a time in one project, and nothing is left", async () => {
      using world = worldWith(network)
      const before = treeOf(world.root)
      const runs = Array.from({ length: 20 }, (_, index) =>
        world.shell(`echo out-${index}; echo err-${index} >&2; (exit ${index})`),
      )
      const expected = runs.map((_, index) => ({
        code: index,
        stdout: `out-${index}\n`,
        stderr: `err-${index}\n`,
      }))
      expect(await Promise.all(runs)).toEqual(expected)
      expect(treeOf(world.root)).toEqual(before)
      expect(await leftOvers(2000, world.root)).toEqual([])
    })
  })
})
