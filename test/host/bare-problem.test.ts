/** Whether the landlock backend could work, as the doctor says it. */
import { describe, expect, test } from "bun:test"
import { bareFinding } from "../../src/host/bare-problem.ts"
import type { Trials } from "../../src/host/findings.ts"

const trials: Pick<Trials, "landlock" | "seccomp"> = {
  landlock: { abi: 6, failure: "" },
  seccomp: { filter: "", action: "", flags: "" },
}

test("it could, and the page says what it does not give", () => {
  for (const scope of [undefined, "0", "1"]) {
    const { protection, state, why } = bareFinding(trials, scope)
    expect({ protection, state }).toEqual({ protection: "landlock backend", state: "active" })
    expect(why).toContain("docs/backends.md")
  }
})

describe("it could not, which is no failure of the machine: bubblewrap carries more", () => {
  const rows: [string, typeof trials, string | undefined, string[]][] = [
    ["an older Landlock", { ...trials, landlock: { abi: 4, failure: "" } }, "1", ["ABI 6 (Linux 6.12)"]],
    ["no Landlock", { ...trials, landlock: { abi: 0, failure: "ENOSYS" } }, "1", ["ABI 6"]],
    [
      "no notification",
      { ...trials, seccomp: { filter: "", action: "EOPNOTSUPP", flags: "" } },
      "0",
      ["notification"],
    ],
    [
      "no killable waits",
      { ...trials, seccomp: { filter: "", action: "", flags: "EINVAL" } },
      "0",
      ["notification"],
    ],
    ["a strict Yama", trials, "2", ["ptrace_scope 0 or 1, which is 2"]],
    ["several", { ...trials, landlock: { abi: 3, failure: "" } }, "3", ["ABI 6", "which is 3"]],
  ]
  test.each(rows)("%s", (_, tried, scope, texts) => {
    const { state, why } = bareFinding(tried, scope)
    expect(state).toBe("degraded")
    for (const text of texts) expect(why).toContain(text)
  })
})
