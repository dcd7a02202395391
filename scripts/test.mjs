/**
 * Runs the test suites, each in its own `bun test`.
 *
 *     node scripts/test.mjs [agents|FILTER...]      FILTER: the name of a suite, or a part of a file's path
 *
 * As root, what must also hold for an ordinary user runs a second time as one. The last line of stdout is
 * `N passed, N failed, N skipped`; the exit code is 1 when anything failed or a suite ran no test.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { readReport } from "./junit.mjs"
import { openOrdinaryUser } from "./ordinary-user.mjs"
import { root } from "./packages.mjs"
import { Refusal, runMain, say } from "./say.mjs"
import { absentSuites, findSuites, planRuns, selectSuites } from "./test-suites.mjs"

const timeoutMs = 60_000

async function main() {
  const words = process.argv.slice(2)
  const suites = selectSuites(findSuites(), words)
  if (words.length === 0)
    for (const name of absentSuites()) say("test", `${name} does not exist yet, left out`)
  if (suites.length === 0) throw new Refusal(`no test file matches ${words.join(" ")}`)
  const runs = planRuns({ suites, isRoot: process.getuid() === 0 })

  // As root these lie in /tmp whatever TMPDIR says: the ordinary user must get there.
  const reports = mkdtempSync(join(process.getuid() === 0 ? "/tmp" : tmpdir(), "cordon-reports-"))
  let ordinary
  try {
    if (runs.some(run => run.as === "ordinary")) ordinary = openOrdinaryUser(text => say("test", text))
    const results = await runAll(runs, actors({ ordinary, reports }))
    if (results !== undefined) process.exitCode = summarize(results)
  } finally {
    ordinary?.close?.()
    rmSync(reports, { recursive: true, force: true })
  }
}

/** By whom a run is made: how a command starts, where, with which environment, and where its report goes. */
function actors({ ordinary, reports }) {
  const { npm_config_registry, ...environment } = process.env
  // npm's own variables would make a test's outcome depend on whether npm started it.
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_/i.test(name)))
  if (npm_config_registry !== undefined) env.npm_config_registry = npm_config_registry
  const present = { name: userInfo().username, enter: command => command, env, root, reports }
  if (!ordinary || ordinary.unavailable)
    return { present, ordinary: { name: "ordinary", skip: ordinary?.unavailable } }

  const own = join(reports, ordinary.name)
  mkdirSync(own)
  chownSync(own, ordinary.uid, ordinary.gid)
  chmodSync(reports, 0o711)
  return { present, ordinary: { ...ordinary, reports: own } }
}

/** Runs one after the other; returns undefined when a signal ended them. */
async function runAll(runs, byName) {
  const results = []
  for (const [index, run] of runs.entries()) {
    const actor = byName[run.as] ?? { name: run.as }
    const skip = run.skip ?? actor.skip
    const title = { suite: run.name, as: actor.name }
    if (skip !== undefined) {
      results.push({
        ...title,
        passed: 0,
        failed: [],
        skipped: [`all of ${run.name} [skipped when ${skip}]`],
        seconds: 0,
      })
      continue
    }
    const started = performance.now()
    const path = join(actor.reports, `${index}.xml`)
    const exitCode = run.files.length === 0 ? 0 : await runBun({ actor, files: run.files, path, title })
    if (exitCode === undefined) return undefined
    const counts =
      run.files.length === 0
        ? { passed: 0, failed: [`${run.name}: the suite has no test`], skipped: [] }
        : readReport({ path, files: run.files, exitCode })
    results.push({ ...title, ...counts, seconds: (performance.now() - started) / 1000 })
  }
  return results
}

/** Streams what Bun prints; returns its exit code or signal, or undefined when we were asked to stop. */
async function runBun({ actor, files, path, title }) {
  say("test", `${title.suite} as ${title.as}`)
  const report = ["--reporter=junit", `--reporter-outfile=${path}`]
  const bun = join(actor.root, "node_modules/.bin/bun")
  const command = [bun, "test", "--timeout", `${timeoutMs}`, ...report, ...files.map(file => `./${file}`)]
  const [program, ...words] = actor.enter(command)
  const child = spawn(program, words, {
    cwd: actor.root,
    env: actor.env,
    stdio: ["ignore", "inherit", "inherit"],
  })

  let stopped
  const stop = signal => {
    stopped = signal
    child.kill(signal)
  }
  process.on("SIGINT", stop).on("SIGTERM", stop)
  const [code, signal] = await once(child, "close")
  process.off("SIGINT", stop).off("SIGTERM", stop)
  if (stopped === undefined) return code ?? signal
  say("test", `stopped by ${stopped}`)
  process.exitCode = stopped === "SIGINT" ? 130 : 143
  return undefined
}

/** Prints the table, what failed and what was skipped, and last the line that CI reads. */
function summarize(results) {
  const rows = results.map(({ suite, as, passed, failed, skipped, seconds }) =>
    [suite, as, passed, failed.length, skipped.length, `${seconds.toFixed(1)} s`].map(String),
  )
  const lines = ["", ...formatTable([["suite", "as", "passed", "failed", "skipped", "time"], ...rows])]
  for (const kind of ["skipped", "failed"]) {
    const names = results.flatMap(result => result[kind].map(name => `  ${result.as}: ${name}`))
    if (names.length > 0) lines.push("", `${kind}:`, ...names)
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed.length, 0)
  const skipped = results.reduce((sum, result) => sum + result.skipped.length, 0)
  lines.push("", `${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.stdout.write(`${lines.join("\n")}\n`)
  return failed === 0 ? 0 : 1
}

/** Names to the left, numbers to the right. */
function formatTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows.map(row =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  "),
  )
}

runMain("test", main)
