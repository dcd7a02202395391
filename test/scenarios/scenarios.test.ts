/**
 * Runs each *.txt of this directory as a person would type it, in a scratch home and project of its own.
 *
 *     # a comment
 *     cordon WORDS…            runs Cordon in the project; the exit code must be 0. Quotes as in a shell, `~/` too
 *     ! cordon WORDS…          the exit code must not be 0
 *     stdout 'REGEX'           the last run's output matches; `! stdout .` means that there is none
 *     stderr 'REGEX'           the same for standard error
 *     code N                   the last run's exit code
 *     json KIND                its output is one JSON document of Cordon's, of that kind
 *     exists PATH              something stands there; `! exists PATH`: nothing does
 *     same PATH 'TEXT'         the file holds that text, a line break at its end left aside
 *     env NAME=VALUE           a variable for the runs that follow
 *     host WORDS…              a program of the host, outside the sandbox
 *     -- PATH --               the lines that follow are that file, there before the first run
 */
import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Outcome } from "../support/process.ts"
import { World, writeFiles } from "../support/world.ts"
import { parseScenario, type Step } from "./scenario.ts"

const scenarios = [...new Bun.Glob("*.txt").scanSync(import.meta.dir)].sort()

test.each(scenarios)("%s", async name => {
  const { files, steps } = parseScenario(readFileSync(join(import.meta.dir, name), "utf8"))
  using world = new World()
  for (const [path, text] of Object.entries(files)) writeFiles("/", { [placeOf(path, world)]: text })
  const player = new Player(world)
  for (const step of steps) {
    try {
      await player.play(step)
    } catch (error) {
      throw new Error(`${name}:${step.line}: ${step.text}\n${(error as Error).message}\n${player.shown()}`)
    }
  }
})

/** Takes one step after the other and remembers what the last run came to. */
class Player {
  readonly #world: World
  readonly #env: Record<string, string> = {}
  #last: Outcome | undefined

  constructor(world: World) {
    this.#world = world
  }

  async play({ negated, verb, words }: Step): Promise<void> {
    const [first = "", second = ""] = words
    switch (verb) {
      case "cordon":
        this.#last = await this.#world.cordon(
          words.map(word => home(word, this.#world)),
          { env: this.#env },
        )
        return expect(this.#last.code === 0, "the exit code is 0").toBe(!negated)
      case "host":
        await this.#world.host(...words.map(word => home(word, this.#world)))
        return
      case "env":
        this.#env[first.slice(0, first.indexOf("="))] = home(first.slice(first.indexOf("=") + 1), this.#world)
        return
      case "stdout":
      case "stderr":
        return matches(this.#run()[verb], first, negated)
      case "code":
        return expect(this.#run().code).toBe(Number(first))
      case "json":
        return isDocument(JSON.parse(this.#run().stdout), first)
      case "exists":
        return expect(existsSync(placeOf(first, this.#world))).toBe(!negated)
      case "same":
        return expect(readFileSync(placeOf(first, this.#world), "utf8").trimEnd()).toBe(second)
    }
  }

  /** What the last run said, for the message of a step that failed. */
  shown(): string {
    if (this.#last === undefined) return ""
    const { code, stdout, stderr } = this.#last
    return `exit code ${code}\nstdout: ${stdout.slice(0, 1500)}\nstderr: ${stderr.slice(0, 1500)}`
  }

  #run(): Outcome {
    if (this.#last === undefined) throw new Error("nothing has run yet")
    return this.#last
  }
}

/** Only what every document has: the whole of one would drown the message. */
function isDocument({ apiVersion, kind, data }: Record<string, unknown>, expected: string): void {
  expect({ apiVersion, kind, data: typeof data }).toEqual({
    apiVersion: "cordon/v1",
    kind: expected,
    data: "object",
  })
}

function matches(text: string, regex: string, negated: boolean): void {
  const pattern = new RegExp(regex, "m")
  if (negated) expect(text).not.toMatch(pattern)
  else expect(text).toMatch(pattern)
}

/** A path as a person writes it: below the home, absolute, or in the project. */
function placeOf(path: string, world: World): string {
  const place = home(path, world)
  return place.startsWith("/") ? place : join(world.project, place)
}

/** What a shell does with `~/` at the start of a word. */
function home(word: string, world: World): string {
  return word.replace(/^~(?=\/|$)/, world.home)
}
