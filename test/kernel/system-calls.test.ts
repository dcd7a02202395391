/** The numbers are those of the kernel's own headers, where those are installed. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { HostError } from "../../src/base/error.ts"
import {
  callNumber,
  callNumbers,
  presentArchitecture,
  type SystemCall,
  systemCalls,
} from "../../src/kernel/system-calls.ts"

const headers = {
  x86_64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
  aarch64: "/usr/include/asm-generic/unistd.h",
} as const

const names = Object.keys(systemCalls) as SystemCall[]

/** Name → number as a header has it: `__NR_name 1`, or `__NR3264_name 1` with `__NR_name __NR3264_name`. */
function numbersOf(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const [, name = "", number] of text.matchAll(/^#define __NR_(\w+) +(\d+)$/gm))
    found.set(name, Number(number))
  const wide = new Map(
    [...text.matchAll(/^#define __NR3264_(\w+) +(\d+)$/gm)].map(([, name, number]) => [name, number]),
  )
  for (const [, name = "", other] of text.matchAll(/^#define __NR_(\w+) __NR3264_(\w+)$/gm))
    if (!found.has(name) && wide.has(other)) found.set(name, Number(wide.get(other)))
  return found
}

/** Made after the oldest headers that are still about: these may be absent from a header. */
const recent = ["fchmodat2", "setxattrat", "removexattrat", "open_tree_attr", "file_setattr"]

describe.each(["x86_64", "aarch64"] as const)("%s", architecture => {
  const path = headers[architecture]
  const present = existsSync(path)
  const known = present ? numbersOf(readFileSync(path, "utf8")) : new Map<string, number>()

  test.skipIf(!present)(
    `numbers are those of the header${present ? "" : ` [skipped when ${path} is not installed]`}`,
    () => {
      expect(known.size).toBeGreaterThan(250)
      const ours = Object.fromEntries(names.map(name => [name, callNumber(name, architecture)]))
      const theirs = Object.fromEntries(
        names.map(name => [
          name,
          known.get(name) ?? (recent.includes(name) ? callNumber(name, architecture) : undefined),
        ]),
      )
      expect(ours).toEqual(theirs)
    },
  )

  test("no two calls share a number", () => {
    const numbers = names.flatMap(name => callNumber(name, architecture) ?? [])
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers.length).toBeGreaterThan(150)
  })

  test("all numbers at once are the same as one by one", () => {
    const all = callNumbers(architecture)
    expect(Object.keys(all).sort()).toEqual([...names].sort())
    for (const name of names) expect(all[name]).toBe(callNumber(name, architecture))
  })
})

test("calls that came after the numbers were made one have the same number everywhere", () => {
  const late = names.filter(name => systemCalls[name][0] >= 424)
  expect(late.length).toBeGreaterThan(15)
  expect(late.filter(name => systemCalls[name][0] !== systemCalls[name][1])).toEqual([])
})

test("recent calls have the numbers of the kernel's sources", () => {
  // include/uapi/asm-generic/unistd.h of Linux 6.17.
  expect(recent.map(name => systemCalls[name as SystemCall][0])).toEqual([452, 463, 466, 467, 469])
})

describe("the present architecture", () => {
  test("is one of the two", () => {
    expect(presentArchitecture("x64")).toBe("x86_64")
    expect(presentArchitecture("arm64")).toBe("aarch64")
    expect(["x86_64", "aarch64"]).toContain(presentArchitecture())
  })

  test.each(["ia32", "arm", "riscv64", "s390x", ""])("%p is refused, not taken for another", processor => {
    expect(() => presentArchitecture(processor)).toThrow(HostError)
  })
})
