/** Memory that is given back; in a process of its own. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

async function megabytes(code: string): Promise<number[]> {
  const memory = JSON.stringify(join(root, "src/kernel/memory.ts"))
  const script = `
const { releaseCode, collectGarbage } = require(${memory})
const resident = () => Math.round(process.memoryUsage.rss() / 1e6)
${code}`
  const { code: status, stdout, stderr } = await run([process.execPath, "-e", script], { cwd: root, env: {} })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test("code that only the start needed is given back, and the program goes on", async () => {
  const [before = 0, after = 0, sorted] = await megabytes(`
const before = resident()
releaseCode()
const after = resident()
const sorted = JSON.parse(JSON.stringify([3, 1, 2])).sort().join("") === "123"
console.log(JSON.stringify([before, after, Number(sorted)]))`)
  expect(after).toBeLessThan(before - 5)
  expect(sorted).toBe(1)
})

/** userfaultfd(2), which containers refuse, with UFFD_FEATURE_WP_ASYNC of Linux 6.7. */
const flagsOfCode = `
require("node:fs").readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-)/m)
  .filter(text => text.split("\\n")[0].includes(" r-xp ") && text.split("\\n")[0].endsWith(process.execPath))
  .map(text => / uw\\b/.test(/^VmFlags:.*/m.exec(text)[0]) ? 1 : 0)`

const [watched = 0] = await megabytes(`releaseCode(); console.log(JSON.stringify(${flagsOfCode}))`)
const reason = watched ? "" : "the kernel has no userfaultfd for code, or refuses it"

test.skipIf(!watched)(`code comes back page by page, and less of it [skipped when ${reason}]`, async () => {
  const [before, first, later, count] = await megabytes(`
const code = () => Number(/^RssFile:\\s+(\\d+)/m.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1])
const work = () => JSON.parse(JSON.stringify([..."some work"].map(text => new TextEncoder().encode(text))))
work()
const before = code()
releaseCode()
work()
const first = code()
for (let time = 0; time < 100; time++) { releaseCode(); work() }
console.log(JSON.stringify([before, first, code(), require("node:fs").readdirSync("/proc/self/fd").length]))`)
  expect(first).toBeLessThan((before ?? 0) / 2)
  expect(later).toBeLessThan((before ?? 0) / 2)
  // One descriptor, however often.
  expect(count).toBeLessThan(40)
})

test("nothing is let go that was written to", async () => {
  const written = await megabytes(`
const parts = require("node:fs").readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-)/m)
const released = parts.filter(text => / (?:r-xp|r--p 0+ )/.test(text.split("\\n")[0]) && text.split("\\n")[0].endsWith(process.execPath))
console.log(JSON.stringify(released.map(text => Number(/^Anonymous: +([0-9]+)/m.exec(text)[1]))))`)
  expect(written).toEqual([0, 0])
})

test("again and again is fine, with other threads at work", async () => {
  const [sum] = await megabytes(`
const worker = new Worker(URL.createObjectURL(new Blob(["let n = 0; for (let i = 0; i < 3e6; i++) n += String(i).length; postMessage(n)"])))
const timer = setInterval(releaseCode, 1)
worker.onmessage = ({ data }) => { clearInterval(timer); worker.terminate(); console.log(JSON.stringify([data])) }`)
  expect(sum).toBe(19_888_890)
})

test("garbage is collected when it is asked for", async () => {
  const [grown = 0, after = 0] = await megabytes(`
let list = Array.from({ length: 500_000 }, (_, index) => ({ index, text: "x" + index }))
const grown = process.memoryUsage().heapUsed / 1e6
list = undefined
setTimeout(() => { collectGarbage(); console.log(JSON.stringify([grown, process.memoryUsage().heapUsed / 1e6])) }, 10)`)
  expect(after).toBeLessThan(grown / 2)
})
