/** A denied name below a system directory, asked for by a link of the system's own: `/lib` for `/usr/lib`. */
import { expect, test } from "bun:test"
import { existsSync, lstatSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { eventually } from "../support/process.ts"
import { isRoot, World } from "../support/world.ts"

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

test.skipIf(!isRoot)(
  "nor by a link of the system's that leads to the project, as `npm link` makes them [skipped when not root]",
  async () => {
    using world = new World({ project: { plain: "plain\n" } })
    const links = ["directory", "file"].map(
      kind => `/usr/local/lib/cordon-test-${kind}-${crypto.randomUUID()}`,
    )
    const [directory = "", file = ""] = links
    try {
      symlinkSync(world.project, directory)
      symlinkSync(join(world.project, ".env"), file)
      // What is there at launch is masked: it is made later.
      const script = `touch ready; while [ ! -e made ]; do sleep 0.02; done
        cat ${directory}/plain; cat ${directory}/.env || cat ${file} || echo refused`
      const { outcome } = world.start(["--", "sh", "-c", script])
      await eventually(() => existsSync(join(world.project, "ready")) || undefined)
      writeFileSync(join(world.project, ".env"), "s3cret\n")
      writeFileSync(join(world.project, "made"), "")
      expect((await outcome).stdout).toBe("plain\nrefused\n")
    } finally {
      for (const link of links) unlinkSync(link)
    }
  },
)
