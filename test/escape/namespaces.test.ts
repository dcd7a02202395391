/** An agent looks for other processes, for capabilities, and for a way to get new ones. */
import { expect, test } from "bun:test"
import { chmodSync, chownSync, copyFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { SharedMemory, shmgetScript } from "../support/libc.ts"
import { cordonBinary, isRoot, World, writeFiles } from "../support/world.ts"

test("processes of the host can be neither seen nor ended", async () => {
  using world = new World()
  const marker = `3600.${process.pid}`
  const victim = Bun.spawn(["sleep", marker])
  try {
    const got = await world.attempts({
      see: `cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -v grep | grep -q 'sleep ${marker}'`,
      "see its environment": `cat /proc/${victim.pid}/environ`,
      end: `kill -9 ${victim.pid}`,
      "see who started this": `test -d /proc/${process.pid}/fd && ls /proc/${process.pid}/fd`,
    })
    expect(succeeded(got)).toEqual([])
    expect(victim.exitCode).toBeNull()
  } finally {
    victim.kill("SIGKILL")
    await victim.exited
  }
})

test("the process group that it was started in gets neither signals nor another priority", async () => {
  using world = new World()
  const inside = [
    "trap : USR1",
    "kill -s USR1 0",
    "kill -s USR1 $$ && echo itself",
    "renice -n 15 -g 0",
    "renice -n 14 -p $$ >/dev/null && nice",
  ]
  const outside = `trap 'echo OUTSIDE' USR1; nice; "$0" -q -n -- sh -c '${inside.join("; ")}'; nice`
  const started = Bun.spawn(["sh", "-c", outside, cordonBinary], {
    cwd: world.project,
    env: world.env,
    stdio: ["ignore", "pipe", "ignore"],
    // A group of its own: this process is none of it.
    detached: true,
  })
  const [before, ...rest] = (await new Response(started.stdout).text()).trim().split("\n")
  expect(rest).toEqual(["itself", "14", before ?? ""])
})

test("a process inside sees and ends its own children", async () => {
  using world = new World()
  const got = await world.attempts({
    "see itself": "test -r /proc/$$/cmdline && test -r /proc/self/environ",
    "see a child": "sleep 60 & grep -q sleep /proc/$!/cmdline; found=$?; kill $!; exit $found",
    "end a child": "sleep 60 & kill $! && ! wait $!",
  })
  expect(failed(got)).toEqual({})
})

test("there are no capabilities, and no program gains any", async () => {
  using world = new World()
  const { stdout } = await world.shell("cat /proc/self/status")
  for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
    expect(stdout).toMatch(new RegExp(`^${name}:\\s+0+$`, "m"))
  expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m)
})

test("no namespace can be made and nothing can be mounted", async () => {
  using world = new World()
  const got = await world.attempts({
    "a user namespace": "unshare -U true",
    "a user namespace as root": "unshare -Ur true",
    "a mount namespace": "unshare -m true",
    "a network namespace": "unshare -n true",
    "a tmpfs": "mount -t tmpfs none /tmp",
    "a bind": "mount --bind /etc /tmp",
    "a remount": "mount -o remount,rw,bind /",
    "unmount what hides": "umount /tmp",
    "another name": "hostname cordon-test-owned",
    "another root": "chroot / true",
    "another owner": "chown 12345 .",
    "a device": "mknod device c 1 3",
  })
  expect(succeeded(got)).toEqual([])
  expect(hostname()).not.toBe("cordon-test-owned")
})

test("the policy can allow user namespaces", async () => {
  using world = new World()
  writeFiles(world.home, { ".config/cordon/policy.yaml": "nested_userns: allow\n" })
  expect(failed(await world.attempts({ userns: "unshare -U true" }))).toEqual({})
})

test("the host's shared memory cannot be found, and inside can be made", async () => {
  using world = new World()
  using memory = new SharedMemory()
  expect((await world.script(shmgetScript(memory.key))).stdout).toBe("none\nmade\n")
})

test.skipIf(!isRoot)(
  `a set-user-id program of another account gains nothing${isRoot ? "" : " [skipped when not root: it takes root to make one]"}`,
  async () => {
    using world = new World({ home: { "dir/": "" } })
    const program = join(world.project, "own-id")
    copyFileSync("/usr/bin/id", program)
    chownSync(program, 65534, 65534)
    chmodSync(program, 0o6755)
    expect((await world.host(program)).includes("euid=65534")).toBe(true)
    const { stdout, code } = await world.cordon(["--", program])
    expect(code).toBe(0)
    expect(stdout).not.toContain("euid=")
  },
)
