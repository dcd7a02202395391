/** What `cordon explain WORD` takes a word for, and that it says so where it may be doubted. */
import { describe, expect, test } from "bun:test"
import { readSubject } from "../../src/cli/explain-subject.ts"

const absent = (subject: string) => readSubject(subject, () => false)
const present = (subject: string) => readSubject(subject, () => true)

describe("a word that nobody doubts is taken without a note", () => {
  test.each([
    ...[
      "github.com",
      "GitHub.com",
      "github.com.",
      "registry.npmjs.org:443",
      "crates.io",
      "db.corp",
      "a.b.example",
    ],
    ...["10.0.0.1", "[::1]:80", "localhost", "notes.txt:443", "api.github.com GET /x.json", "*.npmjs.org"],
  ])("%s: a host", subject => {
    expect(absent(subject)).toEqual({ kind: "host", note: undefined })
  })

  test.each([
    ...[".env", ".gitignore", "./github.com", "../a.b", "~/.aws", "/etc/passwd", "src/main.rs", "$HOME/x"],
    ...["my file.txt", "a file", "we\nird.txt"],
  ])("%p: a path", subject => {
    expect(absent(subject)).toEqual({ kind: "path", note: undefined })
  })

  test("so is the name of a file that is there, and cannot be a host's", () => {
    for (const subject of ["Makefile", "src", "my_file", ".env"])
      expect(present(subject)).toEqual({ kind: "path", note: undefined })
  })
})

describe("a word that may be either is taken for what people mean, and the note names the other", () => {
  test.each([
    "notes.txt",
    "package.json",
    "package-lock.json",
    "tsconfig.base.json",
    "a.tar.gz",
    "x.TOML",
    "main.c",
  ])("%s: a path, by its ending", subject => {
    expect(absent(subject)).toEqual({
      kind: "path",
      note: `read as a path, because it ends like a file's name; for the host: cordon explain ${subject}:443`,
    })
  })

  test.each(["docs.rs", "bun.sh", "main.py", "site.zip"])("%s: a host, by its ending", subject => {
    expect(absent(subject)).toEqual({
      kind: "host",
      note: `read as a host, because no file is called so here; for the path: cordon explain ./${subject}`,
    })
  })

  test("README.md: a path, by its capitals", () => {
    expect(absent("README.md")).toMatchObject({ kind: "path" })
    expect(absent("README.md").note).toContain(
      "it has capital letters; for the host: cordon explain README.md:443",
    )
  })

  test.each(["github.com", "docs.rs", "notes.txt"])("%s: a path, when it exists", subject => {
    expect(present(subject)).toEqual({
      kind: "path",
      note: `read as a path, because it exists; for the host: cordon explain ${subject}:443`,
    })
  })

  test.each(["db", "postgres-1", "Makefile"])("%s: a path, without a dot", subject => {
    expect(absent(subject).note).toBe(
      `read as a path, because it has no dot; for the host: cordon explain ${subject}:443`,
    )
  })

  test("what the note says is quoted for a shell", () => {
    expect(absent("it's.txt").note).toEndWith("cordon explain 'it'\\''s.txt':443")
  })
})

test("the disk is asked only where the answer matters", () => {
  const asked = (subject: string) => {
    let count = 0
    readSubject(subject, () => count++ > 0)
    return count
  }
  expect(["/etc", "~/x", "./a.txt", ".env"].map(asked)).toEqual([0, 0, 0, 0])
  expect(asked("notes.txt")).toBe(1)
})
