/** Reads the report that `bun test --reporter=junit` writes. */
import { existsSync, readFileSync } from "node:fs"

/**
 * What happened in one run: `passed` is a count, `failed` and `skipped` are names. A file that ran no test, and a run
 * that failed without a failing test (a crash, an error while loading), count as a failure, never as nothing.
 */
export function readReport({ path, files, exitCode }) {
  if (!existsSync(path)) {
    return {
      passed: 0,
      failed: [`${files.join(" ")}: the run ended with ${exitCode} and left no report`],
      skipped: [],
    }
  }
  const tests = parseTests(readFileSync(path, "utf8"))
  const seen = new Set(tests.map(test => test.file))
  const silent = files.filter(file => !seen.has(file)).map(file => `${file}: ran no test`)
  const names = outcome =>
    tests.filter(test => test.outcome === outcome).map(test => `${test.file}: ${test.name}`)
  const failed = [...names("failed"), ...silent]
  if (exitCode !== 0 && failed.length === 0)
    failed.push(`${files.join(" ")}: the run ended with ${exitCode} though no test failed`)
  return { passed: names("passed").length, failed, skipped: names("skipped") }
}

/** Every test case: `{ file, name, outcome }`. Bun escapes `<` and `"` in all values, so this needs no XML parser. */
function parseTests(xml) {
  return [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(
    ([, attributes, body = ""]) => {
      const read = name => decodeText(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "")
      const isFailure = body.includes("<failure") || body.includes("<error")
      const outcome = isFailure ? "failed" : body.includes("<skipped") ? "skipped" : "passed"
      // Bun names the groups from the inside out.
      const groups = read("classname").split(" > ").reverse()
      const name = [...groups, read("name")].filter(Boolean).join(" > ").replace(/\s+/g, " ")
      return { file: read("file"), name, outcome }
    },
  )
}

function decodeText(text) {
  const plain = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name) return plain[name] ?? whole
    return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16))
  })
}
