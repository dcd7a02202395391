/** The words that decide on a plan: more than needed costs a planned launch, fewer would give a command another's sandbox. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { recognise } from "../../src/command/recognise.ts"
import { builtinNames } from "../../src/policy/builtin.ts"
import { decidingWords, mayNameAgent } from "../../src/remembered/caller-words.ts"

const agents = builtinNames().filter(({ layer }) => layer === "agent")
const deciding = (text: string) => {
  const words = text.split(" ")
  return words.slice(0, decidingWords(words)).join(" ")
}

describe("what decides is", () => {
  test.each([
    ["-n -- sh -c make", "-n -- sh"],
    ["-- ls", "-- ls"],
    ["-- ls -l -a", "-- ls"],
    ["run -q -- npm ci", "run -q -- npm"],
    ["-C /p --deny a --net=off -- make -- all", "-C /p --deny a --net=off -- make"],
    // Behind an option that takes a value the launch is refused; who remembers one knows.
    ["--deny -- x y", "--deny -- x"],
    // Without a -- before the command nobody but the parser knows where it begins.
    ["ls -l", "ls -l"],
    ["npm test -- --watch all", "npm test -- --watch all"],
    ["-n npm test -- --watch all", "-n npm test -- --watch all"],
    ["run npm -- x y", "run npm -- x y"],
    ["", ""],
    ["--", "--"],
  ])("of %p: %p", (text, expected) => {
    expect(deciding(text)).toBe(expected)
  })

  test.each([
    "-- claude --resume",
    "-- sh -c claude",
    "-- env A=b claude",
    "-- npx @anthropic-ai/claude-code@1",
    "-- sh -c cl'au'de",
    '-- sh -c c"l"aude',
    "-- sh -c cl\\aude",
    "-- sh -c /opt/x/claude",
    "-- pi",
    "-- sh -c pi;ls",
    "-- node /home/x/.local/share/cursor-agent/agent",
  ])("all of %p, which may start an agent", text => {
    expect(deciding(text)).toBe(text)
  })

  test.each(["-- pip install x", "-- sh -c examples", "-- cat spider", "-- make clinex", "-- ls claudes"])(
    "not all of %p, which starts none",
    text => {
      expect(deciding(text)).not.toBe(text)
    },
  )

  test("all of a name that is broken over lines by a shell's backslash", () => {
    expect(mayNameAgent(["sh", "-c", "cl\\\naude"])).toBe(true)
  })
})

/** Texts in which agents hide: names, whole and in pieces, between all that a shell reads in another way. */
const names = agents.flatMap(({ binaries, packages }) => [...binaries, ...packages])
const piece = fc.oneof(
  fc.constantFrom(...names),
  fc.constantFrom(..."'\"\\$`;|&()<>{}[]#~=-/ \t\n@,*?!".split("")),
  fc.constantFrom(
    "sh",
    "bash",
    "-c",
    "env",
    "-S",
    "npx",
    "-y",
    "sudo",
    "timeout",
    "5",
    "cla",
    "ude",
    "x",
    "A=b",
  ),
  fc.constantFrom(
    "if true; then ",
    "fi",
    "\\\n",
    "$'",
    "$(",
    "exec ",
    "nohup ",
    "uvx ",
    "--from",
    "bunx ",
    "-p",
  ),
)
const word = fc.array(piece, { maxLength: 6 }).map(pieces => pieces.join(""))
const shell = fc.constantFrom<string[]>(
  ["sh", "-c"],
  ["bash", "-lc"],
  ["env", "-S"],
  ["npx"],
  ["env"],
  ["sudo"],
  [],
)

test("whatever is recognised as an agent may be one, however it is spelled", () => {
  let recognised = 0
  const check = (before: string[], words: string[]) => {
    const command = [...before, ...words]
    if (recognise(command, agents).length === 0) return
    recognised++
    expect(mayNameAgent(command)).toBe(true)
  }
  fc.assert(fc.property(shell, fc.array(word, { minLength: 1, maxLength: 4 }), check), { numRuns: 30_000 })
  expect(recognised).toBeGreaterThan(500)
})

test("every name that agents are recognised by is one", () => {
  for (const { binaries, packages } of agents)
    for (const name of [...binaries.map(binary => binary.slice(binary.lastIndexOf("/") + 1)), ...packages])
      expect(mayNameAgent([name]), name).toBe(true)
})
