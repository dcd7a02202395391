/** Which test files there are, and as whom each suite runs; pure but for one look at test/. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { root } from "./packages.mjs"

/** Suites that must hold for an ordinary user as well as for root, because kernels treat the two differently. */
const forBoth = ["test/escape", "test/contract", "test/live", "test/scenarios"]

/** Agents refuse to work as root or behave otherwise there, so they are tested as their users run them. */
const neverRoot = ["test/agents"]

/** Every suite: a directory of test/ with all its test files, and `test` for the files beside them. */
export function findSuites() {
  const files = readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(root.length))
    .sort()
  const suites = new Map([...forBoth, ...neverRoot].filter(isDirectory).map(name => [name, []]))
  for (const file of files) {
    const parts = file.split("/")
    const name = parts.length > 2 ? `${parts[0]}/${parts[1]}` : parts[0]
    suites.set(name, [...(suites.get(name) ?? []), file])
  }
  return [...suites].map(([name, files]) => ({ name, files })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The suites this file names that nobody has written yet. */
export function absentSuites() {
  return [...forBoth, ...neverRoot].filter(name => !isDirectory(name))
}

/** Keeps what the words ask for: a suite by its name (`escape`), or files by a part of their path. */
export function selectSuites(suites, words) {
  if (words.length === 0) return suites
  const names = suites.map(({ name }) => name)
  const byName = words.filter(word => names.includes(`test/${word}`)).map(word => `test/${word}`)
  const byPart = words.filter(word => !names.includes(`test/${word}`))
  return suites
    .map(({ name, files }) => ({
      name,
      files: byName.includes(name) ? files : files.filter(file => byPart.some(part => file.includes(part))),
    }))
    .filter(({ name, files }) => files.length > 0 || byName.includes(name))
}

/**
 * One entry for each time a suite runs: `as` is "present" for the present user and "ordinary" for the ordinary one.
 * An entry that cannot run here has `skip`, the reason.
 */
export function planRuns({ suites, isRoot }) {
  return suites.flatMap(suite => {
    const present = { ...suite, as: "present" }
    const ordinary = { ...suite, as: "ordinary" }
    if (neverRoot.includes(suite.name)) return isRoot ? [ordinary] : [present]
    if (!forBoth.includes(suite.name)) return [present]
    return isRoot ? [present, ordinary] : [present, { ...suite, as: "root", skip: "not root" }]
  })
}

function isDirectory(name) {
  return existsSync(join(root, name))
}
