/** A sandbox in a sandbox cannot be made; who tries is told so, and does not get a weaker one. */
import { expect, test } from "bun:test"
import { dirname } from "node:path"
import { cordonBinary, World } from "../support/world.ts"

const options = ["--read", dirname(cordonBinary)]

test("cordon inside cordon is refused with a sentence", async () => {
  using world = new World()
  const { code, stdout, stderr } = await world.cordon([...options, "--", cordonBinary, "--", "echo", "ran"])
  expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
  expect(stderr).toMatch(/^cordon: .*inside.*sandbox/)
})

test("what else is asked of it inside is told that this is a sandbox", async () => {
  using world = new World({ home: { ".local/state/cordon/": "" } })
  const inside = (...words: string[]) => world.cordon([...options, "--", cordonBinary, ...words])
  for (const words of [["explain", "~/.aws"], ["check"], ["verify"], ["policy", "show"]])
    expect((await inside(...words)).stderr).toContain("which hides it: run it outside")
  expect((await inside("doctor")).stdout).toContain("run the command without cordon")
})

test("it is refused as well when the variables that tell it are removed", async () => {
  using world = new World()
  const words = ["env", "-u", "CORDON", "-u", "CORDON_SESSION", cordonBinary, "--", "echo", "ran"]
  const { code, stdout, stderr } = await world.cordon([...options, "--", ...words])
  expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
  expect(stderr).toStartWith("cordon: ")
})

test("what does not start a sandbox works inside", async () => {
  using world = new World()
  const { code, stdout } = await world.cordon([...options, "--", cordonBinary, "--version"])
  expect(code).toBe(0)
  expect(stdout).toMatch(/\d+\.\d+\.\d+/)
})
