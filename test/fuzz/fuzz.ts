/**
 * `npm run fuzz`: every target for its part of the time, with inputs from one seed.
 *
 *     FUZZ_SECONDS=600      how long in all; 60 when absent
 *     FUZZ_SEED=123         the inputs of an earlier run; a new seed when absent
 *     FUZZ_TARGET=NAME      one target; the others are left out
 *     FUZZ_PATH=…           one input of that target, as its failure printed it
 *
 * Each target runs in a process of its own (this program with its name), so that one that hangs can be told from one
 * that is slow, and ended. The exit code is 1 when anything failed.
 */
import { randomInt } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { replayOf, type Target } from "./target.ts"
import { targets } from "./targets.ts"

/** The last input of a target may need so long beyond its time. */
const graceMs = 60_000

const [ownName] = process.argv.slice(2)
process.exitCode = ownName === undefined ? await fuzz() : await fuzzOne(ownName)

/** A number of the environment. */
function numberOf(name: string, absent: number): number {
  const text = process.env[name]
  if (text === undefined || text === "") return absent
  if (!Number.isFinite(Number(text))) throw new Error(`${name} is a number, not ${text}`)
  return Number(text)
}

async function fuzz(): Promise<number> {
  const wanted = process.env.FUZZ_TARGET
  const chosen = targets.filter(({ name }) => wanted === undefined || wanted === "" || name === wanted)
  if (chosen.length === 0)
    throw new Error(`no target ${wanted}: ${targets.map(({ name }) => name).join(", ")}`)
  const seed = numberOf("FUZZ_SEED", randomInt(2 ** 31))
  const seconds = numberOf("FUZZ_SECONDS", 60)
  console.log(`fuzz: FUZZ_SEED=${seed} FUZZ_SECONDS=${seconds} npm run fuzz`)
  const able = chosen.filter(({ skip }) => skip === undefined)
  const weights = able.reduce((sum, { weight }) => sum + weight, 0)
  let failed = 0
  for (const target of chosen) {
    if (target.skip !== undefined) console.log(`fuzz: ${target.name}: skipped when ${target.skip}`)
    else
      failed += await inOwnProcess(target, { seed, milliseconds: (seconds * 1000 * target.weight) / weights })
  }
  return failed === 0 ? 0 : 1
}

type Share = { seed: number; milliseconds: number }

/** @returns 0 when all went well, or 1 */
async function inOwnProcess({ name }: Target, { seed, milliseconds }: Share): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "cordon-fuzz-"))
  const child = Bun.spawn([process.execPath, import.meta.path, name], {
    env: { ...process.env, TMPDIR: scratch, FUZZ_SEED: `${seed}`, FUZZ_SECONDS: `${milliseconds / 1000}` },
    stdio: ["ignore", "inherit", "inherit"],
  })
  let hangs = false
  const timer = setTimeout(() => {
    hangs = true
    child.kill("SIGKILL")
  }, milliseconds + graceMs)
  const code = await child.exited
  clearTimeout(timer)
  rmSync(scratch, { recursive: true, force: true })
  if (hangs) console.log(`fuzz: ${name} hangs\n  replay: ${replayOf(name, seed)}`)
  return code === 0 ? 0 : 1
}

async function fuzzOne(name: string): Promise<number> {
  const target = targets.find(other => other.name === name)
  if (target === undefined) throw new Error(`no target ${name}`)
  const seed = numberOf("FUZZ_SEED", 0)
  const started = performance.now()
  const { runs, failure } = await target.check({
    seed,
    runs: Number.MAX_SAFE_INTEGER,
    milliseconds: numberOf("FUZZ_SECONDS", 60) * 1000,
    path: process.env.FUZZ_PATH || undefined,
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`fuzz: ${name}: ${runs} inputs in ${seconds} s${failure === undefined ? "" : ", failed"}`)
  if (failure === undefined) return 0
  console.log(`${failure.why}\n  input: ${failure.input}\n  replay: ${replayOf(name, seed, failure.path)}`)
  return 1
}
