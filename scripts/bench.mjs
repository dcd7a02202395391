/** `npm run bench`: runs bench/launch.ts with the pinned Bun; everything after `--` is handed on. */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const { status } = spawnSync(
  join(root, "node_modules/.bin/bun"),
  [join(root, "bench/launch.ts"), ...process.argv.slice(2)],
  {
    stdio: "inherit",
  },
)
process.exitCode = status ?? 1
