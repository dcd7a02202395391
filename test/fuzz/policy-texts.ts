/**
 * Policy texts as `cordon check` reads them: each is a policy, or is refused with the place of every problem. No text
 * ends in another exception or takes long, and none with a key that nobody knows is a policy.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { parse, stringify } from "yaml"
import { PolicyError, type Problem, UserError } from "../../src/base/error.ts"
import { checkPolicyFile } from "../../src/governance/policy-files.ts"
import { parsePolicy } from "../../src/policy/parse.ts"
import { policyFileSchema } from "../../src/policy/schema.ts"
import { policyContent, strangeKey, unknownKeysOf, withKey } from "./policy-contents.ts"
import { mutatedText } from "./policy-mutations.ts"
import { target } from "./target.ts"

/** A text of a few KiB takes some milliseconds; this machine may be busy. */
const slowMs = 5_000

/** What reading a text came to. */
type Verdict =
  | { kind: "valid" }
  | { kind: "invalid"; problems: readonly Problem[] }
  | { kind: "unreadable"; why: string }

const text = fc.record({
  bytes: mutatedText,
  /** a project's policy may extend files of the project only */
  place: fc.constantFrom("project", "user"),
})

const content = fc.record({
  content: policyContent,
  form: fc.constantFrom("json", "indented", "yaml"),
  key: fc.option(strangeKey, { nil: undefined }),
  holder: fc.nat(),
})

export const policyTexts = target(
  { name: "policy-texts", weight: 2, runs: 1500 },
  fc.oneof(
    text.map(value => ({ kind: "text" as const, ...value })),
    content.map(value => ({ kind: "content" as const, ...value })),
  ),
  async input => {
    if (input.kind === "text") await holdsForText(input.bytes, input.place)
    else await holdsForContent(input)
  },
)

async function holdsForText(bytes: Uint8Array, place: string): Promise<void> {
  const verdict = await verdictOn(bytes, place)
  if (verdict.kind === "unreadable") return match(verdict.why, /not UTF-8|larger than/)
  const lines = Buffer.from(bytes).toString().split("\n")
  if (verdict.kind === "invalid") for (const problem of verdict.problems) hasPlace(problem, lines)
  else holdsForPolicy(Buffer.from(bytes).toString())
}

function hasPlace({ file, line, column, message }: Problem, lines: readonly string[]): void {
  const shown = `${file}:${line}:${column}: ${JSON.stringify(message)}`
  equal(file, "p.yaml")
  ok(message !== "", `says nothing: ${shown}`)
  ok(line >= 1 && line <= lines.length, `no such line: ${shown}`)
  ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, `no such column: ${shown}`)
}

/** A text that is a policy has only known keys, and means the same when it is written in another way. */
function holdsForPolicy(text: string): void {
  deepEqual(unknownKeysOf(parse(text, { uniqueKeys: false })), [], "keys that nobody knows")
  const { content } = parsePolicy(text, "p.yaml", policyFileSchema)
  for (const again of [JSON.stringify(content), stringify(content)])
    deepEqual(parsePolicy(again, "again.yaml", policyFileSchema).content, content, again)
}

async function holdsForContent({ content, form, key, holder }: Content): Promise<void> {
  const written = key === undefined ? content : withKey(content, key, holder)
  const text =
    form === "yaml" ? stringify(written) : JSON.stringify(written, undefined, form === "json" ? 0 : 2)
  const verdict = await verdictOn(Buffer.from(text), "user")
  if (key === undefined) {
    deepEqual(verdict, { kind: "valid" }, text)
    deepEqual(parsePolicy(text, "p.yaml", policyFileSchema).content, content)
    return
  }
  ok(verdict.kind === "invalid", `accepted with the key ${JSON.stringify(key)}: ${text}`)
  const refused = /unknown key|a key cannot be|a key is one word/
  ok(
    verdict.problems.some(({ message }) => refused.test(message)),
    JSON.stringify(verdict.problems),
  )
}

type Content = { content: object; form: string; key: string | undefined; holder: number }

async function verdictOn(bytes: Uint8Array, place: string): Promise<Verdict> {
  const root = mkdtempSync(join(tmpdir(), "cordon-policy-"))
  try {
    const path = join(root, place, "p.yaml")
    for (const directory of ["project", "user", "home"]) mkdirSync(join(root, directory))
    writeFileSync(path, bytes)
    const xdg = { XDG_CONFIG_HOME: join(root, "home/.config") }
    const variables = { home: join(root, "home"), project: join(root, "project"), user: "somebody", xdg }
    const started = performance.now()
    const verdict = await checkedFile(async () => void (await checkPolicyFile(path, "p.yaml", variables)))
    const took = performance.now() - started
    ok(took < slowMs, `took ${took.toFixed(0)} ms`)
    return verdict
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

async function checkedFile(check: () => Promise<void>): Promise<Verdict> {
  try {
    await check()
    return { kind: "valid" }
  } catch (cause) {
    if (cause instanceof PolicyError) return { kind: "invalid", problems: cause.problems }
    if (cause instanceof UserError) return { kind: "unreadable", why: cause.message }
    throw cause
  }
}
