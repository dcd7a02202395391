/**
 * docs/backends.md from docs/backends.template.md and the promises of test/contract/, with the reasons for which a backend
 * skips one: the page cannot say what no test tries.
 *
 *     bun scripts/generate-backend-docs.ts
 */
import { join } from "node:path"
import { promises } from "../test/contract/backend.ts"
import { skips } from "../test/contract/skips.ts"

const root = join(import.meta.dir, "..")

/** The whole page. */
export async function backendDocs(): Promise<string> {
  const template = await Bun.file(join(root, "docs/backends.template.md")).text()
  const notice = "<!-- Made by `npm run docs` from docs/backends.template.md and test/contract/. -->"
  return `${notice}\n\n${template.trimEnd().replace("<!-- generated: parity -->", parityTable())}\n`
}

function parityTable(): string {
  const names = Object.keys(skips)
  const cell = (backend: string, promise: string) => {
    const reason = (skips[backend] as Readonly<Record<string, string>>)[promise]
    return reason === undefined ? "yes" : `no: ${reason}`
  }
  return [
    `| a sandbox … | ${names.join(" | ")} |`,
    `|---${"|---".repeat(names.length)}|`,
    ...Object.keys(promises).map(
      promise => `| ${promise} | ${names.map(name => cell(name, promise)).join(" | ")} |`,
    ),
  ].join("\n")
}

if (import.meta.main) await Bun.write(join(root, "docs/backends.md"), await backendDocs())
