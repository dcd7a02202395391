/**
 * docs/policy.md from docs/policy.template.md, the schema, the vocabulary and policies/, so that the page cannot say
 * what the program does not know.
 *
 *     bun scripts/generate-policy-docs.ts
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { policyJsonSchema } from "../src/cli/json-schema.ts"
import { parsePolicy } from "../src/policy/parse.ts"
import { type ProfileFile, profileFileSchema } from "../src/policy/schema.ts"
import { optionalProtections } from "../src/policy/vocabulary.ts"

const root = join(import.meta.dir, "..")

/** What keys mean whose lines in the schema carry no comment of their own. */
const meanings: Readonly<Record<string, string>> = {
  version: "the version of this format",
  "network.allow":
    'hosts that may be reached: `github.com`, `"*.npmjs.org"`, `db.corp:5432`, `10.1.2.0/24`, `"api.github.com GET /repos/**"`',
  "network.deny": "hosts that may not, whatever allows them",
  "environment.pass": "variables that pass; `*` and `?` stand for letters",
  "environment.remove": "variables that do not",
  "environment.set": "variables with their values",
  "commands.deny": "commands that may not run",
  "limits.memory": "at most this much memory for all processes together, such as `8GB`; 1 KB is 1024 bytes",
  "limits.cpus": "at most this many processors' worth of time, such as `4` or `0.5`",
  "limits.processes": "at most this many processes and threads",
  "limits.time": "at most this long, such as `2h` or `1h30m`; then exit code 124",
}

/** What a key does not do in this version. */
const notYet: Readonly<Record<string, string>> = {
  "filesystem.write": "a path that does not exist cannot be made",
  "network.allow": "refused with `open` but for `*`",
  "network.deny": "refused with `open`",
  "network.ask": "`unlisted` is refused with `open`",
  "network.host_ports": "`open` shares the host's loopback as a whole, so a locked list refuses it",
  "network.expose": "`open` shares the host's loopback as a whole, so a locked list refuses it",
  "credentials[].*": "refused with `open`",
  "commands.deny": "refused",
  optional: "`landlock` and `seccomp` are without effect",
}

type JsonSchema = {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  properties?: Readonly<Record<string, JsonSchema>>
  items?: JsonSchema
  anyOf?: readonly JsonSchema[]
  additionalProperties?: JsonSchema | boolean
}

/** The whole page. */
export async function policyDocs(): Promise<string> {
  const template = await Bun.file(join(root, "docs/policy.template.md")).text()
  const schemaText = await Bun.file(join(root, "src/policy/schema.ts")).text()
  const parts: Record<string, string> = {
    keys: keyTable(commentsOf(schemaText)),
    presets: await profileChapters("05-presets"),
    base: profileLines(await readProfile("00-base.yaml")).join("\n"),
    toolchains: await profileChapters("10-toolchains"),
    agents: await profileChapters("20-agents"),
  }
  const page = template.replace(/<!-- generated: (\w+) -->/g, (_, name: string) => {
    const part = parts[name]
    if (part === undefined) throw new Error(`docs/policy.template.md asks for "${name}", which nothing makes`)
    return part
  })
  const notice =
    "<!-- Made by `npm run docs` from docs/policy.template.md, src/policy/schema.ts and policies/. -->"
  return `${notice}\n\n${page.trimEnd()}\n`
}

/** `filesystem.deny` → the comment above that key in the schema. */
function commentsOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  let section = ""
  let comment = ""
  for (const line of text.split("\n")) {
    section = /^const (\w+) = (?:v\.strictObject\()?\{/.exec(line)?.[1] ?? section
    const key = /^ {2}(\w+)(?::|,$)/.exec(line)?.[1]
    const path = section === "sections" ? key : `${section}.${key}`
    if (key !== undefined && path !== undefined && comment !== "") found[path] = comment
    comment = /^ {2}\/\*\* (.*) \*\/$/.exec(line)?.[1] ?? ""
  }
  return found
}

/** @throws Error for a key without a meaning, and for a meaning without a key */
function keyTable(comments: Readonly<Record<string, string>>): string {
  const keys = keysOf(policyJsonSchema() as JsonSchema, "")
  const unused = Object.keys(meanings).filter(name => !keys.some(({ key }) => key === name))
  if (unused.length > 0) throw new Error(`no such key: ${unused.join(", ")}`)
  const rows = keys.map(({ key, type }) => {
    const meaning = comments[key.replace("[]", "")] ?? meanings[key]
    if (meaning === undefined) throw new Error(`${key} has no meaning: add a comment in src/policy/schema.ts`)
    const missing = notYet[key] ?? notYet[key.replace(/\..*/, ".*")]
    return `| \`${key}\` | ${type} | ${meaning} | ${missing ?? ""} |`
  })
  const optional = optionalProtections.map(name => `\`${name}\``).join(", ")
  return [
    "| key | value | meaning | in this version |",
    "|---|---|---|---|",
    ...rows,
    "",
    "A section takes `locked: true`, a credential and an item of a list of paths or hosts too: `{ path: …, locked: true }`.",
    "`nested_userns` and `optional` are in no section and take it as `{ value: deny, locked: true }`, `{ value: [], locked: true }`.",
    `All of it in the org policy only. \`optional\` knows ${optional}.`,
  ].join("\n")
}

function keysOf(schema: JsonSchema, prefix: string): { key: string; type: string }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = `${prefix}${name}`
    if (name === "locked") return []
    if (value.items?.properties !== undefined) return keysOf(value.items, `${key}[].`)
    const section = value.properties !== undefined && !prefix.endsWith("[].")
    return section ? keysOf(value, `${key}.`) : [{ key, type: typeOf(value) }]
  })
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (schema.enum !== undefined) return schema.enum.map(word => `\`${word}\``).join(", ")
  if (schema.items !== undefined) return `list of ${itemsOf(schema.items)}`
  const lockable = schema.anyOf?.find(({ properties = {} }) => "value" in properties)?.properties?.value
  if (lockable !== undefined) return typeOf(lockable)
  if (schema.anyOf !== undefined) return "word or map"
  if (schema.properties !== undefined) return "map"
  if (schema.type === "object") return "map of names to texts"
  return (
    { string: "text", integer: "whole number", boolean: "`true`, `false`" }[schema.type ?? ""] ?? "number"
  )
}

function itemsOf(item: JsonSchema): string {
  const named = item.anyOf?.find(({ properties }) => properties !== undefined)?.properties
  if (named !== undefined) return "path" in named ? "paths" : "hosts"
  if (item.enum !== undefined) return "words"
  return item.type === "integer" ? "ports" : "texts"
}

async function readProfile(path: string): Promise<ProfileFile> {
  const text = await Bun.file(join(root, "policies", path)).text()
  return parsePolicy(text, path, profileFileSchema).content
}

async function profileChapters(folder: string): Promise<string> {
  const files = readdirSync(join(root, "policies", folder)).filter(file => file.endsWith(".yaml"))
  const chapters = files.sort().map(async file => {
    const lines = profileLines(await readProfile(`${folder}/${file}`))
    return `### ${file.replace(".yaml", "")}\n\n${lines.join("\n")}`
  })
  return (await Promise.all(chapters)).join("\n\n")
}

function profileLines(profile: ProfileFile): string[] {
  const { agent, state, filesystem = {}, network = {}, environment = {} } = profile
  const { deny, read, write, protect, unprotect, strict, readonly, home } = filesystem
  const places = (state ?? []).map(({ path, variable, absent }) => {
    const moved = variable === undefined ? "" : ` (\`${variable}\` moves it)`
    const mark = { create: " (made when absent)", redirect: " (private while absent)", skip: "" }
    return `\`${path}\`${moved}${mark[absent ?? "skip"]}`
  })
  return [
    line("recognised by", [...(agent?.binaries ?? []), ...(agent?.packages ?? [])].map(code)),
    line("home", home === undefined ? [] : [code(home)]),
    line("settings", [...(strict ? ["`strict`"] : []), ...(readonly ? ["`readonly`"] : [])]),
    line("network", network.mode === undefined ? [] : [code(network.mode)]),
    line("environment", environment.mode === undefined ? [] : [code(environment.mode)]),
    line("state, writable", places),
    line("write", textsOf(write)),
    line("read", textsOf(read)),
    line("deny", textsOf(deny)),
    line("protect", textsOf(protect)),
    line("unprotect", textsOf(unprotect)),
    line("variables that pass", (environment.pass ?? []).map(code)),
    line("variables that are removed", (environment.remove ?? []).map(code)),
    line("hosts", textsOf(network.allow)),
  ].flat()
}

function line(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`- **${name}**: ${values.join(", ")}`]
}

type Item = string | { path?: string; host?: string; locked?: boolean | undefined }

function textsOf(items: readonly Item[] | undefined): string[] {
  return (items ?? []).map(item =>
    typeof item === "string"
      ? code(item)
      : `${code(item.path ?? item.host ?? "")}${item.locked ? " (locked)" : ""}`,
  )
}

function code(text: string): string {
  return `\`${text}\``
}

if (import.meta.main) await Bun.write(join(root, "docs/policy.md"), await policyDocs())
