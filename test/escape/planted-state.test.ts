/** A link does not stand where a rule holds for what lies below it: whoever fills the place later would fill another. */
import { describe, expect, test } from "bun:test"
import { existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { contentHash } from "../../src/policy/trust.ts"
import { failed, succeeded } from "../support/attempts.ts"
import { World } from "../support/world.ts"

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Options with which nothing is remembered, and so nothing is made in the home. */
const trusted = ["-v", "-n", "--trust", "trusted"]

describe("an agent that may write in the home does not put its own where Cordon keeps what it goes by:", () => {
  const ways = {
    "a link": "ln -s evil",
    "a link that was moved there": "ln -s evil x; mv x",
    "another name of a link": "ln -s evil x; ln -P x",
  }

  test.each(Object.entries(ways))("%s", async (_, way) => {
    for (const place of [".local", ".local/state"]) {
      using world = new World({ home: { "evil/": "" } })
      mkdirSync(dirname(join(world.home, place)), { recursive: true })
      const { code } = await world.shell(`cd; ${way} ${place}`, { options: trusted })
      expect(code).not.toBe(0)
      expect(isThere(join(world.home, place))).toBe(false)
    }
  })

  test("and a repository's policy is not trusted by a list that it wrote", async () => {
    const text = "version: 1\nfilesystem:\n  write: [~/victim]\n"
    using world = new World({ home: { "victim/": "" }, project: { ".cordon.yaml": text } })
    const path = join(world.project, ".cordon.yaml")
    const list = JSON.stringify({ version: 1, policies: { [path]: contentHash([{ path, text }]) } })
    writeFileSync(join(world.project, "list"), list)
    const directory = "~/evil/state/cordon"
    const plant = `mkdir -p ${directory}; cp list ${directory}/trusted-policies.json; ln -s evil ~/.local`
    await world.shell(plant, { options: trusted })
    await world.shell("touch ~/victim/x", { options: ["-n"] })
    expect(existsSync(join(world.home, "victim/x"))).toBe(false)
  })
})

describe("what does not exist yet stays denied when it is made outside:", () => {
  test.each([
    ["a file below a directory", "secrets/prod.env", "secrets", "secrets/prod.env"],
    ["a file far below a directory", "a/b/c/key", "a/b", "a/b/c/key"],
    ["what a glob means there", "conf/*.key", "conf", "conf/a.key"],
    ["what a glob means below it", "conf/**/*.key", "conf", "conf/x/a.key"],
  ])("%s", async (_, rule, link, secret) => {
    using world = new World({ project: { "pub/": "" } })
    mkdirSync(dirname(join(world.project, link)), { recursive: true })
    const script = `ln -s "$PWD/pub" ${link}; touch ready; for i in $(seq 100); do [ -e go ] && break; sleep 0.05; done; cat -- $(find pub -type f) </dev/null`
    const running = world.shell(script, { options: ["-n", "--deny", rule] })
    while (!existsSync(join(world.project, "ready"))) await Bun.sleep(5)
    mkdirSync(dirname(join(world.project, secret)), { recursive: true })
    writeFileSync(join(world.project, secret), "s3cret")
    writeFileSync(join(world.project, "go"), "")
    expect((await running).stdout).not.toContain("s3cret")
  })
})

test("links that stand above no rule are made as ever", async () => {
  using world = new World({ project: { "secrets/": "", "src/": "" } })
  const options = ["-n", "--deny", "secrets/prod.env", "--deny", "**/*.pem", "--deny", "conf/*.key"]
  const links = ["a", "secrets/other", "secrets2", "src/link", "confi", "sub/conf"]
  const script = `mkdir sub; for name in ${links.join(" ")}; do ln -s target $name || echo $name; done`
  expect(await world.shell(script, { options })).toEqual({ code: 0, stdout: "", stderr: "" })
})

test("an agent leaves no program of its own where its settings name one, and keeps its state", async () => {
  using world = new World({ home: { ".claude/statusline.sh": "mine" } })
  const options = ["-n", "--profile", "claude"]
  const make = (name: string) => [name, `mkdir -p $(dirname ~/.claude/${name}) && echo x > ~/.claude/${name}`]
  const programs = ["statusline.sh", "statusline-command.sh", "statusline/run", "key-helper.py", "hooks/stop"]
  expect(succeeded(await world.attempts(Object.fromEntries(programs.map(make)), { options }))).toEqual([])
  const state = ["history.jsonl", "shell-snapshots/snapshot-bash-1.sh", "projects/p/x.jsonl", "CLAUDE.md"]
  expect(failed(await world.attempts(Object.fromEntries(state.map(make)), { options }))).toEqual({})
})
