/** What is timed: a program with its words, started and waited for, over and over. */
import { closeSync, openSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { World } from "./world.ts"

/** Starts once and resolves when it has ended well. */
export type Contender = () => void

export const program = join(import.meta.dir, "../dist/cordon")

/** `cordon … -- true` in a world. */
export function cordon(world: World, options: readonly string[]): Contender {
  return starter([program, "-q", "-C", world.project, ...options, "--", "true"], world, [])
}

/** The words that Cordon would give to bubblewrap, given to it by hand. */
export function sameIsolation(world: World, options: readonly string[]): Contender {
  const words = [program, "-q", "--json", "--dry-run", "-C", world.project, ...options, "--", "true"]
  const { stdout } = Bun.spawnSync(words, { env: environmentOf(world) })
  const { invocation } = JSON.parse(stdout.toString()).data as {
    invocation: {
      program: string
      words: string[]
      descriptors: { number: number; content: string | null }[]
    }
  }
  // The last word is what Cordon has executed inside, behind a gate; bare bubblewrap executes the command itself.
  const { program: bubblewrap, words: own } = invocation
  const setup = [...own.slice(0, -1).filter((_, at) => !isGate(own[at]) && !isGate(own[at - 1])), "true"]
  const contents = invocation.descriptors.flatMap(({ number, content }) =>
    content === null ? [] : [{ number, content }],
  )
  // A child's descriptors are counted from 3, in order.
  const numbers = new Map(contents.map(({ number }, index) => [String(number), String(index + 3)]))
  const renumbered = setup.map((word, index) =>
    takesDescriptor(setup[index - 1]) ? (numbers.get(word) ?? word) : word,
  )
  const files = contents.map(({ content }, index) => {
    const path = join(world.home, `descriptor-${index}`)
    writeFileSync(path, content)
    return path
  })
  return starter([bubblewrap, ...renumbered], world, files)
}

function isGate(word: string | undefined): boolean {
  return word === "--block-fd"
}

function takesDescriptor(word: string | undefined): boolean {
  return word === "--ro-bind-data" || word === "--file" || word === "--args"
}

function starter(words: string[], world: World, files: readonly string[]): Contender {
  const env = environmentOf(world)
  return () => {
    const descriptors = files.map(path => openSync(path, "r"))
    const { exitCode, stderr } = Bun.spawnSync(words, {
      env,
      stdio: ["ignore", "ignore", "pipe", ...descriptors],
    })
    for (const descriptor of descriptors) closeSync(descriptor)
    if (exitCode !== 0) throw new Error(`${words[0]} ended with ${exitCode}: ${stderr}`)
  }
}

function environmentOf({ home }: World): Record<string, string> {
  return { HOME: home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" }
}

/** Median milliseconds of each contender; they take turns, so that a busy moment hits all of them. */
export async function medians(contenders: readonly Contender[], rounds: number): Promise<number[]> {
  const times = contenders.map((): number[] => [])
  for (const contender of contenders) contender()
  for (let round = 0; round < rounds; round++)
    for (const [index, contender] of contenders.entries()) {
      const start = performance.now()
      contender()
      times[index]?.push(performance.now() - start)
    }
  return times.map(own => own.sort((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0)
}
