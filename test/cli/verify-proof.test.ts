/** A line of `cordon verify` holds when it was proved: a refusal by what a denial gives, and by nothing else. */
import { describe, expect, test } from "bun:test"
import type { Check } from "../../src/cli/verify-checks.ts"
import { proofOf } from "../../src/cli/verify-proof.ts"
import type { Attempt } from "../../src/inside/probe.ts"

function check(attempt: Attempt, more: Partial<Check> = {}): Check {
  return { guarantee: "it cannot be", attempt, expected: "refused", ...more }
}

function holds(attempt: Attempt, detail: string, more: Partial<Check> = {}): boolean {
  return proofOf(check(attempt, more), { result: "refused", detail }).holds
}

const path = "/p/x"
const site = { host: "x.example", port: 80 }

describe("what a denial gives proves it, what else goes wrong does not", () => {
  const attempts: [Attempt, string[], string[]][] = [
    [{ kind: "read", path }, ["EACCES", "EPERM", "EROFS"], ["ENOENT", "ENOTDIR", "EISDIR", "EMFILE"]],
    [{ kind: "list", path }, ["EACCES"], ["ENOENT", "ENOTDIR", "EINVAL"]],
    [{ kind: "write-file", path }, ["EACCES", "EROFS"], ["ENOENT", "ETXTBSY", "ENXIO", "EISDIR"]],
    [{ kind: "create", path }, ["EACCES", "EROFS"], ["ENOENT", "ENOSPC", "EDQUOT", "EEXIST"]],
    [{ kind: "make", path }, ["EACCES", "EROFS"], ["ENOTDIR", "ENAMETOOLONG", "ENOSPC"]],
    [{ kind: "exists", path }, ["ENOENT", "EACCES"], ["ENOTDIR", "EIO"]],
    [{ kind: "connect", port: 1 }, ["ECONNREFUSED", "ENETUNREACH", "EACCES"], ["ETIMEDOUT", "EMFILE"]],
    [{ kind: "connect-abstract", name: "a" }, ["ECONNREFUSED", "EPERM"], ["EAGAIN", "EMFILE"]],
    [
      { kind: "reach", ...site },
      ["HTTP/1.1 403 Forbidden"],
      ["ENOTFOUND", "EAI_AGAIN", "ECONNRESET", "ETIMEDOUT", "HTTP/1.1 502 Bad Gateway"],
    ],
    [{ kind: "datagram", address: "192.0.2.1", port: 443 }, ["ENETUNREACH", "EPERM"], ["EMFILE", "ENOBUFS"]],
    [{ kind: "variable", name: "X" }, ["ENOENT"], ["EACCES"]],
    [
      { kind: "user-namespace", bubblewrap: "/usr/bin/bwrap" },
      [
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow it",
        "bwrap: Creating new namespace failed: Operation not permitted",
      ],
      ["ENOENT", "EACCES", "bwrap: Can't mount proc on /newroot/proc: Operation not permitted", ""],
    ],
    [{ kind: "capabilities" }, ["EPERM"], ["ENOENT", "EACCES"]],
    [{ kind: "processes" }, ["ESRCH", "EACCES"], ["ENOENT", "EMFILE"]],
    [{ kind: "call", number: 1, arguments: [], errno: 1 }, ["errno 1"], ["ENOSYS", "EPERM"]],
  ]

  test.each(attempts)("%j", (attempt, proving, others) => {
    for (const detail of proving) expect([detail, holds(attempt, detail)]).toEqual([detail, true])
    for (const detail of others) expect([detail, holds(attempt, detail)]).toEqual([detail, false])
  })
})

test("the line says what went wrong instead", () => {
  const proof = proofOf(check({ kind: "write-file", path }), { result: "refused", detail: "ETXTBSY" })
  expect(proof).toEqual({
    guarantee: "it cannot be",
    holds: false,
    detail: "failed: ETXTBSY, which no denial gives",
  })
})

test("what is denied may be missing inside", () => {
  expect(holds({ kind: "create", path }, "ENOENT", { isHidden: true })).toBe(true)
  expect(holds({ kind: "create", path }, "ENOENT", { isHidden: false })).toBe(false)
  expect(holds({ kind: "create", path }, "ENOTDIR", { isHidden: true })).toBe(false)
})

test("where the kernel has no IPv6 its addresses lead nowhere, those of IPv4 do", () => {
  expect(holds({ kind: "reach", host: "fd00::1", port: 80 }, "EAFNOSUPPORT")).toBe(true)
  expect(holds({ kind: "reach", host: "10.0.0.1", port: 80 }, "EAFNOSUPPORT")).toBe(false)
})

test("what can be done is no denial, and what cannot is no allowance", () => {
  const done = { result: "done", detail: "made" } as const
  expect(proofOf(check({ kind: "make", path }), done)).toMatchObject({ holds: false, detail: "done: made" })
  const allowance = check({ kind: "make", path }, { expected: "done" })
  expect(proofOf(allowance, done).holds).toBe(true)
  expect(proofOf(allowance, { result: "refused", detail: "EACCES" }).holds).toBe(false)
  expect(proofOf(allowance, { result: "refused", detail: "ENOSPC" }).holds).toBe(false)
})

test("no answer proves nothing", () => {
  expect(proofOf(check({ kind: "make", path }), undefined).holds).toBe(false)
})
