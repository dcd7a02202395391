/** Another person on this machine, whom root can be for a moment. */
import { join } from "node:path"
import { root } from "../source-code.ts"
import { isRoot } from "./world.ts"

/** Words before a program's; the ids need no account. */
export const asOtherUser = ["setpriv", "--reuid=1001", "--regid=1001", "--clear-groups"]

/** Why nobody else can be had here, or undefined. */
export const noOtherUser = isRoot ? obstacle() : "not root"

function obstacle(): string | undefined {
  const read = `require("node:fs").readFileSync(${JSON.stringify(join(root, "package.json"))})`
  const { exitCode, stderr } = Bun.spawnSync([...asOtherUser, process.execPath, "-e", read], {
    cwd: "/",
    stderr: "pipe",
  })
  return exitCode === 0 ? undefined : `another user cannot run this checkout: ${stderr.toString().trim()}`
}
