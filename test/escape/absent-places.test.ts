/** Places that the built-in policy denies or protects and that do not exist: nobody makes them inside, in any way to a writable home. */
import { describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { World } from "../support/world.ts"

const places = [
  ".ssh/authorized_keys",
  ".config/gh/hosts.yml",
  ".config/systemd/user/evil.service",
  ".config/cordon/policy.yaml",
  ".local/state/cordon/trusted-policies.json",
  ".bashrc",
]
const script = places
  .map(place => `mkdir -p "$(dirname ~/${place})" 2>/dev/null; echo x 2>/dev/null > ~/${place}`)
  .join("\n")

/** What was made on the host, and an allowance beside it. */
async function madeWith(options: readonly string[]): Promise<string[]> {
  using world = new World({ home: { ".config/": "", ".local/state/": "", ".cache/": "" } })
  const own = options.map(word => word.replace("HOME", world.home))
  await world.shell(`${script}\necho x > here`, { options: own })
  expect(existsSync(join(world.project, "here"))).toBe(true)
  return places.filter(place => existsSync(join(world.home, place)))
}

describe("absent places stay absent", () => {
  test.each([
    ["a home that is writable", ["-n", "--trust", "trusted"]],
    ["the whole home opened by an option", ["-n", "--write", "HOME"]],
    ["what lies above them opened by options", ["-n", "--write", "~/.config", "--write", "~/.local"]],
    ["a glob that opens them", ["-n", "--write", "~/.config/**"]],
    ["an agent's profile", ["-n", "--profile", "claude", "--write", "~/.config"]],
    ["everything as it comes", ["-n"]],
  ])("with %s", async (_, options) => {
    expect(await madeWith(options)).toEqual([])
  })

  test("with a cache that a variable moved above them, which is refused", async () => {
    using world = new World({ home: { ".config/": "" } })
    const env = { npm_config_cache: join(world.home, ".config") }
    const { code, stderr } = await world.shell(script, { options: ["-n"], env })
    expect({ code, made: places.filter(place => existsSync(join(world.home, place))) }).toEqual({
      code: 125,
      made: [],
    })
    expect(stderr).toContain("npm_config_cache")
  })
})

describe("nor where they lie", () => {
  test.each([
    ["in the project itself", ".config", "-C ~/.config"],
    ["in a project that a directory of the home leads to", "dots", "-C ~/dots"],
  ])("%s", async (_, project, options) => {
    using world = new World({ home: { [`${project}/`]: "" } })
    if (project !== ".config") symlinkSync("dots", join(world.home, ".config"))
    const words = options.replace("~", world.home).split(" ")
    const make = `mkdir -p gh cordon systemd/user; mkdir mine && echo made`
    const { stdout } = await world.shell(`${make} 2>/dev/null`, { options: ["-n", ...words] })
    expect(stdout).toBe("made\n")
    const made = ["gh", "cordon", "systemd"].filter(name => existsSync(join(world.home, project, name)))
    expect(
      made.filter(name => name !== "systemd" || existsSync(join(world.home, project, "systemd/user"))),
    ).toEqual([])
  })

  test("in a toolchain's own directory", async () => {
    using world = new World({ home: { ".ccache/": "" } })
    await world.shell("echo x > ~/.ccache/ccache.conf; echo x > ~/.ccache/object", { options: ["-n"] })
    expect(existsSync(join(world.home, ".ccache/object"))).toBe(true)
    expect(existsSync(join(world.home, ".ccache/ccache.conf"))).toBe(false)
  })
})

test("what no rule is about can be made in a home that is writable", async () => {
  using world = new World()
  await world.shell("mkdir -p ~/.config/mine && echo x > ~/.config/mine/file", {
    options: ["-n", "--trust", "trusted"],
  })
  expect(existsSync(join(world.home, ".config/mine/file"))).toBe(true)
})

test("cordon verify tries to make them, shows each, and leaves nothing of what it made on the way", async () => {
  using world = new World({ home: { ".config/": "" } })
  const before = readdirSync(world.home, { recursive: true }).sort()
  const verify = ["verify", "--json", "-n", "-C", join(world.home, ".config"), "--write", world.home]
  const { code, stdout } = await world.cordon(verify)
  const proofs = JSON.parse(stdout).data as { guarantee: string; holds: boolean }[]
  expect(proofs.filter(({ holds }) => !holds)).toEqual([])
  const shown = (path: string) =>
    proofs.some(each => each.guarantee.startsWith(`${join(world.home, path)} cannot be made`))
  for (const path of [".config/gh", ".config/systemd/user", ".ssh", ".local/share/keyrings"])
    expect([path, shown(path)]).toEqual([path, true])
  expect(code).toBe(0)
  expect(readdirSync(world.home, { recursive: true }).sort()).toEqual(before)
})

test("what the host makes during the run, where there was nothing, is denied at once", async () => {
  using world = new World()
  const script = `echo > started; while [ ! -e go ]; do sleep 0.02; done
cat ~/.netrc ~/.aws/credentials ~/.config/gh/hosts.yml ~/plain 2>/dev/null`
  const outcome = world.shell(script, { options: ["-n"] })
  while (!existsSync(join(world.project, "started"))) await Bun.sleep(10)
  for (const path of [".netrc", ".aws/credentials", ".config/gh/hosts.yml", "plain"]) {
    const file = join(world.home, path)
    mkdirSync(join(file, ".."), { recursive: true })
    writeFileSync(file, path === "plain" ? "seen" : "s3cret")
  }
  writeFileSync(join(world.project, "go"), "")
  expect((await outcome).stdout).toBe("seen")
})
