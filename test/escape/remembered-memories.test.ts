/** What is kept of a launch: used by nobody but its owner, no secret in it, out of reach of every sandbox. */
import { describe, expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import type { PathPolicy } from "../../src/policy/policy.ts"
import {
  changeMemory,
  changeStart,
  isRecalled,
  launchesIn,
  markMemories,
  memoriesOf,
  rememberLaunch,
  stateWorld,
} from "../support/memories.ts"
import { run } from "../support/process.ts"
import { cordonBinary, isRoot, World } from "../support/world.ts"

const words = ["-n", "--", "true"]

test("a launch is remembered in a file of its owner's alone, and the next one like it is carried out from it", async () => {
  using world = stateWorld()
  await rememberLaunch(world, words)
  const [path = ""] = memoriesOf(world)
  expect(memoriesOf(world)).toHaveLength(1)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(launchesIn(world)).mode & 0o777).toBe(0o700)
})

test.each([
  "-n",
  "--net open",
  "--net filtered",
  "--trust untrusted -n",
  "--ro -n",
  "--strict -n",
  "-n --timeout 20s",
])("it is remembered with %s", async options => {
  using world = stateWorld()
  await rememberLaunch(world, [...options.split(" "), "--", "true"])
})

/** @param change undefined takes the line away */
function changeLine(path: string, index: number, change: ((line: string) => string) | undefined): void {
  const lines = readFileSync(path, "utf8").split("\n")
  lines.splice(index, 1, ...(change === undefined ? [] : [change(lines[index] ?? "")]))
  writeFileSync(path, lines.join("\n"))
}

describe("a memory is as good as absent, and replaced, when", () => {
  const broken: Readonly<Record<string, (path: string, world: World) => void>> = {
    "it is cut off": path => truncateSync(path, 1000),
    "its rules are cut off": path => truncateSync(path, statSync(path).size - 100),
    "it is empty": path => truncateSync(path, 0),
    "it is no JSON": path => writeFileSync(path, "launch"),
    "it is JSON of another kind": path => writeFileSync(path, "null"),
    "it is of another version": path => changeStart(path, () => ({ format: 0 })),
    "it is another launch's": path => changeStart(path, () => ({ key: "0".repeat(64) })),
    "its group may write": path => chmodSync(path, 0o620),
    "others may read": path => chmodSync(path, 0o604),
    "a question was never answered so": path =>
      changeStart(path, ({ questions }) => ({ questions: [...questions, ["entry", "/", "file"]] })),
    "it has a question that nobody knows": path =>
      changeStart(path, () => ({ questions: [["weather", "/", "fine"]] })),
    "its launch is no JSON": path => changeLine(path, 1, line => line.slice(1)),
    "its launch is JSON of another kind": path => changeLine(path, 1, () => "[]"),
    "its start is JSON of another kind": path => changeLine(path, 0, () => "[]"),
    "a line is missing": path => changeLine(path, 2, undefined),
    "a link stands in its place": (path, world) => {
      const real = join(world.root, "real.json")
      renameSync(path, real)
      symlinkSync(real, path)
    },
    "a FIFO stands in its place": path => {
      rmSync(path)
      Bun.spawnSync(["mkfifo", "-m", "600", path])
    },
    "it is larger than any": path => truncateSync(path, 8 << 20),
  }

  test.each(Object.entries(broken))("%s", async (_, breakIt) => {
    using world = stateWorld()
    await rememberLaunch(world, words)
    const [path = ""] = memoriesOf(world)
    breakIt(path, world)
    const planned = await world.cordon(words)
    expect(planned).toEqual({ code: 0, stdout: "", stderr: "" })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    markMemories(world)
    expect(isRecalled(await world.cordon(words))).toBe(true)
  })

  test.skipIf(!isRoot)("somebody else owns it [skipped when not root]", async () => {
    using world = stateWorld()
    await rememberLaunch(world, words)
    const [path = ""] = memoriesOf(world)
    chownSync(path, 1001, 1001)
    const planned = await world.cordon(words)
    expect(isRecalled(planned)).toBe(false)
    expect(planned.code).toBe(0)
    expect(statSync(path).uid).toBe(0)
  })
})

describe("nothing is remembered, and nobody is told,", () => {
  const nothing = async (world: World, options: readonly string[], env: Record<string, string> = {}) => {
    const { code, stderr } = await world.cordon([...options, "--", "true"], { env })
    expect(memoriesOf(world)).toEqual([])
    return { code, stderr }
  }

  test.each(["--verbose", "--log ../log", "--env A=b"])("with %s", async options => {
    using world = stateWorld()
    expect((await nothing(world, ["-n", ...options.split(" ")])).code).toBe(0)
  })

  test("with --dry-run", async () => {
    using world = stateWorld()
    await nothing(world, ["-n", "--dry-run"])
    expect(existsSync(launchesIn(world))).toBe(false)
  })

  test("with --backend landlock", async () => {
    using world = stateWorld()
    await nothing(world, ["-n", "--backend", "landlock"])
  })

  test("where a policy sets a variable, which may be a secret", async () => {
    using world = stateWorld({
      home: { ".config/cordon/policy.yaml": "environment: { set: { TOKEN: s3cret } }\n" },
    })
    expect((await nothing(world, ["-n"])).code).toBe(0)
  })

  test("where the host has a proxy, whose address may hold a password", async () => {
    using world = stateWorld()
    const env = { HTTPS_PROXY: "http://user:s3cret@proxy.invalid:3128" }
    expect((await nothing(world, ["--net", "filtered"], env)).code).toBe(0)
  })

  test("where a credential stays outside", async () => {
    using world = stateWorld({
      home: {
        ".config/cordon/policy.yaml":
          "credentials:\n  TOKEN: { from: { file: ~/token }, hosts: [api.example.com] }\n",
        token: "s3cret",
      },
    })
    await nothing(world, ["--net", "filtered"])
  })

  test("where the state directory cannot be made", async () => {
    using world = stateWorld({ home: { ".local/state/cordon/launches": "a file" } })
    expect(await world.cordon(words)).toEqual({ code: 0, stdout: "", stderr: "" })
    expect(readFileSync(launchesIn(world), "utf8")).toBe("a file")
  })

  test.skipIf(isRoot)("where the state directory cannot be written [skipped when root]", async () => {
    using world = stateWorld({ home: { ".local/state/cordon/": "" } })
    chmodSync(join(world.home, ".local/state/cordon"), 0o500)
    expect(await nothing(world, ["-n"])).toEqual({ code: 0, stderr: "" })
  })

  test("with a state directory of the caller's own, which may lie where an earlier run could write", async () => {
    using world = stateWorld()
    const env = { XDG_STATE_HOME: join(world.home, "work/other/state") }
    expect((await nothing(world, ["-n"], env)).code).toBe(0)
    expect(existsSync(join(world.home, "work/other/state"))).toBe(false)
  })

  test.each([
    ["below the present directory", "project/home"],
    ["in a repository", "other/home"],
  ])("with a home where an earlier run could have made one up: %s", async (_, name) => {
    using world = stateWorld({ home: { "work/other/.git/HEAD": "", "work/third/": "" } })
    const HOME = join(world.home, "work", name)
    mkdirSync(join(HOME, ".local/state"), { recursive: true })
    const there = ["-n", "-C", join(world.home, "work/third"), "--", "true"]
    expect((await world.cordon(there, { env: { HOME } })).code).toBe(0)
    expect(existsSync(join(HOME, ".local/state/cordon"))).toBe(false)
  })

  test("where others may write in the directory", async () => {
    using world = stateWorld()
    mkdirSync(launchesIn(world), { recursive: true })
    chmodSync(launchesIn(world), 0o777)
    expect(await nothing(world, ["-n"])).toEqual({ code: 0, stderr: "" })
  })

  test("for a launch that does not get as far as a sandbox", async () => {
    using world = stateWorld()
    expect((await world.cordon(["-n", "--", "no-such-program"])).code).toBe(127)
    expect((await world.cordon(["-n", "--", "/etc/passwd"])).code).toBe(126)
    expect(memoriesOf(world)).toEqual([])
  })

  test("where another person owns the home, as under sudo", async () => {
    using world = stateWorld()
    // Nobody but root can give a home away; for others /var is somebody else's.
    const home = isRoot ? world.home : "/var"
    if (isRoot) chownSync(home, 1001, 1001)
    await world.cordon(["-n", "-C", world.project, "--", "true"], { env: { HOME: home } })
    expect(existsSync(join(home, ".local/state/cordon"))).toBe(false)
  })

  test("where the home has no place for state: it is left as it is", async () => {
    using world = new World()
    expect((await world.cordon(["-n", "--", "true"])).code).toBe(0)
    expect(existsSync(join(world.home, ".local"))).toBe(false)
  })

  test("when it would be larger than what is believed", async () => {
    using world = stateWorld()
    const globs = Array.from({ length: 9000 }, (_, index) => `    - "**/${"x".repeat(60)}-${index}*"\n`)
    const policy = join(world.home, "policy.yaml")
    writeFileSync(policy, `filesystem:\n  deny:\n${globs.join("")}`)
    expect((await nothing(world, ["-n", "--config", policy])).code).toBe(0)
  })

  test("without a home to keep it in", async () => {
    using world = stateWorld()
    const home = join(world.root, "none")
    await world.cordon(words, { env: { HOME: home } })
    expect(existsSync(home)).toBe(false)
  })

  test("for the probe of cordon verify", async () => {
    using world = stateWorld()
    const { code, stdout } = await world.cordon(["verify", "-n"])
    expect(stdout).toContain("hold")
    expect(code).toBe(0)
    expect(memoriesOf(world)).toEqual([])
  })

  test("for what is no launch", async () => {
    using world = stateWorld()
    for (const command of ["--help", "--version", "doctor", "explain"]) await world.cordon([command])
    expect(existsSync(join(world.home, ".local/state/cordon"))).toBe(false)
  })
})

test("no value of the environment, no word of the command and no file's content is kept", async () => {
  using world = stateWorld({
    home: { ".config/cordon/policy.yaml": "# p0licy-s3cret\nfilesystem: { read: [/opt] }\n" },
    project: { ".env": "f1le-s3cret", file: "c0ntent-s3cret" },
  })
  const env = {
    ANTHROPIC_API_KEY: "sk-ant-k3y-s3cret",
    MY_VARIABLE: "v4lue-s3cret",
    NODE_OPTIONS: "--title=n0de-s3cret",
    CHROMIUM_FLAGS: "--flag=fl4g-s3cret",
    HTTPS_PROXY: "http://user:pr0xy-s3cret@proxy.invalid:3128",
  }
  const told = [
    "-n",
    "--env",
    "ANTHROPIC_API_KEY",
    "--",
    "sh",
    "-c",
    "echo w0rd-s3cret $ANTHROPIC_API_KEY; cat file; env",
  ]
  const first = await world.cordon(told, { env })
  expect(markMemories(world)).toBe(1)
  const again = await world.cordon(told, { env })
  expect(isRecalled(again)).toBe(true)
  // All of it gets there all the same, and is the same but for the session.
  const withoutSession = (text: string) =>
    text
      .replace(/CORDON_SESSION=.*/, "")
      .split("\n")
      .sort()
  expect(withoutSession(again.stdout)).toEqual(withoutSession(first.stdout))
  expect(again.stdout).toContain("sk-ant-k3y-s3cret")
  const [path = ""] = memoriesOf(world)
  expect(readFileSync(path, "utf8").match(/.{20}s3cret/g)).toBeNull()
})

test("a memory that somebody gave another shape does not keep Cordon from ending", async () => {
  using world = stateWorld()
  await rememberLaunch(world, ["-n", "--", "true"])
  for (const path of memoriesOf(world))
    changeMemory(path, ({ launch, ...memory }) => {
      const { limits, ...plan } = launch.plan
      return { ...memory, launch: { ...launch, plan: plan as typeof launch.plan } }
    })
  expect((await world.cordon(["-n", "--", "true"])).code).toBe(125)
})

test("each launch has a session of its own", async () => {
  using world = stateWorld()
  const asking = ["-n", "--", "sh", "-c", "echo $CORDON_SESSION"]
  await rememberLaunch(world, asking)
  const ids = new Set<string>()
  for (let count = 0; count < 4; count++) ids.add((await world.cordon(asking)).stdout)
  expect(ids.size).toBe(4)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}\n$/)
})

test("what a person has to know is said at each launch, unless it was to be quiet", async () => {
  using world = stateWorld({ project: { ".cordon.yaml": "filesystem: { write: [~/extra] }\n" } })
  const first = await world.cordon(words)
  const second = await world.cordon(words)
  const third = await world.cordon(words)
  expect(first.stderr).toContain("cordon policy trust")
  expect([second.stderr, third.stderr]).toEqual([first.stderr, first.stderr])
  for (let count = 0; count < 3; count++) expect((await world.cordon(["-q", ...words])).stderr).toBe("")
})

test("statuses, signals and standard streams are those of a planned launch", async () => {
  using world = stateWorld()
  const failing = ["-n", "--", "sh", "-c", "cat; exit 7"]
  await rememberLaunch(world, failing, { stdin: "in" })
  expect(await world.cordon(["-q", ...failing], { stdin: "in" })).toEqual({
    code: 7,
    stdout: "in",
    stderr: "",
  })
  expect(await world.cordon(["-q", ...failing], { stdin: "in" })).toEqual({
    code: 7,
    stdout: "in",
    stderr: "",
  })
  const killed = ["-n", "-q", "--", "sh", "-c", "kill -9 $$"]
  expect([(await world.cordon(killed)).code, (await world.cordon(killed)).code]).toEqual([137, 137])
})

test("a directory as standard input is refused by a remembered launch too", async () => {
  using world = stateWorld()
  const env = { ...world.env, PWD: world.project, OLDPWD: "/" }
  const start = (script: string) => run(["sh", "-c", script], { cwd: world.project, env })
  await start(`${cordonBinary} -n -- true </dev/null`)
  markMemories(world)
  expect(isRecalled(await start(`${cordonBinary} -n -- true </dev/null`))).toBe(true)
  const led = await start(`${cordonBinary} -n -- true <.`)
  expect(led.code).toBe(125)
  expect(led.stderr).toContain("is a directory")
})

test("twenty launches at once are twenty launches", async () => {
  using world = stateWorld()
  const asking = ["-n", "--", "sh", "-c", "echo $CORDON_SESSION"]
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.cordon(asking)))
  expect(outcomes.filter(({ code }) => code !== 0)).toEqual([])
  expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(20)
  expect(memoriesOf(world)).toHaveLength(1)
  markMemories(world)
  expect(isRecalled(await world.cordon(asking))).toBe(true)
})

test("no more than 32 are kept, the newest", async () => {
  using world = stateWorld()
  await world.cordon(["-n", "--", "true"])
  for (let count = 0; count < 40; count++) {
    const path = join(launchesIn(world), `${String(count).padStart(64, "0")}.json`)
    writeFileSync(path, "{}", { mode: 0o600 })
  }
  await world.cordon(["-n", "--", "true", "again"])
  expect(memoriesOf(world)).toHaveLength(32)
  const before = memoriesOf(world)
  markMemories(world)
  expect(isRecalled(await world.cordon(["-n", "--", "true", "again"]))).toBe(true)
  expect(memoriesOf(world)).toEqual(before)
})

describe("nothing inside sees or changes what is remembered", () => {
  const attempts = {
    list: "ls ~/.local/state/cordon/launches/",
    read: "cat ~/.local/state/cordon/launches/*",
    make: "echo x > ~/.local/state/cordon/launches/x",
    "make a directory": "mkdir -p ~/.local/state/cordon/launches/x/y",
    link: "ln -s /etc/passwd ~/.local/state/cordon/launches/y",
    remove: "rm -r ~/.local/state/cordon/launches/*",
    "move away": "mv ~/.local/state/cordon ~/.local/state/cordon2",
    "move its parent away": "mv ~/.local/state ~/.local/state2",
    "put another one there":
      "mkdir -p ~/fake/launches && mv ~/fake ~/.local/state/cordon && ls ~/.local/state/cordon/launches",
  }

  test.each([
    "-n",
    "-n --trust trusted",
    "-n --trust untrusted",
    "-n --write ~/.local/state",
    "-n --write ~/.local/state/cordon",
    "-n --write ~",
    "-n --unprotect ~/.local/state/cordon --write ~",
    "-n --read ~/.local/state/cordon/launches",
    "--net open --write ~",
    "-n --backend landlock",
    "-n --backend landlock --write ~",
  ])("with %s", async options => {
    using world = stateWorld()
    await world.cordon(words)
    const [path = ""] = memoriesOf(world)
    const before = readFileSync(path, "utf8")
    const got = await world.attempts(attempts, { options: options.split(" ") })
    for (const [name, { code, output }] of Object.entries(got)) {
      expect(output, name).not.toContain("bubblewrap")
      if (name !== "remove") expect(code, name).not.toBe(0)
    }
    expect(readFileSync(path, "utf8")).toBe(before)
  })

  test.each([".local", ".local/state", ".local/state/cordon", ".local/state/cordon/launches"])(
    "where a link at ~/%s leads to a memory that somebody else may have made",
    async name => {
      using world = stateWorld({ home: { ".aws/credentials": "s3cret" } })
      const reading = ["-n", "--", "cat", join(world.home, ".aws/credentials")]
      for (let count = 0; count < 2; count++) expect((await world.cordon(reading)).stdout).toBe("")
      renameSync(join(world.home, name), join(world.home, "evil"))
      symlinkSync(join(world.home, "evil"), join(world.home, name))
      for (const path of memoriesOf(world))
        changeMemory(path, memory => {
          const { start } = memory
          const { words } = start.invocation
          const rules = JSON.parse(memory.rules) as PathPolicy
          const paths = rules.paths.filter(({ access }) => access !== "deny")
          const secrets = join(world.home, ".aws")
          const end = words.indexOf("--block-fd")
          const evil = [...words.slice(0, end), "--bind", secrets, secrets, ...words.slice(end)]
          return {
            ...memory,
            start: { ...start, questions: [], invocation: { ...start.invocation, words: evil } },
            rules: JSON.stringify({ ...rules, paths }),
          }
        })
      const contents = () => memoriesOf(world).map(path => readFileSync(path, "utf8"))
      const before = contents()
      expect((await world.cordon(reading)).stdout).toBe("")
      // Nothing is kept there either.
      expect(contents()).toEqual(before)
    },
  )

  test("where it does not exist yet: an earlier run cannot make it", async () => {
    using world = stateWorld()
    const script = "mkdir -p ~/.local/state/cordon/launches && echo made"
    const outcome = await world.shell(script, { options: ["-n", "--write", "~/.local", "--log", "../log"] })
    expect(outcome.stdout).toBe("")
    expect(existsSync(launchesIn(world))).toBe(false)
  })

  test("a hard link that an earlier run left in the project leads to a memory that is not the launch's", async () => {
    using world = stateWorld()
    await rememberLaunch(world, words)
    const [path = ""] = memoriesOf(world)
    // Somebody outside made it; inside it can be written, as any file of the project.
    linkSync(path, join(world.project, "linked"))
    await world.shell("cat linked > copy; sed s/off/open/ copy > linked", { options: ["-n"] })
    expect(isRecalled(await world.cordon(words))).toBe(false)
  })
})
