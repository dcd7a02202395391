/** A rule is bound to a path: an agent moves the directories above it and lets the next run look elsewhere. */
import { expect, test } from "bun:test"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { World } from "../support/world.ts"

const secret = "s3cret-below"
const project = {
  "a/b/secrets/key": secret,
  "a/b/code.js": "1",
  "c/d/.env": secret,
  "e/f/.vscode/tasks.json": "{}",
  "free/dir/file": "1",
}
const options = ["--deny", "a/b/secrets"]

test("directories above a denied or protected path cannot be moved, and the next run still denies", async () => {
  using world = new World({ project })
  const moves = await world.attempts(
    {
      "the denied directory": "mv a/b/secrets a/b/s2",
      "its parent": "mv a/b a/b2",
      "its grandparent": "mv a a2",
      "into another directory": "mkdir x && mv a x/",
      "a parent of a denied file": "mv c/d c/d2",
      "its own parent": "mv c c2",
      "a parent of a protected name": "mv e/f e/f2",
      "a removal": "rm -rf a; test ! -e a",
      "a replacement": "mkdir -p y/secrets && mv -T y a/b",
      "a denied file": "mv c/d/.env c/d/env",
    },
    { options },
  )
  expect(succeeded(moves)).toEqual([])
  const later = await world.attempts(
    { "by the rule": "cat a/b/secrets/key", "at any place": `! grep -rs ${secret} .` },
    { options },
  )
  expect(later["by the rule"].code).not.toBe(0)
  expect(later["at any place"].code).toBe(0)
  expect(spoken(later)).not.toContain(secret)
})

test("other directories move, and files beside the denied ones can be written", async () => {
  using world = new World({ project })
  const got = await world.attempts(
    {
      "a free directory": "mv free/dir free/dir2 && mv free free2 && cat free2/dir2/file",
      "a file above": "echo 2 > a/code.js && mv a/code.js a/code2.js",
      "a file beside": "echo 2 > a/b/code.js && rm a/b/code.js && echo x > c/d/other",
      "a new directory": "mkdir -p a/b/new/er && mv a/b/new a/b/newer",
    },
    { options },
  )
  expect(failed(got)).toEqual({})
})
