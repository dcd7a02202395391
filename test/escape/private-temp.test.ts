/** Temp directories are shared by everybody on the host; inside they are the session's own. */
import { expect, test } from "bun:test"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { failed, spoken, succeeded } from "../support/attempts.ts"
import { World } from "../support/world.ts"

const temps = ["/tmp", "/var/tmp", "/dev/shm"]

test.each(temps)("%s shows nothing of the host's and takes files that stay inside", async temp => {
  using world = new World()
  const host = mkdtempSync(join(temp, "cordon-test-"))
  try {
    writeFileSync(join(host, "file"), "s3cret-of-temp")
    const denied = await world.attempts({
      list: `ls -A ${temp} | grep -q .`,
      read: `cat ${host}/file`,
      enter: `cd ${host}`,
    })
    expect(succeeded(denied)).toEqual([])
    const name = `${basename(host)}-inside`
    const open = await world.attempts({
      write: `echo x > ${temp}/${name} && grep -q x ${temp}/${name}`,
      "make a directory": `mkdir ${temp}/d && rmdir ${temp}/d`,
    })
    expect(failed(open)).toEqual({})
    expect(readdirSync(temp)).not.toContain(name)
  } finally {
    rmSync(host, { recursive: true })
  }
})

test("two sessions do not see each other's temp", async () => {
  using world = new World()
  const name = `/tmp/cordon-test-${crypto.randomUUID()}`
  expect((await world.shell(`echo x > ${name} && cat ${name}`)).stdout).toBe("x\n")
  expect((await world.shell(`echo started; cat ${name}`)).stdout).toBe("started\n")
})

test("TMPDIR is valid whatever the caller's is, and mktemp works", async () => {
  using world = new World()
  for (const TMPDIR of ["/no/such/place", world.root, "/tmp/claude", ""]) {
    const got = await world.attempts(
      {
        valid: 'test -d "$TMPDIR" && test -w "$TMPDIR"',
        mktemp: 'echo x > "$(mktemp)" && echo x > "$(mktemp -d)/file"',
        private: 'case "$TMPDIR" in /tmp*|/var/tmp*) true;; *) false;; esac',
      },
      { env: { TMPDIR, TMP: TMPDIR, TEMP: TMPDIR } },
    )
    expect(failed(got), TMPDIR).toEqual({})
  }
})

test("a project below a temp directory is there, its neighbours are not", async () => {
  using world = new World({ below: "/var/tmp", project: { file: "plain" }, home: { "notes.txt": "plain" } })
  using other = new World({ below: "/var/tmp", home: { file: "s3cret-of-temp" } })
  const open = await world.attempts({ read: "cat file", write: "echo x > new", home: "cat ~/notes.txt" })
  expect(failed(open)).toEqual({})
  const denied = await world.attempts({ read: `cat ${other.home}/file`, list: `ls ${other.root}` })
  expect(succeeded(denied)).toEqual([])
  expect(spoken(denied)).not.toContain("s3cret")
})
