/** What is opened for the sandbox, and what is kept from it; in processes of their own. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { root } from "../source-code.ts"
import { run } from "../support/process.ts"

type Contents = readonly { number: number; content: string }[]

const kernel = JSON.stringify(join(root, "src/kernel"))

/** Opens descriptors 101 and on in a process that a shell has prepared, and prints as JSON what `code` gives. */
async function opened(contents: Contents, { before = "", open = "", code = "placements", late = {} } = {}) {
  const invocation = {
    program: "",
    words: [],
    descriptors: contents,
    environment: {},
    guardian: 100,
    ...late,
  }
  const script = `
const fs = require("node:fs")
const { openDescriptors } = require(${kernel} + "/descriptors.ts")
const { duplicateFrom, duplicateTo } = require(${kernel} + "/libc.ts")
const closedOnExec = n => (parseInt(/flags:\\s*(\\d+)/.exec(fs.readFileSync("/proc/self/fdinfo/" + n, "utf8"))[1], 8) & 0o2000000) !== 0
${open}
try {
  const placements = openDescriptors(${JSON.stringify(invocation)}, { guardian: fs.openSync("/dev/null") })
  console.log(JSON.stringify(${code}))
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message, hint: error.hint }))
}`
  const words = ["sh", "-c", `${before} exec "$0" -e "$1"`, process.execPath, script]
  const { stdout, stderr } = await run(words, { cwd: root, env: { PATH: "/usr/bin:/bin" } })
  if (stderr !== "") throw new Error(stderr)
  return JSON.parse(stdout)
}

const two: Contents = [
  { number: 101, content: "one ä" },
  { number: 102, content: "" },
]

describe("descriptors", () => {
  test("are one for each number, with their content at its start", async () => {
    const code = "placements.map(({ descriptor, number }) => [number, fs.readFileSync(descriptor, 'utf8')])"
    expect(await opened(two, { code })).toEqual([
      [100, ""],
      [101, "one ä"],
      [102, ""],
    ])
  })

  test("are an empty file and the guardian once more, for a program that is made late", async () => {
    const code =
      "placements.map(({ descriptor, number }) => [number, descriptor === placements[0].descriptor, fs.fstatSync(descriptor).size])"
    const late = { late: { file: 103, gate: 104, options: 105 } }
    expect(await opened(two, { code, late })).toEqual([
      [100, true, 0],
      [103, false, 0],
      [104, true, 0],
      [101, false, 6],
      [102, false, 0],
    ])
  })

  test("are all closed by the next exec: only copies of them are to be found inside", async () => {
    const code = "placements.map(({ descriptor }) => closedOnExec(descriptor))"
    expect(await opened(two, { code })).toEqual([true, true, true])
  })

  test("are anonymous files, of which nothing is on a disk", async () => {
    const code = "placements.map(({ descriptor }) => fs.readlinkSync('/proc/self/fd/' + descriptor))"
    const [, ...files] = await opened(two, { code })
    for (const file of files) expect(file).toStartWith("/memfd:")
  })

  test("stay clear of the numbers that are given out, however many the caller left open", async () => {
    for (const count of [80, 85, 90, 95, 100, 150]) {
      const open = `for (let n = 0; n < ${count}; n++) fs.openSync("/etc/passwd")`
      const contents = Array.from({ length: 40 }, (_, index) => ({
        number: 101 + index,
        content: `${index}`,
      }))
      const code = "placements.map(({ descriptor, number }) => [descriptor, number])"
      const placements = (await opened(contents, { open, code })) as [number, number][]
      const taken = placements.filter(([descriptor]) => descriptor >= 100 && descriptor <= 140)
      expect(taken, `${count} open`).toEqual([])
      expect(new Set(placements.map(([descriptor]) => descriptor)).size).toBe(41)
    }
  })

  test("of the runtime are left alone, so that it goes on working", async () => {
    const before = "exec 3</etc/passwd 4</etc/passwd 5</etc/passwd;"
    const open = 'for (let n = 0; n < 120; n++) fs.openSync("/etc/passwd")'
    const code = "(placements.length, [1, 2].map(n => fs.readlinkSync('/proc/self/fd/' + n).length > 0))"
    expect(await opened(two, { before, open, code })).toEqual([true, true])
  })
})

describe("a descriptor that the caller left open", () => {
  test("is closed by the next exec, whatever its number", async () => {
    const numbers = [5, 50, 100, 101, 103, 500]
    const open = `const file = duplicateFrom(fs.openSync("/etc/passwd"), 700); for (const n of ${JSON.stringify(numbers)}) duplicateTo(file, n)`
    expect(await opened([], { open, code: `${JSON.stringify(numbers)}.map(closedOnExec)` })).toEqual(
      numbers.map(() => true),
    )
  })

  test("as 0, 1 or 2 stays", async () => {
    expect(await opened([], { code: "[0, 1, 2].map(closedOnExec)" })).toEqual([false, false, false])
  })
})

describe("a directory", () => {
  test.each([0, 2])("as descriptor %d is refused: its .. would be the host's", async number => {
    const before = number === 0 ? "exec 0</;" : "exec 2</;"
    expect(await opened([], { before })).toEqual({
      name: "UserError",
      message: `descriptor ${number} is a directory, which would lead out of the sandbox`,
      hint: "hand over a file, or </dev/null",
    })
  })

  test("as any other is not looked at: it is closed", async () => {
    expect(await opened([], { before: "exec 7</;", code: "placements.length" })).toBe(1)
  })
})

test.each([0, 1, 2])("descriptor %d may be closed: it stays open on /dev/null", async number => {
  // What is said comes on 3 where 1 is closed.
  const before = number === 1 ? "exec 3>&1 1>&-;" : `exec ${number}<&-;`
  const found = `[closedOnExec(${number}), fs.readlinkSync("/proc/self/fd/${number}")]`
  const code = number === 1 ? `(fs.writeSync(3, JSON.stringify(${found})), process.exit(0))` : found
  expect(await opened([], { before, code })).toEqual([false, "/dev/null"])
})
