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
