/** Contents of policies: such as are valid, and keys that none has. */
import fc from "fast-check"

const locked = { locked: fc.constant(false) }
const optionally = <T extends object>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true })

const letters = fc.string({
  unit: fc.constantFrom(..."ab.~ '\"#:é-&!|>%@`]},😀"),
  minLength: 1,
  maxLength: 12,
})
const path = letters.map(text => `/p/${text.replace(/[\]}]/g, "")}`)
const host = fc.constantFrom(
  "github.com",
  "*.npmjs.org",
  "10.0.0.0/8",
  "[::1]:443",
  "*",
  "a.b:80",
  "a.b GET,PUT /x/**",
)
const variable = fc.constantFrom("LANG", "LC_*", "*_TOKEN", "?")
const paths = fc.array(fc.oneof(path, fc.record({ path, ...locked }, { noNullPrototype: true })), {
  maxLength: 4,
})
const hosts = fc.array(fc.oneof(host, fc.record({ host, ...locked }, { noNullPrototype: true })), {
  maxLength: 4,
})
const port = fc.integer({ min: 1, max: 65_535 })

/** One for each variable: two for the same one are a mistake. */
const credential = fc.record(
  {
    name: fc.constantFrom("TOKEN", "_x", "A1"),
    from: fc.constantFrom(
      { variable: "TOKEN" },
      { file: "~/.config/token" },
      { command: ["gh", "auth", "token"] },
    ),
    hosts: fc.array(fc.constantFrom("github.com", "*.npmjs.org", "a.b:80"), { minLength: 1, maxLength: 3 }),
    as: fc.constantFrom("bearer" as const, { header: "x-api-key" }, { basic: "git" }, { query: "key" }),
  },
  { noNullPrototype: true },
)

/** What is a policy, in every part. */
export const policyContent: fc.Arbitrary<object> = optionally({
  version: fc.constant(1),
  extends: fc.constant([]),
  filesystem: optionally({
    deny: paths,
    read: paths,
    write: paths,
    protect: fc.array(fc.constantFrom(".git/hooks", "a", ".x/y"), { maxLength: 3 }),
    strict: fc.boolean(),
    readonly: fc.boolean(),
    home: fc.constantFrom("deny", "read", "write"),
    ...locked,
  }),
  network: optionally({
    mode: fc.constantFrom("off", "filtered", "open"),
    allow: hosts,
    deny: hosts,
    ask: fc.constantFrom("never", "unlisted"),
    ask_timeout: fc.constantFrom("60s", "1h30m"),
    host_ports: fc.array(port, { maxLength: 3 }),
    expose: fc.array(port, { maxLength: 3 }),
    unix_sockets: fc.array(path, { maxLength: 3 }),
  }),
  environment: optionally({
    mode: fc.constantFrom("inherit", "scrub", "clean"),
    pass: fc.array(variable, { maxLength: 3 }),
    remove: fc.array(variable, { maxLength: 3 }),
    set: fc.dictionary(fc.constantFrom("A", "_b", "PATH"), letters, { noNullPrototype: true }),
  }),
  credentials: fc.uniqueArray(credential, { maxLength: 3, selector: ({ name }) => name }),
  commands: optionally({ deny: fc.array(letters, { maxLength: 3 }) }),
  limits: optionally({
    memory: fc.constantFrom("8GB", "512MB"),
    cpus: fc.constantFrom(0.5, 1, 2),
    processes: fc.integer({ min: 1, max: 10_000 }),
    time: fc.constantFrom("2h", "90m"),
  }),
  optional: fc.constantFrom([], ["landlock"], { value: [] }, { value: ["landlock"] }),
  nested_userns: fc.constantFrom("deny", "allow", { value: "deny" }),
})

const sections = ["version", "extends", "filesystem", "network", "environment", "commands", "limits"]
const item = { path: {}, host: {}, locked: {} }
/** Every key that there is, with the keys below it; `*`: any. The schema says the same in another way. */
const known: Keys = {
  ...Object.fromEntries(sections.map(name => [name, {}])),
  nested_userns: { value: {}, locked: {} },
  optional: { value: {}, locked: {} },
  filesystem: {
    ...Object.fromEntries(["strict", "readonly", "home", "locked"].map(name => [name, {}])),
    ...Object.fromEntries(["deny", "read", "write", "protect", "unprotect"].map(name => [name, item])),
  },
  network: {
    ...Object.fromEntries(
      ["mode", "ask", "ask_timeout", "host_ports", "expose", "locked"].map(name => [name, {}]),
    ),
    ...Object.fromEntries(["allow", "deny", "unix_sockets"].map(name => [name, item])),
  },
  environment: { mode: {}, pass: {}, remove: {}, set: { "*": {} }, locked: {} },
  credentials: {
    ...{ name: {}, hosts: {}, locked: {} },
    from: { variable: {}, file: {}, command: {} },
    as: { header: {}, basic: {}, query: {} },
  },
  commands: { deny: {}, locked: {} },
  limits: { memory: {}, cpus: {}, processes: {}, time: {}, locked: {} },
}
type Keys = { [name: string]: Keys }

/** Keys of a content that nobody knows, with their way from the top. */
export function unknownKeysOf(content: unknown, keys: Keys = known, way = ""): string[] {
  if (typeof content !== "object" || content === null) return []
  if (Array.isArray(content)) return content.flatMap(part => unknownKeysOf(part, keys, way))
  return Object.entries(content).flatMap(([name, value]) => {
    const below = keys["*"] ?? (Object.hasOwn(keys, name) ? keys[name] : undefined)
    return below === undefined ? [`${way}/${name}`] : unknownKeysOf(value, below, `${way}/${name}`)
  })
}

const allNames = new Set(
  JSON.stringify(known)
    .split(/[^\w]+/)
    .filter(name => name !== ""),
)

/** A key that nobody knows: any text, a known one misspelt, a name that objects have anyway. */
export const strangeKey = fc
  .oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: "binary", maxLength: 5 }),
    fc
      .tuple(fc.constantFrom(...allNames), fc.constantFrom("s", " ", "\n", "\0", "\u200b", "_"))
      .map(([a, b]) => a + b),
    fc.constantFrom(
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "<<",
      "",
      "null",
      "1",
      "deny\n",
      "Deny",
    ),
  )
  .filter(key => !allNames.has(key) && key.isWellFormed())

/** The content with one key more in one of its maps, but for `environment.set`, which has any. */
export function withKey(content: object, key: string, holder: number): object {
  const maps: Holder[] = []
  const collect = (value: unknown, name: string) => {
    if (typeof value !== "object" || value === null || name === "set") return
    if (!Array.isArray(value)) maps.push(value as Holder)
    for (const [below, part] of Object.entries(value)) collect(part, below)
  }
  const copy = structuredClone(content)
  collect(copy, "")
  const chosen = maps[holder % maps.length] ?? {}
  Object.defineProperty(chosen, key, { value: [], enumerable: true, configurable: true, writable: true })
  return copy
}
type Holder = Record<string, unknown>
