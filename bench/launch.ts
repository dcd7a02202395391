/**
 * Launch time of `true`, as ratios to bare bubblewrap with the very same words in the same run: machines are small,
 * shared and noisy, so seconds mean nothing and ratios do. Writes bench/results/DATE-HOST.json.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { cpus, hostname } from "node:os"
import { dirname, join } from "node:path"
import { UserError } from "../src/base/error.ts"
import { type Contender, cordon, medians, sameIsolation } from "./contenders.ts"
import { endurance } from "./endurance.ts"
import { liveFigures } from "./live.ts"
import { credentialMegabytes, supervisorMegabytes } from "./memory.ts"
import { networkFigures } from "./network.ts"
import { roundsOf } from "./rounds.ts"
import { makeFiles, makePolicy, makeWorld, type World } from "./world.ts"

/** One figure of the issue: what is measured, against what, and how much it may be. */
type Figure = { name: string; ratio: number; budget: number; ms: number }

const rounds = askedRounds()

async function main(): Promise<void> {
  const world = makeWorld()
  try {
    const figures = [...(await launches(world)), ...(await trees(world)), ...(await rules(world))]
    for (const { name, ratio, budget, ms } of figures)
      console.log(
        `${name.padEnd(62)} ${ratio.toFixed(2).padStart(6)}×  budget ${budget.toFixed(1)}×  ${ms.toFixed(1)} ms  ${ratio <= budget ? "" : "OVER"}`,
      )
    const live = await liveFigures(world)
    for (const { name, inside, outside, unit, budget } of live)
      console.log(
        `${name.padEnd(62)} ${inside.toFixed(1)} ${unit}, outside ${outside.toFixed(1)} ${unit}: ${(inside / outside).toFixed(2)}×  budget ${budget}`,
      )
    const network = await networkFigures(world)
    for (const { name, value, unit, budget, unmeasured } of network)
      console.log(
        `${name.padEnd(62)} ${value?.toFixed(2) ?? `not measured: ${unmeasured}`} ${unit}  budget ${budget}`,
      )
    const runs = await endurance(world)
    for (const { name, failures, left } of runs)
      console.log(`${name.padEnd(62)} ${failures} failures, ${left} leftovers  budget 0`)
    const memory = [
      {
        name: "memory of the supervisor, at its largest after the start",
        megabytes: await supervisorMegabytes(world),
      },
      {
        name: "supervisor with credentials, at its largest after the start",
        megabytes: await credentialMegabytes(world),
      },
    ]
    for (const { name, megabytes } of memory)
      console.log(`${name.padEnd(62)} ${megabytes.toFixed(0)} MB  budget 60 MB`)
    writeResults(figures, { calls: live, network, runs, memory })
  } finally {
    rmSync(world.home, { recursive: true, force: true })
  }
}

async function launches(world: World): Promise<Figure[]> {
  const modes = [["-n"], ["--net", "open"], ["-n", "--strict"], ["--net", "filtered"]]
  const figures: Figure[] = []
  for (const options of modes) {
    const [own, bare] = await compare(cordon(world, options), sameIsolation(world, options))
    const name = `cordon ${options.join(" ")} / bubblewrap, same isolation`
    const budgets = options.includes("filtered") ? [4] : [2.2, 3]
    for (const budget of budgets)
      figures.push({
        name: budget === 3 ? `${name}: with everything on` : name,
        ratio: own / bare,
        budget,
        ms: own,
      })
  }
  return figures
}

async function trees(world: World): Promise<Figure[]> {
  const launchIn = (project: string) => cordon({ ...world, project }, ["-n"])
  const few = launchIn(makeFiles(world, 10))
  const figures: Figure[] = []
  for (const perDirectory of [1000, 100_000]) {
    const [small, large] = await compare(few, launchIn(makeFiles(world, 100_000, perDirectory)))
    const name = `100,000 files, ${perDirectory} to a directory / 10 files`
    figures.push({ name, ratio: large / small, budget: 1.1, ms: large })
  }
  return figures
}

async function rules(world: World): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const kind of ["absent", "globs", "existing"] as const) {
    const policy = (count: number) => cordon(world, ["-n", "--config", makePolicy(world, kind, count)])
    for (const count of [100, 1000]) {
      const [one, more] = await compare(policy(1), policy(count))
      figures.push({
        name: `${count} rules (${kind} paths) / 1 rule`,
        ratio: more / one,
        budget: 3,
        ms: more,
      })
    }
  }
  return figures
}

/** Said before anything is made or measured. */
function askedRounds(): number {
  try {
    return roundsOf(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(`bench: ${error.message}\nbench: → ${error.hint}`)
    process.exit(1)
  }
}

async function compare(a: Contender, b: Contender): Promise<[number, number]> {
  const [first = 0, second = 0] = await medians([a, b], rounds)
  return [first, second]
}

function writeResults(figures: readonly Figure[], live: object): void {
  const date = new Date().toISOString().slice(0, 10)
  const path = join(dirname(import.meta.path), "results", `${date}-${hostname()}.json`)
  mkdirSync(dirname(path), { recursive: true })
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    kernel: Bun.spawnSync(["uname", "-r"]).stdout.toString().trim(),
  }
  const rounded = figures.map(({ name, ratio, budget, ms }) => ({
    name,
    ratio: Number(ratio.toFixed(2)),
    budget,
    ms: Number(ms.toFixed(1)),
  }))
  writeFileSync(path, `${JSON.stringify({ date, machine, rounds, figures: rounded, live }, undefined, 2)}\n`)
  console.log(`written to ${path}`)
}

await main()
