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
