/** Policy files from a real disk: what cannot be read stops the run, and says why; nothing hangs. */
import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PolicyError, UserError } from "../../src/base/error.ts"
import { profileNames } from "../../src/policy/builtin.ts"
import { type LoadContext, loadPolicy } from "../../src/policy/load.ts"
import { patternText } from "../../src/policy/path-pattern.ts"
import { readPolicyFile } from "../../src/policy/policy-file.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-load-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const isRoot = process.getuid?.() === 0
const mebibyte = 1 << 20

let serial = 0
/** A directory with files of its own. */
function directory(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = join(root, String(serial++))
  mkdirSync(join(path, "sub"), { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content)
  return path
}

function contextAt(project: string, context: Partial<LoadContext> = {}): LoadContext {
  const variables = { home: root, project, user: "u", xdg: {} }
  return { name: "user", variables, mayLock: false, confineTo: undefined, ...context }
}

function load(path: string, context: Partial<LoadContext> = {}): ReturnType<typeof loadPolicy> {
  return loadPolicy(join(path, "p.yaml"), "p.yaml", contextAt(path, context))
}

/** The one problem of a policy, or what the error says. */
async function complaint(path: string, context: Partial<LoadContext> = {}): Promise<string> {
  try {
    await load(path, context)
    return "none"
  } catch (error) {
    if (error instanceof PolicyError || error instanceof UserError) return error.message
    throw error
  }
}

describe("a file", () => {
  test("that is not there is missing, and so is one below a file or nothing", async () => {
    const path = directory({ file: "" })
    expect(readPolicyFile(join(path, "p.yaml"))).toEqual({ kind: "missing" })
    expect(readPolicyFile(join(path, "no/such/p.yaml"))).toEqual({ kind: "missing" })
    expect(await load(path)).toBeUndefined()
  })

  test("that is there is text, an empty one too", async () => {
    const path = directory({ "p.yaml": "", "q.yaml": "# é\n" })
    expect(readPolicyFile(join(path, "q.yaml"))).toEqual({ kind: "ok", text: "# é\n" })
    const reading = await load(path)
    expect(reading?.files).toEqual([{ path: join(path, "p.yaml"), text: "" }])
    expect(reading?.layers.map(({ name }) => name)).toEqual(["user"])
  })

  test("behind a link is read, a link that leads nowhere and a circle are refused", async () => {
    const path = directory({ real: "version: 1\n" })
    symlinkSync("real", join(path, "p.yaml"))
    symlinkSync("nowhere", join(path, "dangling"))
    symlinkSync("circle", join(path, "circle"))
    expect((await load(path))?.layers).toHaveLength(1)
    expect(readPolicyFile(join(path, "dangling"))).toEqual({
      kind: "unreadable",
      why: "it is a symbolic link that leads nowhere",
    })
    expect(readPolicyFile(join(path, "circle")).kind).toBe("unreadable")
  })

  test("that a link which leads nowhere stands for stops the run, its own as one that it extends", async () => {
    const path = directory({})
    symlinkSync("real", join(path, "p.yaml"))
    expect(await complaint(path)).toBe("p.yaml cannot be read: it is a symbolic link that leads nowhere")
    writeFileSync(join(path, "real"), "extends: [./base.yaml]")
    symlinkSync("real-base", join(path, "base.yaml"))
    expect(await complaint(path)).toBe(
      'p.yaml:1:11: "./base.yaml" cannot be read: it is a symbolic link that leads nowhere',
    )
    writeFileSync(join(path, "real-base"), "version: 1")
    expect(await complaint(path)).toBe("none")
  })

  test("in a directory that a link stands for which leads nowhere stops the run, however far above", async () => {
    const path = directory({})
    symlinkSync("nowhere", join(path, "dangling"))
    symlinkSync("sub", join(path, "good"))
    const place = join(path, "dangling/deep/er/p.yaml")
    for (const file of [join(path, "dangling/p.yaml"), place])
      expect(readPolicyFile(file)).toEqual({
        kind: "unreadable",
        why: `${join(path, "dangling")} is a symbolic link that leads nowhere`,
      })
    expect(loadPolicy(place, "p.yaml", contextAt(path))).rejects.toThrow("p.yaml cannot be read: ")
    // Behind a link that leads somewhere there is no policy as anywhere else.
    expect(readPolicyFile(join(path, "good/p.yaml"))).toEqual({ kind: "missing" })
    mkdirSync(join(path, "nowhere"))
    expect(readPolicyFile(place)).toEqual({ kind: "missing" })
  })

  test("of another kind is refused and does not hang", async () => {
    const path = directory({})
    Bun.spawnSync(["mkfifo", join(path, "p.yaml")])
    expect(await complaint(path)).toBe("p.yaml cannot be read: it is not a regular file")
    expect(readPolicyFile(path)).toMatchObject({ kind: "unreadable", why: "it is not a regular file" })
    expect(readPolicyFile("/dev/zero").kind).toBe("unreadable")
  })

  test("may have one mebibyte and no byte more", async () => {
    const path = directory({ "p.yaml": `#${" ".repeat(mebibyte - 1)}` })
    expect(readPolicyFile(join(path, "p.yaml")).kind).toBe("ok")
    writeFileSync(join(path, "p.yaml"), `#${" ".repeat(mebibyte)}`)
    expect(await complaint(path)).toContain("larger than 1 MiB")
  })

  test("must be UTF-8", async () => {
    const path = directory({ "p.yaml": new Uint8Array([0x23, 0xff, 0xfe, 0x0a]) })
    expect(await complaint(path)).toContain("not UTF-8")
  })

  test.skipIf(isRoot)("that may not be read stops the run [skipped when root]", async () => {
    const path = directory({ "p.yaml": "version: 1\n", "sub/p.yaml": "version: 1\n" })
    chmodSync(join(path, "p.yaml"), 0)
    expect(await complaint(path)).toContain("p.yaml cannot be read")
    chmodSync(join(path, "sub"), 0)
    expect(readPolicyFile(join(path, "sub/p.yaml")).kind).toBe("unreadable")
    chmodSync(join(path, "sub"), 0o755)
  })

  test("with a forged name is shown without its escapes", async () => {
    const path = directory({})
    const words = loadPolicy(path, "a\u001b[31m\nb", contextAt(path)).catch(error => String(error.message))
    expect(await words).toStartWith("a\\x1b[31m\\nb cannot be read")
  })
})

describe("extends", () => {
  test("reads files first to last, what they extend before them, and remembers each", async () => {
    const path = directory({
      "p.yaml": "extends: [./one.yaml, sub/two.yaml]\nfilesystem: { deny: [p] }\n",
      "one.yaml": "filesystem: { deny: [one] }\n",
      "sub/two.yaml": "extends: [three.yaml]\nfilesystem: { deny: [two] }\n",
      "sub/three.yaml": "filesystem: { deny: [three] }\n",
    })
    const reading = await load(path)
    const rules = reading?.layers.flatMap(layer => layer.paths.map(({ value }) => patternText(value))) ?? []
    expect(rules).toEqual(["one", "three", "two", "p"].map(name => join(path, name)))
    const files = reading?.files.map(file => file.path.slice(path.length + 1))
    expect(files).toEqual(["p.yaml", "one.yaml", "sub/two.yaml", "sub/three.yaml"])
    expect(reading?.layers.every(({ name, paths }) => name === "user" && paths[0]?.layer === "user")).toBe(
      true,
    )
  })

  test("knows the built-in profiles, which then speak with the file's voice", async () => {
    const path = directory({ "p.yaml": "extends: [codex]\n" })
    const [profile] = (await load(path))?.layers ?? []
    expect(profile?.name).toBe("user")
    expect(profile?.state.map(({ value }) => value)).toContain(join(root, ".codex"))
    const { paths = [], protections = [], hosts = [], variables = [], state = [] } = profile ?? {}
    const all = [...paths, ...protections, ...hosts, ...variables, ...state]
    expect(all.length).toBeGreaterThan(10)
    expect(new Set(all.map(({ layer }) => layer))).toEqual(new Set(["user"]))
    expect(profileNames()).toContain("node")
    expect(profileNames()).not.toContain("standard")
  })

  const unknown = 'there is no built-in profile "claud"; did you mean "claude"?'
  const broken = './broken.yaml:1:1: unknown key "netwrok" in the policy; did you mean "network"?'

  test.each([
    ["a name nobody knows", "claud", `p.yaml:1:11: ${unknown}`],
    ["a name like nothing", "zzzzzz", 'p.yaml:1:11: there is no built-in profile "zzzzzz"'],
    ["a missing file", "./no.yaml", 'p.yaml:1:11: "./no.yaml" does not exist'],
    ["a directory", "./sub", 'p.yaml:1:11: "./sub" cannot be read: it is not a regular file'],
    ["a variable that means nothing", "$NOPE/x.yaml", "p.yaml:1:11:"],
    ["itself", "./p.yaml", "p.yaml:1:11: extends itself"],
    ["itself by another spelling", "sub/../p.yaml", "p.yaml:1:11: extends itself"],
    ["a circle", "./circle.yaml", "./circle.yaml:1:11: extends itself"],
    ["a broken file", "./broken.yaml", broken],
  ])("%s is refused", async (_, name, words) => {
    const path = directory({
      "p.yaml": `extends: [${name}]\n`,
      "circle.yaml": "extends: [p.yaml]\n",
      "broken.yaml": "netwrok: {}\n",
    })
    expect(await complaint(path)).toStartWith(words)
  })

  test("every entry that is refused is told at its place, with all else that is wrong in the file", async () => {
    const path = directory({
      "p.yaml": [
        "extends:",
        "  - claud",
        "  - node",
        "  - ./no.yaml",
        "  - 7",
        "  - $NOPE/x.yaml",
        'filesystem: { deny: ["["] }',
        "netwrok: {}",
        "extends_: 1",
      ].join("\n"),
    })
    const places = (await complaint(path)).split("\n").map(line => line.split(" ")[0])
    expect(places).toEqual([2, 4, 5, 6, 7, 8, 9].map(line => expect.stringContaining(`p.yaml:${line}:`)))
    expect(await complaint(path)).toContain(unknown)
    expect(await complaint(path)).toContain('p.yaml:4:5: "./no.yaml" does not exist')
  })

  test("what is wrong in the files that are extended comes after it, file by file, and once", async () => {
    const path = directory({
      "p.yaml": "extends: [./broken.yaml, zzzzzz, ./two.yaml, ./good.yaml]\nversion: 2\n",
      "two.yaml": "extends: [./broken.yaml, ./no.yaml]\n",
      "good.yaml": "version: 1\n",
      "broken.yaml": "netwrok: {}\n",
    })
    const lines = (await complaint(path)).split("\n")
    expect(lines.map(line => line.split(": ")[0])).toEqual([
      "p.yaml:1:26",
      "p.yaml:2:10",
      "./broken.yaml:1:1",
      "./two.yaml:1:26",
    ])
    expect(lines[2]).toBe(broken)
    const good = directory({ "p.yaml": "extends: [./good.yaml, node]\n", "good.yaml": "version: 1\n" })
    expect((await load(good))?.layers).toHaveLength(3)
  })

  test("too many files are told once, and not all read", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `${index}.yaml`)
    const twice = (index: number) =>
      `extends: [./${index + 1}.yaml, ./${index + 1}.yaml, ./${index + 1}.yaml]\n`
    const path = directory({
      ...Object.fromEntries(names.map((name, index) => [name, twice(index)])),
      "p.yaml": `extends: [${names.map(name => `./${name}`).join(", ")}]\n`,
    })
    expect(await complaint(path)).toMatch(/^\S+: extends more than 32 files in all$/)
  })

  test("a long chain is refused, one of thirty is not", async () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [`${index}.yaml`, `extends: [./${index + 1}.yaml]\n`]),
      )
    const start = { "p.yaml": "extends: [./0.yaml]\n" }
    const short = directory({ ...start, ...chain(30), "30.yaml": "" })
    expect((await load(short))?.layers).toHaveLength(32)
    const long = directory({ ...start, ...chain(60), "60.yaml": "" })
    expect(await complaint(long)).toContain("extends more than 32 files in all")
  })
})

describe("a project's policy", () => {
  const outside = directory({ "team.yaml": "version: 1\n" })

  test.each([
    "../0/team.yaml",
    "sub/../../0/team.yaml",
    "~/0/team.yaml",
    `${outside}/team.yaml`,
    "/etc/x.yaml",
  ])("may not extend %s", async name => {
    const path = directory({ "p.yaml": `extends: [${name}]\n` })
    const said = await complaint(path, { name: "project", confineTo: path })
    expect(said).toContain("may extend files of the project only")
  })

  test("may extend its own files, and a person's policy any file", async () => {
    const path = directory({ "p.yaml": "extends: [sub/../own.yaml]\n", "own.yaml": "", "q.yaml": "" })
    expect((await load(path, { name: "project", confineTo: path }))?.layers).toHaveLength(2)
    const free = directory({ "p.yaml": `extends: [${outside}/team.yaml]\n` })
    expect((await load(free))?.layers).toHaveLength(2)
  })

  test("may not reach outside through a link either", async () => {
    const path = directory({ "p.yaml": "extends: [sub/team.yaml]\n" })
    symlinkSync(join(outside, "team.yaml"), join(path, "sub/team.yaml"))
    expect(await complaint(path, { name: "project", confineTo: path })).not.toBe("none")
  })
})
