/** Homes of other people, /root among them, hold what nobody lists. */
import { expect, test } from "bun:test"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { isRoot, World, writeFiles } from "../support/world.ts"

const secret = "s3cret-of-somebody-else"
const modes = ["", "--trust trusted", "--strict", "--ro"]

test.each(modes)("with options '%s' neither /root nor another's home can be listed", async mode => {
  using world = new World({ below: "/var/tmp", home: { file: "plain" } })
  const options = mode === "" ? [] : mode.split(" ")
  const homes = ["/root", "/home", ...readdirSync("/home").map(name => join("/home", name))]
  const commands = homes.map(path => [path, `ls -A ${path} | grep -q .`])
  expect(succeeded(await world.attempts(Object.fromEntries(commands), { options }))).toEqual([])
  const own = await world.attempts({ project: "ls -A ." }, { options })
  expect(failed(own)).toEqual({})
})

test("the account's own home is another one when HOME says so", async () => {
  using world = new World({ below: "/var/tmp", home: { file: "plain" } })
  const place = mkdtempSync(join(userInfo().homedir, "cordon-test-"))
  try {
    writeFileSync(join(place, "file"), secret)
    const got = await world.attempts({ read: `cat ${place}/file`, enter: `cd ${place}` })
    expect(succeeded(got)).toEqual([])
    expect(spoken(got)).not.toContain(secret)
    expect(failed(await world.attempts({ own: "cat ~/file" }))).toEqual({})
  } finally {
    rmSync(place, { recursive: true })
  }
})

test.skipIf(!isRoot)(
  `root's agent reads no user's files${isRoot ? "" : " [skipped when not root: the kernel forbids it already]"}`,
  async () => {
    const place = mkdtempSync("/home/cordon-test-")
    try {
      writeFiles(place, { file: secret })
      using world = new World({ home: { file: "plain" } })
      const got = await world.attempts({
        read: `cat ${place}/file`,
        list: `ls ${place}`,
        write: `echo x > ${place}/new`,
      })
      expect(succeeded(got)).toEqual([])
      const open = await world.attempts({ read: `cat ${place}/file` }, { options: ["--read", place] })
      expect(failed(open)).toEqual({})
    } finally {
      rmSync(place, { recursive: true })
    }
  },
)
