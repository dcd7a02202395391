/**
 * A plan is made from what was written down and nothing else: whatever a launch looks at before bubblewrap starts is in
 * its journal. Seen by strace(1), from outside.
 */
import { describe, expect, test } from "bun:test"
import { lstatSync, readFileSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { storedMemory } from "../../src/remembered/memory-file.ts"
import { launchesIn, memoriesOf, stateWorld } from "../support/memories.ts"
import { run } from "../support/process.ts"
import { cordonBinary, type WorldRequest } from "../support/world.ts"

const strace = Bun.which("strace")
const obstacle =
  strace === null
    ? "there is no strace"
    : Bun.spawnSync([strace, "-o", "/dev/null", "true"]).exitCode === 0
      ? undefined
      : "strace may not trace"

/** What says nothing about a plan. */
const beside = [
  // The key of the memory: is it the same program?
  "/proc/self/exe",
  // The question about namespaces reads these.
  "/proc/sys/user/max_user_namespaces",
  "/proc/self/uid_map",
  "/proc/sys/kernel/unprivileged_userns_clone",
  "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
  "/proc/self/status",
  "/proc/keys",
  // And the one about places at which the home is mounted again this.
  "/proc/self/mountinfo",
  // How the supervisor is told of signals: asked by each launch (supervise/).
  "/proc/self/fd",
  "/dev/tty",
  // The runtime's.
  "/proc/self/cmdline",
  "/proc/self/stat",
  "/proc/self/statm",
  "/proc/self/maps",
  "/proc/self/task",
  "/proc/self/oom_score_adj",
]

type Seen = { paths: string[]; started: boolean }

/** Paths that the first thread looked at from its first look for a memory to the start of bubblewrap. */
function pathsIn(trace: string, launches: string): Seen {
  const lines = trace.split("\n")
  const own = lines[0]?.split(" ")[0]
  const first = lines.findIndex(line => line.includes(launches))
  const last = lines.findIndex(line => /execve\("[^"]*\/bwrap"/.test(line))
  const looked = lines.slice(first, last).filter(line => line.split(" ")[0] === own)
  const paths = looked.flatMap(
    line => /^\d+ +\w+\((?:AT_FDCWD, |\d+<[^>]*>, )?"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? [],
  )
  return { paths: [...new Set(paths)], started: first >= 0 && last > first }
}

const situations: Readonly<
  Record<string, { world: WorldRequest; options: readonly string[]; links?: true }>
> = {
  "a plain project": { world: { project: { "src/a.js": "1", ".env": "x" } }, options: ["-n"] },
  "a repository": { world: { project: { a: "1" }, git: true }, options: ["-n"] },
  "policies that extend others": {
    world: {
      home: {
        ".config/cordon/policy.yaml": "extends: [./more.yaml]\n",
        ".config/cordon/more.yaml": "filesystem: { deny: [~/work/*/hidden*, ~/none] }\n",
        ".local/state/cordon/trusted-policies.json": '{ "version": 1, "policies": {} }',
      },
      project: {
        ".cordon.yaml": "extends: [./sub/own.yaml]\n",
        "sub/own.yaml": "filesystem: { deny: [x] }\n",
      },
    },
    options: ["-n"],
  },
  "a filtered network": { world: {}, options: ["--net", "filtered"] },
  "an open network": { world: {}, options: ["--net", "open"] },
  "a home with much in it": {
    world: { home: { ".aws/x": "", ".npm/y": "", ".cargo/z": "", ".ssh/id": "", ".cache/pip/a": "" } },
    options: ["-n", "--strict"],
    links: true,
  },
  "an agent's project": {
    world: { home: { ".claude/": "", ".claude.json": "{}" }, project: { "CLAUDE.md": "x" } },
    options: ["-n", "--profile", "claude"],
  },
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

describe("what is looked at before bubblewrap starts is written down:", () => {
  test.skipIf(obstacle !== undefined).each(Object.entries(situations))(
    `%s [skipped when strace cannot be used: ${obstacle}]`,
    async (_, { world: request, options, links }) => {
      using world = stateWorld(request)
      if (links) symlinkSync(join(world.home, ".ssh"), join(world.project, "linked"))
      // The directory of the memories is made by the first one.
      await world.cordon(["-n", "--", "true", "before"])
      const trace = join(world.root, "trace")
      const before = new Set(memoriesOf(world))
      const words = [strace ?? "", "-f", "-qq", "-s", "4096", "-e", "trace=%file,execve", "-o", trace]
      const { code, stderr } = await run([...words, cordonBinary, ...options, "--", "true"], {
        cwd: world.project,
        env: world.env,
      })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      const [path = ""] = memoriesOf(world).filter(each => !before.has(each))
      const memory = storedMemory(readFileSync(path))
      const asked = new Set(memory?.start.questions.map(([, about]) => about))
      const { paths, started } = pathsIn(readFileSync(trace, "utf8"), launchesIn(world))
      expect(started).toBe(true)
      expect(paths.length).toBeGreaterThan(50)
      const isOurs = (each: string) =>
        /^\/proc\/self\/fd\/\d+$/.test(each) ||
        each.startsWith(launchesIn(world)) ||
        each === world.home ||
        /\/libc\.so\.6$|\/ld\.so\.cache$/.test(each)
      const listed = new Set(
        memory?.start.questions.flatMap(([kind, about]) => (kind === "names" ? [about] : [])),
      )
      const isTold = (each: string) => listed.has(dirname(each)) && !isThere(each)
      const unasked = paths.filter(
        each => !asked.has(each) && !isTold(each) && !beside.includes(each) && !isOurs(each),
      )
      expect(unasked).toEqual([])
    },
  )
})
