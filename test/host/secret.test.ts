import { afterAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/error.ts"
import { readSecrets, type SecretRequest } from "../../src/host/secret.ts"
import type { Credential } from "../../src/policy/credential.ts"
import { hostPattern } from "../../src/policy/host-pattern.ts"
import { run } from "../support/process.ts"
import { isRoot } from "../support/world.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-secret-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const secret = "ghp_SECRETsecretSECRET"
const path = (name: string) => join(directory, name)

function file(name: string, content: string): string {
  writeFileSync(path(name), content)
  return path(name)
}

function wanted(from: Credential["from"], name = "TOKEN"): SecretRequest["credentials"][number] {
  const value: Credential = { name, from, hosts: [hostPattern("api.test")], as: { kind: "bearer" } }
  return { value, source: { file: "policy.yaml", line: 7, column: 3 } }
}

const variable = (name: string) => wanted({ kind: "variable", name })
const inFile = (path: string) => wanted({ kind: "file", path })
const command = (...words: string[]) => wanted({ kind: "command", words })

async function read(
  from: ReturnType<typeof wanted>,
  change: Partial<SecretRequest> = {},
): Promise<string | undefined> {
  const environment = { PATH: process.env.PATH ?? "", GITHUB_TOKEN: secret }
  const request = { credentials: [from], environment, isWritable: () => false, ...change }
  return (await readSecrets(request)).get("TOKEN")
}

/** What a person is told. */
async function refusal(
  from: ReturnType<typeof wanted>,
  change: Partial<SecretRequest> = {},
): Promise<UserError> {
  const outcome = await read(from, change).catch((cause: unknown) => cause)
  if (outcome instanceof UserError) return outcome
  throw new Error(`no refusal: ${String(outcome)}`)
}

describe("a secret is read", () => {
  test("of a variable", async () => {
    expect(await read(variable("GITHUB_TOKEN"))).toBe(secret)
  })

  test.each([
    ["plain", secret],
    ["with a line break at the end", `${secret}\n`],
    ["with that of Windows", `${secret}\r\n`],
    ["with spaces around it", `  ${secret} \n\n`],
  ])("of a file, %s", async (_, content) => {
    expect(await read(inFile(file("plain", content)))).toBe(secret)
  })

  test("of a file behind a link", async () => {
    symlinkSync(file("target", secret), path("link"))
    expect(await read(inFile(path("link")))).toBe(secret)
  })

  test("of a command, word by word and without a shell", async () => {
    expect(await read(command("printf", "%s\n", secret))).toBe(secret)
    expect(await read(command("echo", "$HOME; `id`"))).toBe("$HOME; `id`")
  })

  test("of a command that says something to people as well", async () => {
    expect(await read(command("sh", "-c", `echo warning >&2; echo ${secret}`))).toBe(secret)
  })

  test("of a command that is given nothing to read", async () => {
    expect(await read(command("sh", "-c", `cat; echo ${secret}`))).toBe(secret)
  })

  test("of a command that does not start in the project, where a file could have a say", async () => {
    expect(await read(command("pwd"))).toBe("/")
  })

  test("of a command that sees the environment that Cordon was started with", async () => {
    expect(await read(command("printenv", "GITHUB_TOKEN"))).toBe(secret)
  })

  test("of a command that is found where the sandbox cannot write, and so are those that it runs", async () => {
    const writable = path("writable")
    mkdirSync(writable, { recursive: true })
    for (const name of ["printf", "uname"])
      writeFileSync(join(writable, name), "#!/bin/sh\necho planted\n", { mode: 0o755 })
    const change = {
      environment: { PATH: `${writable}:.:${process.env.PATH}` },
      isWritable: (path: string) => path.startsWith(writable),
    }
    expect(await read(command("printf", secret), change)).toBe(secret)
    expect(await read(command("sh", "-c", "uname; echo"), change)).toBe("Linux")
    symlinkSync(join(writable, "printf"), path("led-there"))
    const { message } = await refusal(command(path("led-there")), { isWritable: () => true })
    expect(message).toContain("lies where the sandbox can write")
  })

  test("of several, by name", async () => {
    const credentials = [
      variable("GITHUB_TOKEN"),
      { ...command("echo", "two"), ...wanted({ kind: "command", words: ["echo", "two"] }, "SECOND") },
    ]
    const secrets = await readSecrets({
      credentials,
      environment: { PATH: process.env.PATH, GITHUB_TOKEN: secret },
      isWritable: () => false,
    })
    expect([...secrets]).toEqual([
      ["TOKEN", secret],
      ["SECOND", "two"],
    ])
  })

  test("of none, none", async () => {
    expect((await readSecrets({ credentials: [], environment: {}, isWritable: () => false })).size).toBe(0)
  })

  test.each(["a b", "a:b", "!~", "x".repeat(60_000)])("%s is one", async content => {
    expect(await read(inFile(file("odd", content)))).toBe(content)
  })
})

describe("a secret that cannot be read stops the launch, with the place in the policy and a next step", () => {
  mkdirSync(path("directory"))

  test.each<[string, ReturnType<typeof wanted>, string, string]>([
    [
      "a variable that is not set",
      variable("MISSING"),
      "comes from MISSING, which is not set",
      "export MISSING=…",
    ],
    ["a file that is not there", inFile(path("absent")), "which does not exist", "write the secret there"],
    ["a file below one", inFile(join(path("plain"), "x")), "which does not exist", "write the secret there"],
    ["a directory", inFile(path("directory")), "which is no file", "name a file"],
    ["a device without end", inFile("/dev/zero"), "which is no file", "name a file"],
    [
      "a file that is too large",
      inFile(file("large", "x".repeat(65_537))),
      "larger than 64 KiB",
      "name the right file",
    ],
    ["an empty file", inFile(file("empty", " \n")), "is empty", "the file"],
    ["two lines", inFile(file("two", "a\nb")), "is not one line of printable ASCII", "the file"],
    ["a header of its own", inFile(file("header", "a\r\nX-Admin: 1")), "is not one line", "the file"],
    ["bytes", inFile(file("bytes", "\x00\x01")), "is not one line", "the file"],
    ["letters beyond ASCII", inFile(file("letters", "pässword")), "is not one line", "the file"],
    [
      "a command that is not there",
      command("no-such-command-here"),
      "cannot be started: ENOENT",
      "install it",
    ],
    ["a command that fails", command("false"), "exited with 1", "run it by hand"],
    [
      "a command that fails and says why",
      command("sh", "-c", "echo not logged in >&2; exit 4"),
      "exited with 4: not logged in",
      "run it by hand",
    ],
    ["a command that says nothing", command("true"), "is empty", "the command true"],
    [
      "a command that says too much",
      command("sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x"),
      "more than 64 KiB",
      "run it by hand",
    ],
  ])("%s", async (_, from, what, hint) => {
    const told = await refusal(from)
    expect(told.message).toStartWith("policy.yaml:7:3: the secret of TOKEN ")
    expect(told.message).toContain(what)
    expect(told.hint).toContain(hint)
  })

  test("a variable that is empty", async () => {
    expect((await refusal(variable("EMPTY"), { environment: { EMPTY: "" } })).message).toContain("is empty")
  })

  test.skipIf(isRoot)("a file that may not be read [skipped when root, who may read all]", async () => {
    chmodSync(file("closed", secret), 0o000)
    expect((await refusal(inFile(path("closed")))).message).toContain("EACCES")
  })

  test("a command that does not end is ended", async () => {
    const marker = `sleep ${1000 + Math.floor(Math.random() * 1_000_000)}`
    const told = await refusal(command("sh", "-c", `exec ${marker}`), { commandMs: 200 })
    expect(told.message).toContain("took longer than 0.2 seconds")
    const { stdout } = await run(["ps", "-eo", "args"], { cwd: "/", env: { PATH: process.env.PATH ?? "" } })
    expect(stdout.split("\n")).not.toContain(marker)
  })

  test("what a command complains about cannot drive the terminal, and has a bound", async () => {
    const told = await refusal(command("sh", "-c", "printf 'a\\033[2Jb' >&2; exit 1"))
    expect(told.message).toContain("a\\x1b[2Jb")
    const long = await refusal(command("sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1"))
    expect(long.message.length).toBeLessThan(1000)
  })

  test("no message has a secret", async () => {
    const odd = file("secret-and-more", `${secret}\n${secret}`)
    const told = [
      await refusal(inFile(odd)),
      await refusal(command("sh", "-c", `echo ${"$"}GITHUB_TOKEN; exit 3`)),
    ]
    for (const { message, hint } of told) expect(message + hint).not.toContain(secret)
  })
})
