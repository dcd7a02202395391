/**
 * Bytes through the border, as a share of what the same transfer does without it and as a multiple of what it does in
 * sandbox-runtime; all in turns, in the same run. Timed is the transfer, by curl itself: what a launch costs is a figure
 * of its own.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { NetworkFigure } from "./network.ts"
import { megabytes } from "./services.ts"
import { pathOfSrt, prepareSrt, type Srt } from "./srt.ts"
import { middle, turns } from "./turns.ts"
import { run, type World } from "./world.ts"

const rounds = 7

/** @param inside the words that start a command in Cordon, which reaches the port */
export function transferFigures(world: World, port: number, inside: readonly string[]): NetworkFigure[] {
  writeFileSync(join(world.project, "upload"), new Uint8Array(megabytes << 20))
  const srt = prepareSrt(world)
  const kinds = { download: [], upload: ["-T", "upload"] }
  return Object.entries(kinds).flatMap(([name, words]) => transfer(world, { name, words, port, inside, srt }))
}

type Transfer = { name: string; words: string[]; port: number; inside: readonly string[]; srt: Srt }

function transfer(world: World, { name, words, port, inside, srt }: Transfer): NetworkFigure[] {
  const curl = ["curl", "-sS", "-o", "/dev/null", "-w", "%{time_total}", ...words]
  const plain = [...curl, `http://127.0.0.1:${port}/`]
  const seconds = (all: readonly string[], path?: string) => () => Number(run(world, all, path))
  const contenders = [seconds([...inside, ...plain]), seconds(plain)]
  const budget = "≥ 4"
  if (srt.kind === "absent") {
    const figures = share(name, turns(contenders, rounds))
    return [...figures, { name: `${name}, of sandbox-runtime`, unit: "×", budget, unmeasured: srt.why }]
  }
  // Programs there reach nothing but its proxy, of which its variables say that it is not for this machine.
  const proxied = [...srt.words, ...curl, "--noproxy", "", `http://localhost:${port}/`]
  const times = turns([...contenders, seconds(proxied, pathOfSrt())], rounds)
  const [own = [], , theirs = []] = times
  const value = middle(theirs) / middle(own)
  return [...share(name, times), { name: `${name}, of ${srt.name}`, value, unit: "×", budget }]
}

function share(name: string, [own = [], direct = []]: readonly (readonly number[])[]): NetworkFigure[] {
  return [{ name: `${name}, of direct`, value: middle(direct) / middle(own), unit: "×", budget: "≥ 0.5" }]
}
