/** What people are told of a question, and how: never so that hostile names reach a terminal or a shell. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { announcer, askedFor } from "../../../src/network/people/announcement.ts"
import type { Question } from "../../../src/network/people/question.ts"
import { root } from "../../source-code.ts"
import { eventually, run } from "../../support/process.ts"

const directory = mkdtempSync(join(tmpdir(), "cordon-announcement-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const question: Question = { host: "example.com", port: 443, program: "/usr/bin/curl", process: 4711 }
const hostile = "\u001b]0;x\u0007\n<b>&\u202e$(touch x)"

/** Announces questions in a process of its own, with this on its standard error. */
const announce = (count: number, options: object) => `
  import { announcer } from ${JSON.stringify(join(root, "src/network/people/announcement.ts"))}
  const announce = announcer({ tell: text => process.stderr.write("cordon: " + text + "\\n"), notifier: undefined, environment: {}, quiet: false, ...${JSON.stringify(options)} })
  for (let index = 0; index < ${count}; index++) announce({ host: "h" + index + ".com", port: 443, program: "/usr/bin/curl", process: 1 })`

const env = { PATH: "/usr/bin:/bin", TERM: "xterm" }

describe("the words", () => {
  test.each([
    [question, "example.com:443 is asked for by curl"],
    [{ ...question, program: "" }, "example.com:443 is asked for by a program"],
    [{ ...question, host: "2001:db8::1" }, "[2001:db8::1]:443 is asked for by curl"],
    [{ ...question, program: "/usr/bin/python3.11" }, "example.com:443 is asked for by python3.11"],
  ])("say who asks for what: %j", (asked, text) => {
    expect(askedFor(asked)).toBe(text)
  })

  test("are print, and not long, whatever the program is called", () => {
    const text = askedFor({ ...question, program: `/x/${hostile}${"y".repeat(5000)}` })
    expect(text).toMatch(/^[\x20-\x7e…]+$/)
    expect(text.length).toBeLessThan(300)
  })
})

describe("what comes from inside", () => {
  test("hides no end of a host's name behind its beginning", () => {
    const host = `api.github.com.${"a".repeat(63)}.${"b".repeat(63)}.evil.example`
    expect(askedFor({ ...question, host })).toMatch(/^….{80,}\.evil\.example:443 is asked for by curl$/)
  })

  test.each([
    ["/tmp/git, 60 s left (allowed by your organisation)", '"git, 60 s left (allowed by your organisa…"'],
    ['/tmp/a": github.com:443', String.raw`"a\": github.com:443"`],
    [`/tmp/${"y".repeat(60)}`, `"${"y".repeat(40)}…"`],
  ])("passes for no words of ours: the program %s", (program, shown) => {
    expect(askedFor({ ...question, program })).toBe(`example.com:443 is asked for by ${shown}`)
  })
})

describe("on standard error", () => {
  test("a line says how to answer", async () => {
    const { stderr } = await run([process.execPath, "-e", announce(1, {})], { cwd: root, env })
    expect(stderr).toBe("cordon: h0.com:443 is asked for by curl: cordon approve\n")
  })

  test("after some lines there are no more", async () => {
    const { stderr } = await run([process.execPath, "-e", announce(500, {})], { cwd: root, env })
    const lines = stderr.trimEnd().split("\n")
    expect(lines).toHaveLength(20)
    expect(lines.at(-2)).toContain("h18.com")
    expect(lines.at(-1)).toBe("cordon: more hosts are asked for: cordon approve")
  })

  test("nothing is said with -q", async () => {
    const { stderr } = await run([process.execPath, "-e", announce(3, { quiet: true })], { cwd: root, env })
    expect(stderr).toBe("")
  })

  /** All that a terminal gets in this state. */
  async function shown(state: string): Promise<string> {
    const command = `stty ${state}; '${process.execPath}' -e "$CODE"; stty sane`
    const words = ["script", "-q", "-e", "-c", command, "/dev/null"]
    return (await run(words, { cwd: root, env: { ...env, CODE: announce(1, {}) } })).stdout
  }

  test("a program that draws the whole screen is not written over: the bell rings", async () => {
    expect((await shown("raw")).replace(/\^D|\u0008/g, "")).toBe("\u0007")
  })

  test("a terminal that waits for lines gets the line", async () => {
    expect(await shown("sane")).toContain("h0.com:443 is asked for by curl: cordon approve")
  })
})

describe("on the desktop", () => {
  /** Stands in for notify-send(1): writes down what it was started with. */
  const notifier = join(directory, "notify-send")
  const notes = join(directory, "notes")
  writeFileSync(notifier, `#!/bin/sh\n{ pwd; env | sort; printf '%s\\n' "$@"; echo end; } >> "${notes}"\n`, {
    mode: 0o755,
  })
  const environment = { DISPLAY: ":0", HOME: "/home/ann", SECRET_TOKEN: "s3cret", PATH: "/planted" }

  async function noted(asked: Question): Promise<string> {
    rmSync(notes, { force: true })
    announcer({ tell: () => undefined, quiet: true, notifier, environment })(asked)
    const found = await eventually(() => {
      const text = existsSync(notes) ? readFileSync(notes, "utf8") : ""
      return text.endsWith("end\n") ? text : undefined
    })
    return found ?? "nothing"
  }

  test("a notice says who asks for what, also when nothing is said on the terminal", async () => {
    const text = await noted(question)
    expect(text).toContain("A connection waits: cordon approve\nexample.com:443 is asked for by curl\n")
  })

  test("hostile names are words, and no markup, no option and no command", async () => {
    const text = await noted({ ...question, program: `/x/--${hostile}` })
    const words = text.split("\n")
    const body = words[words.indexOf("A connection waits: cordon approve") + 1] ?? ""
    expect(body).toContain("&lt;b&gt;&amp;")
    expect(body).toMatch(/^example\.com:443 is asked for by "--[\x20-\x7e…]+"$/)
    expect(words[words.indexOf("A connection waits: cordon approve") - 1]).toBe("--")
    expect(existsSync("x")).toBe(false)
  })

  test("the program gets of the environment what leads to the desktop, and no directory of the project", async () => {
    const text = await noted(question)
    expect(text).toStartWith("/\n")
    expect(text).toContain("DISPLAY=:0")
    expect(text).toContain("HOME=/home/ann")
    expect(text).not.toContain("s3cret")
    expect(text).not.toContain("/planted")
  })

  test("many questions at once are one notice", async () => {
    rmSync(notes, { force: true })
    const tell = announcer({ tell: () => undefined, quiet: true, notifier, environment })
    for (let index = 0; index < 50; index++) tell({ ...question, host: `h${index}.com` })
    await eventually(() =>
      existsSync(notes) && readFileSync(notes, "utf8").endsWith("end\n") ? true : undefined,
    )
    await Bun.sleep(100)
    expect(readFileSync(notes, "utf8").split("end\n")).toHaveLength(2)
  })

  test.each(["/nonexistent/notify-send", "/etc/passwd", "/"])(
    "that %s cannot be started is nobody's error",
    program => {
      const tell = announcer({ tell: () => undefined, quiet: true, notifier: program, environment })
      expect(() => tell(question)).not.toThrow()
    },
  )
})
