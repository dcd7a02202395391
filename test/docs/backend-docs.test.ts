/** docs/backends.md is made from the promises that tests try and the reasons for which they skip one. */
import { expect, test } from "bun:test"
import { join } from "node:path"
import { backendDocs } from "../../scripts/generate-backend-docs.ts"
import { promises } from "../contract/backend.ts"
import { skips } from "../contract/skips.ts"
import { root } from "../source-code.ts"

test("docs/backends.md is what `npm run docs` makes", async () => {
  const committed = await Bun.file(join(root, "docs/backends.md")).text()
  expect(committed === (await backendDocs()), "docs/backends.md is stale: run npm run docs").toBe(true)
})

test("each promise has a row, and each reason stands in it", async () => {
  const rows = (await backendDocs()).split("\n").filter(line => line.startsWith("| "))
  for (const promise of Object.keys(promises))
    expect(rows.some(row => row.startsWith(`| ${promise} |`))).toBe(true)
  for (const [promise, reason] of Object.entries(skips.landlock ?? {}))
    expect(rows).toContainEqual(`| ${promise} | yes | no: ${reason} |`)
})
