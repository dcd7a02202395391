/** Questions that are asked again: the same answer holds, every other one does not, and none tells what it was. */
import { afterAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Entry, unanswered } from "../../src/base/journal.ts"
import { allAnswersHold, keptQuestions, splitQuestions } from "../../src/remembered/askers.ts"
import { importsOf, readSources } from "../source-code.ts"
import { isRoot } from "../support/world.ts"
import { answersOf } from "./answers.ts"

const root = mkdtempSync(join(realpathSync(tmpdir()), "cordon-askers-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let made = 0
function place(): string {
  const path = join(root, String(made++))
  mkdirSync(path)
  return path
}

/** Asks now as planning does, changes something, and tells whether the answer still holds. */
function holds(kind: string, about: string, change: () => void): boolean {
  const kept = keptQuestions(answersOf([[kind, about]])) ?? []
  expect(kept).toHaveLength(1)
  expect(allAnswersHold(kept)).toBe(true)
  change()
  return allAnswersHold(kept)
}

describe("the answer holds no more when", () => {
  test.each<[string, string, (path: string) => void, (path: string) => void]>([
    ["something is there", "entry", () => undefined, path => writeFileSync(path, "")],
    ["it is gone", "entry", path => writeFileSync(path, ""), unlinkSync],
    [
      "a directory became a file",
      "entry",
      path => mkdirSync(path),
      path => {
        rmSync(path, { recursive: true })
        writeFileSync(path, "")
      },
    ],
    [
      "a directory became a link to itself",
      "entry",
      path => mkdirSync(path),
      path => {
        rmSync(path, { recursive: true })
        symlinkSync(path, path)
      },
    ],
    [
      "a link leads elsewhere",
      "entry",
      path => symlinkSync("/a", path),
      path => {
        unlinkSync(path)
        symlinkSync("/b", path)
      },
    ],
    [
      "a file became a FIFO",
      "entry",
      path => writeFileSync(path, ""),
      path => {
        unlinkSync(path)
        Bun.spawnSync(["mkfifo", path])
      },
    ],
    [
      "a directory has one name more",
      "names",
      path => mkdirSync(path),
      path => writeFileSync(join(path, "x"), ""),
    ],
    [
      "there is a directory to list",
      "names",
      () => undefined,
      path => mkdirSync(join(path, "x"), { recursive: true }),
    ],
    [
      "a directory has one entry more",
      "entries",
      path => mkdirSync(path),
      path => mkdirSync(join(path, "x")),
    ],
    [
      "an entry became a directory",
      "entries",
      path => {
        mkdirSync(path)
        writeFileSync(join(path, "x"), "")
      },
      path => {
        unlinkSync(join(path, "x"))
        mkdirSync(join(path, "x"))
      },
    ],
    ["a policy came", "policy file", () => undefined, path => writeFileSync(path, "version: 1\n")],
    ["a policy went", "policy file", path => writeFileSync(path, "version: 1\n"), unlinkSync],
    [
      "a policy is a link that leads nowhere",
      "policy file",
      () => undefined,
      path => symlinkSync("nowhere", path),
    ],
    [
      "a policy's link leads somewhere",
      "policy file",
      path => symlinkSync("somewhere", path),
      path => writeFileSync(join(path, "../somewhere"), ""),
    ],
    [
      "a policy says something else",
      "policy file",
      path => writeFileSync(path, "version: 1\n"),
      path => writeFileSync(path, "version: 2\n"),
    ],
    [
      "a policy is a directory",
      "policy file",
      path => writeFileSync(path, ""),
      path => {
        unlinkSync(path)
        mkdirSync(path)
      },
    ],
    [
      "a file of accounts changed",
      "text file",
      path => writeFileSync(path, "a"),
      path => writeFileSync(path, "b"),
    ],
    ["a file that was not there is empty now", "text file", () => undefined, path => writeFileSync(path, "")],
    [
      "a file is a link now",
      "link",
      path => writeFileSync(path, ""),
      path => {
        unlinkSync(path)
        symlinkSync("/etc/passwd", path)
      },
    ],
    [
      "a path leads elsewhere",
      "real path",
      path => symlinkSync("/usr", path),
      path => {
        unlinkSync(path)
        symlinkSync("/etc", path)
      },
    ],
    [
      "a path leads nowhere",
      "real path",
      path => symlinkSync("/usr", path),
      path => {
        unlinkSync(path)
        symlinkSync("/none", path)
      },
    ],
    [
      "a script has another interpreter",
      "interpreter line",
      path => writeFileSync(path, "#!/bin/sh\n"),
      path => writeFileSync(path, "#!/bin/sx\n"),
    ],
    ["a script is gone", "interpreter line", path => writeFileSync(path, "#!/bin/sh\n"), unlinkSync],
    [
      "a program may not run",
      "executable",
      path => writeFileSync(path, "", { mode: 0o755 }),
      path => chmodSync(path, 0o644),
    ],
    ["a switch is set", "switch", path => writeFileSync(path, "0"), path => writeFileSync(path, "1")],
    [
      "bubblewrap is older",
      "bubblewrap",
      path => writeFileSync(path, "bubblewrap 0.8\0--disable-userns"),
      path => writeFileSync(path, "bubblewrap 0.7\0"),
    ],
    [
      "bubblewrap is setuid",
      "bubblewrap",
      path => writeFileSync(path, "bubblewrap 0.8\0--disable-userns"),
      path => chmodSync(path, 0o4755),
    ],
  ])("%s", (_, kind, before, after) => {
    const path = join(place(), "it")
    before(path)
    expect(holds(kind, path, () => after(path))).toBe(false)
  })

  test.skipIf(isRoot)("a directory may not be listed [skipped when root]", () => {
    const path = place()
    expect(holds("names", path, () => chmodSync(path, 0))).toBe(false)
    chmodSync(path, 0o700)
  })

  test("only the content differs, not the size and not the times", () => {
    const path = join(place(), "policy")
    writeFileSync(path, "deny: [a]")
    const { atime, mtime } = statSync(path)
    const change = () => {
      writeFileSync(path, "deny: [b]")
      utimesSync(path, atime, mtime)
    }
    expect(holds("policy file", path, change)).toBe(false)
  })
})

describe("the answer holds when", () => {
  test("nothing changed, or what is no answer to it", () => {
    const directory = place()
    const path = join(directory, "file")
    writeFileSync(path, "text")
    expect(holds("entry", path, () => writeFileSync(path, "other"))).toBe(true)
    expect(holds("names", directory, () => utimesSync(directory, 1, 1))).toBe(true)
    expect(holds("policy file", path, () => utimesSync(path, 1, 1))).toBe(true)
  })

  test("it changed and changed back", () => {
    const path = join(place(), "file")
    writeFileSync(path, "text")
    const there = readFileSync(path)
    expect(
      holds("text file", path, () => {
        unlinkSync(path)
        writeFileSync(path, there)
      }),
    ).toBe(true)
  })

  test("the kernel is the same", () => {
    for (const kind of ["Landlock ABI", "notification"]) expect(holds(kind, "", () => undefined)).toBe(true)
    expect(holds("namespaces in doubt", String(process.getuid?.()), () => undefined)).toBe(true)
  })
})

describe("nothing is kept of a launch", () => {
  const good: Entry = { kind: "entry", about: "/", answer: { kind: "directory", target: "" } }

  test.each<[string, Entry]>([
    ["that asked what cannot be asked again", { kind: "limits", about: "0", answer: { manager: undefined } }],
    ["that asked what nobody knows", { kind: "weather", about: "", answer: "fine" }],
    ["that got no answer", { kind: "entry", about: "/", answer: unanswered }],
    ["that asked by the name of a field of every object", { kind: "constructor", about: "/", answer: "x" }],
  ])("%s", (_, entry) => {
    expect(keptQuestions([good])).toHaveLength(1)
    expect(keptQuestions([good, entry])).toBeUndefined()
  })
})

test("a question that got two answers never holds", () => {
  const path = join(place(), "file")
  const [missing] = answersOf([["entry", path]])
  writeFileSync(path, "")
  const [there] = answersOf([["entry", path]])
  if (missing === undefined || there === undefined) throw new Error("nothing was asked")
  expect(allAnswersHold(keptQuestions([there]) ?? [])).toBe(true)
  expect(allAnswersHold(keptQuestions([missing, there]) ?? [])).toBe(false)
  expect(keptQuestions([there, there])).toHaveLength(1)
})

describe("what is missing need not be asked for", () => {
  const below = (path: string, ...names: string[]) => names.map(name => ["entry", join(path, name)] as const)

  test("where the names in its directory are, and holds no more when it comes into being", () => {
    const path = place()
    const kept = keptQuestions(answersOf([["names", path], ...below(path, "a", "b", "file")])) ?? []
    // One of them tells whether anything can be reached by the names.
    expect(kept.map(([kind]) => kind)).toEqual(["names", "entry"])
    expect(kept.some(([, about]) => about.endsWith("/file"))).toBe(false)
    expect(allAnswersHold(kept)).toBe(true)
    writeFileSync(join(path, "file"), "")
    expect(allAnswersHold(kept)).toBe(false)
  })

  test("where its directory is missing too", () => {
    const path = join(place(), "none")
    const kept = keptQuestions(answersOf([...below(path, "a", "file"), ["names", path]])) ?? []
    expect(kept.map(([kind]) => kind).sort()).toEqual(["entry", "names"])
    mkdirSync(path)
    expect(allAnswersHold(kept)).toBe(true)
    writeFileSync(join(path, "file"), "")
    expect(allAnswersHold(kept)).toBe(false)
  })

  test.skipIf(isRoot)(
    "and holds no more when nothing can be reached by the names [skipped when root may reach everything]",
    () => {
      const path = place()
      const kept = keptQuestions(answersOf([["names", path], ...below(path, "a", "b")])) ?? []
      chmodSync(path, 0o444)
      const held = allAnswersHold(kept)
      chmodSync(path, 0o755)
      expect(held).toBe(false)
      expect(allAnswersHold(kept)).toBe(true)
    },
  )

  const at = "/place/file"
  const missing: Entry = { kind: "entry", about: at, answer: { kind: "missing", target: "" } }
  test.each<[string, Entry[]]>([
    ["nobody asked for the names", [missing]],
    ["they are those of another directory", [{ kind: "names", about: "/", answer: [] }, missing]],
    ["they could not be had", [{ kind: "names", about: "/place", answer: undefined }, missing]],
    ["it is among them", [{ kind: "names", about: "/place", answer: ["file"] }, missing]],
    ["only the first of them were read", [{ kind: "entries", about: "/place", answer: [] }, missing]],
    [
      "something is there",
      [
        { kind: "names", about: "/place", answer: [] },
        { ...missing, answer: { kind: "file", target: "" } },
      ],
    ],
    [
      "it is another question",
      [
        { kind: "names", about: "/place", answer: [] },
        { kind: "executable", about: at, answer: false },
      ],
    ],
  ])("but is where %s", (_, journal) => {
    expect(keptQuestions(journal)?.some(([, about]) => about === at)).toBe(true)
  })
})

describe("before bubblewrap is started", () => {
  const questions = [
    ["bubblewrap", "", "x"],
    ["policy file", "/p", "x"],
    ["Landlock ABI", "", "7"],
    ["entry", "/e", "missing"],
  ] as const

  test("it is asked for, and the rest later", () => {
    const { sooner, later } = splitQuestions(questions, false)
    expect(sooner).toEqual([questions[0]])
    expect(later).toEqual(questions.slice(1))
  })

  test("what decides on a Landlock domain is, where one is to be entered", () => {
    const { sooner, later } = splitQuestions(questions, true)
    expect(sooner).toEqual(questions.slice(0, 3))
    expect(later).toEqual([questions[3]])
  })
})

test("a mark is a word or a hash: it does not tell what a file holds", () => {
  const path = join(place(), "s3cret")
  writeFileSync(path, "#!t0ken")
  const kinds = ["entry", "policy file", "text file", "interpreter line", "switch", "bubblewrap"]
  for (const [, , mark] of keptQuestions(answersOf(kinds.map(kind => [kind, path] as const))) ?? [])
    expect(mark).toMatch(/^([a-z]+|[0-9a-f]{64})$/)
})

test("every question of src/ can be asked again, but for those that are known not to be", async () => {
  const asked = (await readSources("src")).flatMap(({ text }) =>
    [...text.matchAll(/\bask\("([^"]+)",/g)].map(([, kind = ""]) => kind),
  )
  expect(asked.length).toBeGreaterThan(10)
  const unknown = asked.filter(kind => keptQuestions([{ kind, about: "/", answer: true }]) === undefined)
  expect([...new Set(unknown)].sort()).toEqual(["bound sockets", "limits"])
})

/** Files that look at the machine, and why the journal need not know. Whoever adds one decides which it is. */
const looking: Readonly<
  Record<string, "asks" | "is for people" | "is for sessions that are not remembered" | "writes">
> = {
  "host/authorities.ts": "is for sessions that are not remembered",
  "host/bare-facts.ts": "is for sessions that are not remembered",
  "host/bubblewrap-file.ts": "asks",
  "host/directory.ts": "asks",
  "host/entry.ts": "asks",
  "host/home-problem.ts": "is for people",
  "host/host-facts.ts": "is for people",
  "host/kernel-facts.ts": "asks",
  "host/limit-facts.ts": "is for sessions that are not remembered",
  "host/mounted-again.ts": "asks",
  "host/namespace-doubt.ts": "asks",
  "host/program-file.ts": "asks",
  "host/replace-file.ts": "writes",
  "host/secret.ts": "is for sessions that are not remembered",
  "host/sockets.ts": "asks",
  "host/state-directory.ts": "writes",
  "host/text-file.ts": "asks",
  "host/trust-stores.ts": "is for sessions that are not remembered",
  "policy/builtin-macro.ts": "writes",
  "policy/policy-file.ts": "asks",
}

test("in the folders that plan, nothing looks at the machine but what this list knows", async () => {
  const planning = /^(command|policy|governance|host|worktrees|plan|backends)\/|^(run|bare|launch)\.ts$/
  const sources = (await readSources("src")).filter(({ path }) => planning.test(path))
  const looks = /^((node:)?fs(\/.*)?|.*\/kernel\/(path-(calls|contents)|proc-file|node-fs)\.ts)$/
  const files = sources.filter(
    file =>
      importsOf(file).some(({ target, typeOnly }) => looks.test(target) && !typeOnly) ||
      /getBuiltinModule\("(node:)?fs/.test(file.text),
  )
  expect(files.map(({ path }) => path).sort()).toEqual(Object.keys(looking))
  for (const { path, text } of files) if (looking[path] === "asks") expect(text, path).toContain("ask(")
})
