/** A denied name below a system directory, asked for by a link of the system's own: `/lib` for `/usr/lib`. */
import { expect, test } from "bun:test"
import { lstatSync, readdirSync } from "node:fs"
import { basename } from "node:path"
import { World } from "../support/world.ts"

/** Deeper and further on than a launch looks: what only the live engine denies is among them. */
function someFiles(): string[] {
  const files: string[] = []
  const walk = (directory: string, depth: number): void => {
    const entries = readdirSync(directory, { withFileTypes: true })
    const file = entries.find(entry => entry.isFile() && /^[\w.-]+$/.test(entry.name))
    if (file !== undefined && depth >= 3) files.push(`${directory}/${file.name}`)
    for (const entry of entries) {
      if (entry.isDirectory() && depth < 5 && files.length < 300)
        walk(`${directory}/${entry.name}`, depth + 1)
    }
  }
  walk("/usr/lib", 0)
  return files.filter((_, index) => index % 15 === 0).filter(file => lstatSync(file).mode & 0o4)
}

const isLink = lstatSync("/lib", { throwIfNoEntry: false })?.isSymbolicLink() === true

test.skipIf(!isLink)("it is denied by every name [skipped when /lib is no link]", async () => {
  using world = new World()
  const files = someFiles()
  const options = files.flatMap(file => [
    "--deny",
    `/usr/lib/**/${basename(file).replaceAll(/[*?[\]{}]/g, "?")}*`,
  ])
  const script = `for file do for name in "$file" "\${file#/usr}"; do head -c 1 "$name" > /dev/null 2>&1 && echo "$name"; done; done; echo done`
  const { stdout } = await world.cordon([...options, "--", "sh", "-c", script, "sh", ...files])
  expect(stdout).toBe("done\n")
  const allowed = await world.cordon(["--", "sh", "-c", script, "sh", ...files])
  expect(allowed.stdout.split("\n").length).toBe(2 * files.length + 2)
})
