/** An earlier run closes directories, buries them, or takes links away, so that the next launch does not know what is denied. */
import { expect, test } from "bun:test"
import { chmodSync, mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { homeProblem } from "../../src/host/home-problem.ts"
import { createPathFacts } from "../../src/host/path-facts.ts"
import { succeeded } from "../support/attempts.ts"
import { isRoot, World, writeFiles } from "../support/world.ts"

const secret = "s3cret-that-was-known-once"

async function carriesOutReads(world: World, options: readonly string[] = []): Promise<boolean> {
  const { stdout } = await world.cordon([...options, "-n", "--dry-run", "--json", "--", "true"])
  return JSON.parse(stdout).data.plan.live.carriesOutReads
}

test.skipIf(isRoot)(
  "behind a directory that was closed reads are carried out, which no second thread can race [skipped when root: it may list all]",
  async () => {
    using world = new World({ home: { ".pulumi/credentials.json": secret }, project: { "sub/.env": secret } })
    const trusted = ["--trust", "trusted"]
    expect(await carriesOutReads(world, trusted)).toBe(false)
    await world.shell("chmod 0300 sub")
    expect(await carriesOutReads(world)).toBe(true)
    await world.shell("chmod 755 sub; chmod 0 ~/.pulumi", { options: trusted })
    expect(await carriesOutReads(world)).toBe(false)
    expect(await carriesOutReads(world, trusted)).toBe(true)
  },
)

test.skipIf(isRoot)(
  "a project that was closed is not worked in until it can be listed again [skipped when root: it may list all]",
  async () => {
    using world = new World({ project: { "plain.txt": secret } })
    symlinkSync("plain.txt", join(world.project, ".env"))
    await world.shell("chmod 0300 .")
    const closed = await world.shell("chmod 755 .; cat plain.txt")
    expect(closed.stdout + closed.stderr).not.toContain(secret)
    expect(closed.stderr).toContain("cannot be listed")
    expect(closed.code).toBe(125)
    await world.host("chmod", "755", world.project)
    expect((await world.shell("cat plain.txt; echo went on")).stdout).toBe("went on\n")
  },
)

test("directories deeper than a path can be stop no launch", async () => {
  using world = new World({ project: { ".env": secret } })
  const half = Array(9).fill("d".repeat(250)).join("/")
  const { code } = await world.shell(`mkdir -p a/${half} b/${half} && mv b a/${half}`)
  expect(code).toBe(0)
  expect(await world.shell("echo went on; cat .env")).toMatchObject({ stdout: "went on\n", code: 1 })
})

test("a link on the way to what is denied or protected stays, and so does what it is known to lead to", async () => {
  using world = new World({
    home: { "dot/share/keyrings/login": secret, "dot/bin/tool": "mine" },
    project: { "real/key": secret, "real/plain": "2" },
  })
  symlinkSync("real", join(world.project, "conf"))
  symlinkSync("dot", join(world.home, ".local"))
  const options = ["--deny", "conf/key", "--trust", "trusted"]
  const away = {
    "remove the project's": "rm conf",
    "move the project's": "mv conf other",
    "replace the project's": "ln -sfn /tmp conf",
    "remove the home's": "rm ~/.local",
    "move the home's": "mv ~/.local ~/other",
    "a link that leads to nothing of the kind": "ln -s real another && rm another",
  }
  expect(succeeded(await world.attempts(away, { options }))).toEqual([
    "a link that leads to nothing of the kind",
  ])
  const next = {
    "what is denied": "cat real/key",
    "what is denied in the home": "cat ~/dot/share/keyrings/login",
    "what is protected in the home": "echo x > ~/dot/bin/tool",
    "a file beside": "cat real/plain && echo x > real/plain",
  }
  expect(succeeded(await world.attempts(next, { options }))).toEqual(["a file beside"])
})

test("a link that leads to a mark of options starts nothing else than was planned", async () => {
  using world = new World({ home: { ".cache/x": "" } })
  mkdirSync(join(world.home, "store"))
  writeFiles(world.home, { "store/x": "" })
  symlinkSync("--", join(world.home, ".ccache"))
  expect(await world.shell("echo went on", { options: ["--strict"] })).toMatchObject({
    stdout: "went on\n",
    code: 0,
  })
})

test.skipIf(isRoot)(
  "a closed place of a policy stops the run, and the message says which place it is [skipped when root: it may read all]",
  async () => {
    using world = new World({
      project: { ".cordon.yaml": "version: 1\n", "cordon.txt": "" },
      home: { ".config/x": "" },
    })
    const said = async (place: string, mode: string, open: string) => {
      chmodSync(place, Number.parseInt(mode, 8))
      const { code, stderr } = await world.cordon(["-n", "-C", world.project, "--", "true"], {
        cwd: world.home,
      })
      chmodSync(place, Number.parseInt(open, 8))
      return `${code} ${stderr}`
    }
    const policy = join(world.project, ".cordon.yaml")
    for (const mode of ["000", "444"])
      expect(await said(world.project, mode, "755")).toBe(
        `125 cordon: ${world.project} may not be searched, so nobody knows whether the project has a policy\n` +
          `cordon: → chmod u+rx ${world.project}\n`,
      )
    expect(await said(policy, "000", "644")).toBe(
      "125 cordon: .cordon.yaml cannot be read: EACCES: permission denied\ncordon: → make it a readable file, or remove it\n",
    )
    expect(await said(join(world.home, ".config"), "000", "755")).toContain(
      "policy.yaml cannot be read: a directory above it may not be searched\ncordon: → make the directories above it searchable",
    )
    expect(await said(policy, "644", "644")).toBe("0 ")
    writeFiles(world.project, { "cordon.yaml": "version: 1\n" })
    expect(await said(policy, "000", "644")).toContain("the project has both .cordon.yaml and cordon.yaml")
  },
)

test.skipIf(isRoot)(
  "a home that is closed, or may not be written, is said to be so [skipped when root: it may do all]",
  async () => {
    using world = new World({
      home: { "other/x": "", "bin/claude": "#!/bin/sh\necho ran\n", "own/.local/state/": "" },
    })
    const other = join(world.home, "other")
    const claude = join(world.home, "bin/claude")
    chmodSync(claude, 0o755)
    writeFiles(world.project, { ".cordon.yaml": "filesystem: { write: [/opt] }\n" })
    const said = async (home: string, ...words: string[]) => {
      const { code, stdout, stderr } = await world.cordon(words, { env: { HOME: home } })
      return `${code} ${stdout}${stderr.split("\n").findLast(line => /^cordon: (?!→|warning| {2})/.test(line)) ?? ""}`
    }
    const agent = ["-q", "-n", "--read", join(world.home, "bin"), "--", claude]
    chmodSync(other, 0o000)
    for (const words of [["-n", "true"], ["log"], ["check"], agent])
      expect(await said(other, ...words)).toBe(
        `125 cordon: the home directory is "${other}", which may not be searched`,
      )
    expect(await said(join(other, "deep"), "-n", "true")).toContain('deep", which cannot be reached')
    chmodSync(other, 0o555)
    expect(await said(other, ...agent)).toBe(
      `125 cordon: ${other}/.claude, where the command keeps its state, cannot be made: EACCES`,
    )
    expect(await said(other, "policy", "trust", "yes")).toContain(
      "trusted-policies.json cannot be written: EACCES",
    )
    expect(await said(other, "-q", "-n", "--", "echo", "ran")).toBe("0 ran\n")
    chmodSync(other, 0o755)
    expect(await said(other, ...agent)).toBe("0 ran\n")
    expect(await said(other, "policy", "trust", "yes")).toStartWith("0 ")
    mkdirSync(join(other, ".local/state/cordon/sessions"), { recursive: true })
    chmodSync(join(other, ".local/state/cordon/sessions"), 0)
    expect(await said(other, "log")).toContain("sessions cannot be listed")
  },
)

test.skipIf(isRoot)(
  "a home of another account that may not be searched is called so [skipped when root: it may]",
  () => {
    using world = new World({ home: { "other/": "" } })
    const other = join(world.home, "other")
    chmodSync(other, 0)
    expect(homeProblem(other, 1 + (process.getuid?.() ?? 0), createPathFacts())).toBe(
      "which belongs to another account and may not be searched",
    )
    chmodSync(other, 0o755)
    expect(homeProblem(other, 0, createPathFacts())).toBeUndefined()
  },
)
