/** Format and lint, types, and the rules of the house: runs all of them, then says which failed. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { root } from "./packages.mjs"
import { say } from "./say.mjs"

const steps = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: ["tsc", "--noEmit"] },
  {
    name: "layers and house rules",
    command: ["bun", "test", "./test/layers.test.ts", "./test/house.test.ts"],
  },
]

const failed = steps.filter(({ name, command: [program, ...words] }) => {
  say("check", `${name} (${[program, ...words].join(" ")})`)
  const { status } = spawnSync(join(root, "node_modules/.bin", program), words, {
    cwd: root,
    stdio: "inherit",
  })
  return status !== 0
})

say("check", failed.length === 0 ? "all good" : `failed: ${failed.map(({ name }) => name).join(", ")}`)
process.exitCode = failed.length === 0 ? 0 : 1
