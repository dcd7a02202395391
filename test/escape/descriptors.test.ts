/** A descriptor that the caller left open on a secret is a door that no mount closes. */
import { expect, test } from "bun:test"
import { run } from "../support/process.ts"
import { cordonBinary, World } from "../support/world.ts"

const secret = "s3cret-in-a-descriptor"

/** Starts Cordon from a shell that has opened descriptors before. */
function withOpen(world: World, opening: string, script: string) {
  const words = ["sh", "-c", `${opening}; exec "$0" -- sh -c "$1"`, cordonBinary, script]
  return run(words, { cwd: world.project, env: world.env, stdin: "from stdin\n" })
}

test("a descriptor of the caller's is closed inside, whatever its number", async () => {
  using world = new World({ home: { ".netrc": secret, ".aws/credentials": secret } })
  for (const number of [3, 7, 9]) {
    const opening = `exec ${number}< "$HOME/.netrc"`
    const { stdout, stderr } = await withOpen(
      world,
      opening,
      `echo started; cat /proc/self/fd/${number}; cat <&${number}`,
    )
    expect(stdout).toBe("started\n")
    expect(stderr).not.toContain(secret)
  }
})

test("a directory of the caller's cannot be walked through", async () => {
  using world = new World({ home: { ".aws/credentials": secret } })
  const { stdout } = await withOpen(
    world,
    'exec 8< "$HOME/.aws"',
    "echo started; cat /proc/self/fd/8/credentials",
  )
  expect(stdout).toBe("started\n")
})

test("nothing but 0, 1 and 2 is open inside", async () => {
  using world = new World()
  // `ls` itself has the directory open as 3.
  const { stdout, code } = await withOpen(world, "exec 5< /etc/passwd 6> /dev/null", "ls /proc/self/fd")
  expect({ code, open: stdout.trim().split(/\s+/) }).toEqual({ code: 0, open: ["0", "1", "2", "3"] })
})

test("no process above the command inside holds a descriptor on the host's files", async () => {
  using world = new World({ home: { ".netrc": secret } })
  const { stdout } = await withOpen(
    world,
    'exec 7< "$HOME/.netrc"',
    "for p in /proc/[0-9]*; do cat $p/fd/7 2>/dev/null; ls -l $p/fd 2>/dev/null; done",
  )
  expect(stdout).toContain(" -> ")
  expect(stdout).not.toContain(secret)
  expect(stdout).not.toContain(".netrc")
})

test("0, 1 and 2 are the caller's own", async () => {
  using world = new World()
  const script = "cat; echo to stderr >&2"
  expect(await withOpen(world, "exec 4< /etc/passwd", script)).toEqual({
    code: 0,
    stdout: "from stdin\n",
    stderr: "to stderr\n",
  })
})
