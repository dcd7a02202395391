/** docs/policy.md is made from the schema and the built-in policies: here it is held against them. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { policyDocs } from "../../scripts/generate-policy-docs.ts"
import { policyFileSchema } from "../../src/policy/schema.ts"
import { layerNames } from "../../src/policy/source.ts"
import { root } from "../source-code.ts"

const page = await policyDocs()

test("docs/policy.md is what `npm run docs` makes", async () => {
  const committed = await Bun.file(join(root, "docs/policy.md")).text()
  expect(committed === page, "docs/policy.md is stale: run npm run docs").toBe(true)
})

describe("the page names", () => {
  const sections = Object.keys(policyFileSchema.entries)

  test.each(sections)("the key %s", section => {
    expect(page).toMatch(new RegExp(`^\\| \`${section}(\\[\\])?(\\.\\w+)?\` \\|`, "m"))
  })

  test("every layer, from the lowest to the highest", () => {
    const table = page.slice(page.indexOf("| layer |"), page.indexOf("- Lists add up"))
    const named = [...table.matchAll(/^\| ([a-z ]+) \|/gm)].map(([, name]) => name)
    expect(named.slice(1)).toEqual([...layerNames])
  })

  test.each(["05-presets", "10-toolchains", "20-agents"])("every profile of %s", folder => {
    const files = [...new Bun.Glob("*.yaml").scanSync(join(root, "policies", folder))]
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(page).toContain(`\n### ${file.replace(".yaml", "")}\n`)
  })
})

test("no placeholder is left", () => {
  expect(page).not.toContain("<!-- generated:")
})
