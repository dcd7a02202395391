/** Texts that were a policy once, and what is put into them: all that means something to the parser. */
import fc from "fast-check"

const sample = `# every key there is
version: 1
extends: [node, ./team.yaml]
filesystem:
  deny: [~/.aws, "**/.env", { path: ~/.ssh, locked: true }]
  read:
    - ~/.gitconfig
    - $PROJECT/{a,b}*.txt
  write: [., ~/.cache/pip, /tmp/[a-z]?]
  protect: [.git/hooks, .envrc]
  unprotect: [.vscode]
  strict: false
  readonly: true
  home: read
network: &network
  mode: filtered
  allow: [github.com, "*.npmjs.org:443", 10.0.0.0/8, { host: "[::1]:80" }]
  deny: ['*.pastebin.com']
  ask: unlisted
  host_ports: [5432, 0x50]
  expose: [3000]
  unix_sockets: [~/.gnupg/S.gpg-agent]
environment:
  mode: scrub
  pass: [LANG, LC_*]
  remove: ["*_TOKEN"]
  set: { EDITOR: vim, A: "1" }
commands: { deny: ["git push --force *"] }
limits: { memory: 8GB, cpus: 1.5, processes: 100, time: 1h30m }
optional: [landlock]
nested_userns: deny
`

/** What means something to YAML, to globs, to hosts or to terminals. */
const words = [
  ..."\n\r\t\0 :-?,[]{}#&*!|>'\"%@`~$\\/.<=+_0😀é",
  ..."\n  |\n- |: |? |---\n|...\n|%YAML 1.1\n|%TAG ! x\n|<<: *network|*network|&a |*a|!!binary |!!set |!!js |>-\n".split(
    "|",
  ),
  ...[".inf", ".nan", "-0", "1e999", "0o17", "2001-01-01", "null", "true", "~", "NaN", "__proto__: 1\n"],
  ...[
    "locked: true",
    "filesystem: ",
    "unprotect: [.git]",
    "extends: [p.yaml]",
    "extends: [./p.yaml, /dev/zero]",
  ],
  ...[
    "**/",
    "{a,{b,c}}",
    "[!a-z]",
    "[]]",
    "$HOME",
    "$PROJECT",
    "$XDG_CACHE_HOME",
    "~root",
    "../..",
    "://",
    "[::",
  ],
  ...["\x1b[2J", "\u009b", "\u202e", "\u2028", "\ufeff", "\ud800", "xn--", "K", "\u0130"],
]

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words).map(text => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }).map(text => Buffer.from(text)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "[",
          "{a: ",
          "- ",
          "? ",
          "{",
          "a:\n ",
          "!",
          "&a ",
          "*a,",
          "{a,",
          "\n",
          "a",
          "/**",
          "[a-",
        ),
        fc.nat(3000),
      )
      .map(([text, times]) => Buffer.from(text.repeat(times))),
  },
)

const edit = fc.record({
  at: fc.nat({ max: sample.length }),
  remove: fc.oneof(fc.constant(0), fc.nat(60)),
  insert: piece,
})

/** The sample, or a run of its lines, with a few edits; or pieces alone. */
export const mutatedText: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        from: fc.nat(30),
        count: fc.integer({ min: 1, max: 31 }),
        edits: fc.array(edit, { maxLength: 4 }),
      })
      .map(({ from, count, edits }) =>
        edits.reduce(
          applied,
          Buffer.from(
            sample
              .split("\n")
              .slice(from, from + count)
              .join("\n"),
          ),
        ),
      ),
  },
  { weight: 1, arbitrary: fc.array(piece, { maxLength: 20 }).map(parts => Buffer.concat(parts)) },
)

function applied(
  text: Buffer,
  { at, remove, insert }: { at: number; remove: number; insert: Buffer },
): Buffer {
  const start = at % (text.length + 1)
  return Buffer.concat([text.subarray(0, start), insert, text.subarray(start + remove)])
}
