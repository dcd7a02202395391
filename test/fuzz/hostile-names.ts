/**
 * Projects full of hostile names, as the host sees them: what Cordon says about them on a terminal has no control
 * character in it, it does not crash, and what is denied or protected stays so whatever the directory above is called.
 */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { onTerminal } from "../support/terminal.ts"
import { World } from "../support/world.ts"
import { hostTree } from "./host-tree.ts"
import { target } from "./target.ts"

const secret = "fuzz-secret-9b02"
const nameMax = 255

/** What means something to terminals, shells, YAML, globs, or to readers of UTF-8. */
const hostile = [
  ...["\n", "\r", "\t", "\x1b[31m", "\x1b]0;x\x07", "\x7f", "\b", "\v", "\x01"].map(text =>
    Buffer.from(text),
  ),
  ...["\u009b31m", "\u202e", "\u200b", "\u2028", "\ufeff", "\ufffd", "\u{e0041}", "é", "😀"].map(text =>
    Buffer.from(text),
  ),
  ...[[0xff], [0xc3], [0x9b], [0xed, 0xb2, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0xaf]].map(bytes =>
    Buffer.from(bytes),
  ),
  ...[
    " ",
    "'",
    '"',
    "`",
    "$(x)",
    "\\",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "~",
    "#",
    ":",
    ";",
    "&",
    "-",
    "--",
    "%s",
    "=",
  ].map(text => Buffer.from(text)),
  ...["a", ".env", ".git", "n".repeat(250), "$HOME", "null", "github.com", "@"].map(text =>
    Buffer.from(text),
  ),
]

const name = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...hostile) },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }).map(bytes => Buffer.from(bytes)),
      },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map(parts => Buffer.from(Buffer.concat(parts).map(byte => (byte === 0 || byte === 0x2f ? 0x2b : byte))))
  .filter(bytes => bytes.length <= nameMax - 10 && !["..", "."].includes(bytes.toString("latin1")))

const names = fc.uniqueArray(name, {
  minLength: 1,
  maxLength: 4,
  selector: bytes => bytes.toString("latin1"),
})

/** The bytes themselves, and bytes that a file system may not take as a name. */
type Kind = "directory" | "denied" | "protected" | "link" | "plain"
const kinds: readonly Kind[] = ["directory", "denied", "protected", "link", "plain"]

export const hostileNames = target(
  { name: "hostile-names", weight: 2, runs: 3 },
  fc.record({ names, kind: fc.constantFrom(...kinds), text: fc.constantFrom("plain", "json") }),
  async ({ names, kind, text }) => {
    using world = new World({
      home: { ".config/cordon/policy.yaml": 'filesystem: { deny: ["*.hidden"], protect: [guarded] }\n' },
      project: { witness: "witness\n" },
    })
    for (const name of names) plant(world, name, kind)
    const before = hostTree(world.project)
    const json = text === "json" ? "--json" : ""
    await onlyPrints(world, `"$0" -v -n ${json} --dry-run -- true`)
    await onlyPrints(world, `for path in ./* ./.[!.]*; do "$0" explain ${json} "$path"; done`)
    await onlyPrints(
      world,
      `for path in * .[!.]*; do "$0" -n -v --read "./$path" --config "./$path" -- true; done`,
    )
    await onlyPrints(
      world,
      `for path in ./* ./.[!.]*; do "$0" -n -C "$path" -- "$path"; "$0" check "$path"; done`,
    )
    deepEqual(hostTree(world.project), before)
    await holdsInside(world)
    deepEqual(hostTree(world.project), before)
  },
)

/** A thing with a hostile name, and below or beside it something that is denied and something that is protected. */
function plant(world: World, name: Buffer, kind: Kind): void {
  const at = (...parts: (Buffer | string)[]) =>
    Buffer.concat([world.project, ...parts].map(part => Buffer.from(part)))
  switch (kind) {
    case "directory":
      mkdirSync(at("/", name, "/.git/hooks"), { recursive: true })
      writeFileSync(at("/", name, "/.git/hooks/pre-commit"), "mine")
      writeFileSync(at("/", name, "/.env"), secret)
      return
    case "denied":
      writeFileSync(at("/", name, ".hidden"), secret)
      writeFileSync(at("/.env.", name), secret)
      return
    case "protected":
      mkdirSync(at("/guarded"), { recursive: true })
      writeFileSync(at("/guarded/", name), "mine")
      return
    case "link":
      writeFileSync(join(world.project, ".env"), secret)
      symlinkSync(".env", at("/", name, "-link"))
      // The one name that stands there already.
      if (name.toString("latin1") !== ".env") symlinkSync(name, at("/", name))
      return
    case "plain":
      writeFileSync(at("/", name), "mine")
  }
}

/** Every line that a terminal shows is printable. */
async function onlyPrints(world: World, script: string): Promise<void> {
  const shown = await onTerminal(world, `export NO_COLOR=1; ${script}; echo "(end)"`)
  match(shown, /\(end\)\r\n$/, script)
  const control =
    /[[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}]--[\r\n]]|\r(?!\n)|(?<!\r)\n/v
  const wrong = shown
    .split(/(?<=\r\n)/)
    .filter(line => control.test(line) || line.includes("this is a bug of Cordon"))
  deepEqual(
    wrong.map(line => line.slice(0, 500)),
    [],
    script,
  )
}

/** Reads and writes whatever there is, below the project and by its links. */
const attempts = `
find . -type f -exec cat {} + 2>/dev/null
for path in * .[!.]*; do cat "./$path" 2>/dev/null; done
find . -path '*/.git/hooks/*' -exec sh -c 'echo planted > "$1"' _ {} \\; 2>/dev/null
find . -path './guarded/*' -exec sh -c 'echo planted > "$1"; rm -f "$1"' _ {} \\; 2>/dev/null
find . -type d -exec sh -c 'echo planted > "$1/.env"; mkdir "$1/guarded"; echo x > "$1/x.hidden"' _ {} \\; 2>/dev/null
find . -name '*.hidden' -exec sh -c 'rm -f "$1"; mv "$1" "$1.txt"' _ {} \\; 2>/dev/null
echo "(end)"
`

async function holdsInside(world: World): Promise<void> {
  const { code, stdout, stderr } = await world.shell(attempts, { options: ["-q", "-n"] })
  equal(code, 0, stderr)
  match(stdout, /witness/, "what is not denied can be read")
  match(stdout, /\(end\)\n$/)
  doesNotMatch(stdout, new RegExp(secret), "a secret was read")
}
