/** The memories of earlier launches in a world's state directory. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Memory } from "../../src/remembered/memory.ts"
import { memoryText, storedMemory } from "../../src/remembered/memory-file.ts"
import type { Outcome } from "./process.ts"
import { type RunOptions, World } from "./world.ts"

/** A world whose home keeps state, as most do: in another nothing is remembered. */
export function stateWorld(request: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World(request)
  mkdirSync(join(world.home, ".local/state"), { recursive: true })
  return world
}

export function launchesIn(world: World): string {
  return join(world.home, ".local/state/cordon/launches")
}

/** Paths of all memories. */
export function memoriesOf(world: World): string[] {
  const directory = launchesIn(world)
  return existsSync(directory) ? readdirSync(directory).map(name => join(directory, name)) : []
}

/** What only a memory that somebody changed says. */
const markText = "this launch is remembered"

/** A remembered launch says so from now on: one that is planned anew does not. */
export function markMemories(world: World): number {
  const paths = memoriesOf(world)
  for (const path of paths)
    changeMemory(path, memory => ({ ...memory, launch: { ...memory.launch, warnings: [markText] } }))
  return paths.length
}

/** A file that holds none is left as it is. */
export function changeMemory(path: string, change: (memory: Memory) => Memory): void {
  const memory = memoryIn(path)
  if (memory !== undefined) writeFileSync(path, memoryText(change(memory)))
}

function memoryIn(path: string): Memory | undefined {
  const stored = storedMemory(readFileSync(path))
  const launch = stored?.launch()
  return stored && launch && { start: stored.start, launch, rules: stored.rules() }
}

/** The same for what starts bubblewrap. */
export function changeStart(
  path: string,
  change: (start: Memory["start"]) => Partial<Memory["start"]>,
): void {
  changeMemory(path, memory => ({ ...memory, start: { ...memory.start, ...change(memory.start) } }))
}

/** Whether a launch was carried out from a memory that was marked. */
export function isRecalled({ stderr }: Outcome): boolean {
  return stderr.includes(markText)
}

/** Launches something twice, so that the next launch like it is a recalled one. @throws Error when it would not be */
export async function rememberLaunch(
  world: World,
  words: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  await world.cordon(words, options)
  if (markMemories(world) === 0) throw new Error(`nothing was remembered of ${words.join(" ")}`)
  const again = await world.cordon(words, options)
  if (!isRecalled(again)) throw new Error(`planned anew: ${words.join(" ")}: ${again.stderr}`)
}
