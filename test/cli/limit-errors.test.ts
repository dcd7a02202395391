/** What this process may not have more of is told with what to do; anything else stays what it is. */
import { expect, test } from "bun:test"
import { UserError } from "../../src/base/error.ts"
import { limitError } from "../../src/cli/limit-errors.ts"
import { SystemError } from "../../src/kernel/libc.ts"

test.each([
  [new SystemError("memfd_create", 24), "raise the limit on open files, see `ulimit -n`"],
  [new SystemError("write", 27), "raise the limit on file sizes, see `ulimit -f`"],
  [Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" }), "make room on the disk, see `df`"],
  [
    Object.assign(new Error("EAGAIN"), { code: "EAGAIN" }),
    "raise the limit on processes and threads, see `ulimit -u`",
  ],
])("%s", (error, hint) => {
  expect(limitError(error)).toMatchObject({ hint })
  expect(limitError(error)?.message).toContain(error.message)
})

test.each([
  new SystemError("dup3", 9),
  new Error("bug: EMFILE"),
  new UserError("a", "b"),
  "EMFILE",
  undefined,
])("no limit: %s", error => {
  expect(limitError(error)).toBeUndefined()
})
