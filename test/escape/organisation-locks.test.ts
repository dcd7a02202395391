/** What the organisation locks stays shut, whatever the user's policy and the command line say. */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { connectScript, greeting, listen } from "../support/listener.ts"
import { run } from "../support/process.ts"
import { bun, cordonBinary, isRoot, World, writeFiles } from "../support/world.ts"

/** The org policy lies in /etc, where the tests of a machine may not leave anything: an overlay holds it. */
const overlays =
  isRoot &&
  Bun.spawnSync(["unshare", "--mount", "sh", "-c", "mount -t overlay overlay -o lowerdir=/usr/bin:/etc /etc"])
    .exitCode === 0

/** Cordon with these words, on a machine whose organisation says `policy`. */
function underPolicy(policy: string, words: readonly string[], world: World, before = "true") {
  writeFiles(world.root, { "etc/cordon/policy.yaml": policy })
  const mounting = `mount -t overlay overlay -o lowerdir=${world.root}/etc:/etc /etc`
  const script = `set -e; ${mounting}; ${before}; cd ${world.project}; exec ${cordonBinary} "$@"`
  return run(["unshare", "--mount", "sh", "-c", script, "sh", ...words], {
    cwd: "/",
    env: { ...world.env, PWD: world.project },
  })
}

describe.skipIf(!overlays)("locked by the organisation [skipped when not root, or without overlays]:", () => {
  test.each([
    ["network: { locked: true, unix_sockets: [] }", "refused"],
    ["network: { unix_sockets: [{ path: /run/other.sock, locked: true }] }", "refused"],
    ["network: { unix_sockets: [/run/other.sock] }", greeting],
  ])("a socket that the user's policy names, under %s", async (policy, said) => {
    using world = new World({ home: { ".docker/run/": "" } })
    const unix = join(world.home, ".docker/run/docker.sock")
    await using service = await listen({ unix })
    writeFiles(world.home, { ".config/cordon/policy.yaml": `network: { unix_sockets: [${unix}] }\n` })
    const words = ["-n", "--read", bun, "--", bun, "-e", connectScript(service.place)]
    const { stdout, stderr } = await underPolicy(policy, words, world)
    expect(stdout).toStartWith(said)
    expect(stderr.includes("allows its own list of sockets only")).toBe(said !== greeting)
  })

  test.each([
    ["environment: { locked: true, remove: [CORP_KEY] }", ""],
    ["environment: { remove: [CORP_KEY] }", "CORP_KEY=mine\n"],
  ])("a variable that the command line sets, under %s", async (policy, seen) => {
    using world = new World()
    const words = ["-n", "--env", "CORP_KEY=mine", "--", "sh", "-c", "env | grep CORP_KEY"]
    const { stdout, stderr } = await underPolicy(policy, words, world)
    expect(stdout).toBe(seen)
    expect(stderr.includes("--env CORP_KEY=…: environment.set CORP_KEY has no effect")).toBe(seen === "")
  })

  test.each([
    ["optional: { value: [], locked: true }", 125],
    ["optional: { value: [live-names], locked: true }", 125],
    ["optional: []", 0],
  ])(
    "a limit that cannot be kept and that the user's policy calls optional, under %s",
    async (policy, code) => {
      using world = new World({ home: { ".config/cordon/policy.yaml": "optional: [limits]\n" } })
      const noGroups = "mount -t tmpfs none /sys/fs/cgroup"
      const ended = await underPolicy(policy, ["--cpus", "1", "--", "echo", "ran"], world, noGroups)
      expect(ended).toMatchObject({ code, stdout: code === 0 ? "ran\n" : "" })
      expect(ended.stderr.includes("optional: [limits]")).toBe(false)
    },
  )

  test.each([
    ["nested_userns: { value: deny, locked: true }", ""],
    ["nested_userns: deny", "made\n"],
  ])("user namespaces that the user's policy allows, under %s", async (policy, made) => {
    using world = new World({ home: { ".config/cordon/policy.yaml": "nested_userns: allow\n" } })
    const words = ["-n", "--", "sh", "-c", "unshare -U true && echo made"]
    expect((await underPolicy(policy, words, world)).stdout).toBe(made)
  })
})
