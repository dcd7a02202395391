/** docs/system-calls.md is made from the table that the filter is made from: here it is held against it. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { systemCallDocs } from "../../scripts/generate-system-call-docs.ts"
import {
  landlockRefusals,
  namespaceRefusals,
  noNetworkRefusals,
  refusals,
  signalRefusals,
} from "../../src/kernel/refused-calls.ts"
import { root } from "../source-code.ts"

const page = systemCallDocs()
const withoutNamespaces = [...landlockRefusals, ...noNetworkRefusals]

test("docs/system-calls.md is what `npm run docs` makes", async () => {
  const committed = await Bun.file(join(root, "docs/system-calls.md")).text()
  expect(committed === page, "docs/system-calls.md is stale: run npm run docs").toBe(true)
})

describe("the page", () => {
  test.each([...refusals, ...namespaceRefusals, ...withoutNamespaces].flatMap(({ calls }) => calls))(
    "names %s",
    call => {
      expect(page).toContain(`\`${call}\``)
    },
  )

  test("has a row for each refusal, of four cells", () => {
    const rows = page.split("\n").filter(line => line.startsWith("| `"))
    const others = [signalRefusals, namespaceRefusals, withoutNamespaces].flat()
    expect(rows).toHaveLength(refusals.length + others.length)
    for (const row of rows) expect(row.split(" | ")).toHaveLength(4)
  })

  test("says of a condition what it is about", () => {
    expect(page).toContain("when the request is `TIOCSTI` or `TIOCLINUX`")
    expect(page).toContain("when the family is none of `AF_UNIX`, `AF_INET`, `AF_INET6` or `AF_NETLINK`")
  })

  test("tells people which rows the policy can lift", () => {
    const [from, to] = ["## Namespaces and mounts", "## Without namespaces"].map(title => page.indexOf(title))
    const lifted = page.slice(from, to)
    expect(lifted).toContain("nested_userns: allow")
    for (const { why } of namespaceRefusals) expect(lifted).toContain(why)
    for (const { why } of [...refusals, ...withoutNamespaces]) expect(lifted).not.toContain(why)
  })
})
