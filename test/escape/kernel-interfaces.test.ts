/**
 * An agent goes to the kernel's own files: memory, addresses, keys, switches. Attempts open and do not write: a
 * kernel that does stand open must not be damaged by a test.
 */
import { describe, expect, test } from "bun:test"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { failed, succeeded } from "../support/attempts.ts"
import { keyringScript } from "../support/libc.ts"
import { run } from "../support/process.ts"
import { bun, cordonBinary, isRoot, World } from "../support/world.ts"

const readable = [
  "/proc/kcore",
  "/proc/kallsyms",
  "/proc/keys",
  "/proc/key-users",
  "/proc/timer_list",
  "/sys/kernel/vmcoreinfo",
]
const listable = [
  "/sys/kernel/debug",
  "/sys/kernel/tracing",
  "/sys/kernel/security",
  "/sys/firmware",
  "/sys/fs/bpf",
]
const writable = {
  "start a crash": "/proc/sysrq-trigger",
  "choose who gets core dumps": "/proc/sys/kernel/core_pattern",
  "choose who loads modules": "/proc/sys/kernel/modprobe",
  "switch a protection off": "/proc/sys/kernel/randomize_va_space",
  "switch overcommit": "/proc/sys/vm/overcommit_memory",
  "set a trigger on memory pressure": "/proc/pressure/memory",
  "move interrupts": "/proc/irq/default_smp_affinity",
  "switch huge pages": "/sys/kernel/mm/transparent_hugepage/enabled",
  "load a program into the kernel": "/sys/kernel/uevent_helper",
  "freeze a cgroup": "/sys/fs/cgroup/cgroup.procs",
}

test("memory, addresses and keys of the kernel cannot be read", async () => {
  using world = new World()
  const opened = readable.map(path => [path, `head -c 1 ${path} | grep -q .`])
  const listed = listable.map(path => [path, `ls -A ${path} | grep -q .`])
  expect(succeeded(await world.attempts(Object.fromEntries([...opened, ...listed])))).toEqual([])
})

test("switches of the kernel cannot be opened for writing", async () => {
  using world = new World()
  const commands = Object.entries(writable).map(([name, path]) => [name, `exec 3<>${path}`])
  expect(succeeded(await world.attempts(Object.fromEntries(commands)))).toEqual([])
})

test("devices of the machine are not there, those of every program are", async () => {
  using world = new World()
  const { stdout } = await world.shell("ls /dev")
  const known = "console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
  expect(stdout.split("\n").filter(name => name !== "" && !known.split(" ").includes(name))).toEqual([])
  const got = await world.attempts({
    null: "echo x > /dev/null",
    zero: "head -c 4 /dev/zero | wc -c | grep -q 4",
    urandom: "head -c 4 /dev/urandom | wc -c | grep -q 4",
    fd: "echo x | cat /dev/fd/0 | grep -q x",
  })
  expect(failed(got)).toEqual({})
})

test("what programs ask of /proc and /sys answers", async () => {
  using world = new World()
  const got = await world.attempts({
    itself: "grep -q ^Name: /proc/self/status",
    processors: "grep -q processor /proc/cpuinfo",
    memory: "grep -q MemTotal /proc/meminfo",
    mounts: "grep -q / /proc/self/mountinfo",
    limits: "cat /proc/sys/kernel/pid_max",
    topology: "ls /sys/devices/system/cpu/ | grep -q cpu0",
  })
  expect(failed(got)).toEqual({})
})

test("the session's keys are out of reach: there are no keyrings inside", async () => {
  using world = new World()
  const script = keyringScript(`cordon-test-${crypto.randomUUID()}`)
  const inside = [bun, "-e", script]
  // Without Cordon between them the key is found: the attempt itself works.
  const direct = await world.host(bun, "-e", script, "words", ...inside)
  expect(direct).toBe("outside: added\ninside: found added\n")
  const confined = [cordonBinary, "-q", "--read", bun, "--", ...inside]
  const got = await world.host(bun, "-e", script, "words", ...confined)
  expect(got).toBe("outside: added\ninside: none not added\n")
})

/** A mount namespace in which /proc and /sys can be mounted. */
const unshare = ["unshare", isRoot ? "-mpnf" : "-Urmpnf", "--mount-proc"]
const mayMount = Bun.spawnSync([...unshare, "true"], { stdio: ["ignore", "ignore", "ignore"] }).exitCode === 0

const again = ["proc/1/status", "proc/1/cmdline", "proc/1/oom_score_adj", "proc/../proc/1/status"]
const openScript = `
open() {
  for path; do
    (exec 9<$path) 2>/dev/null && echo "read $path"
    (exec 9<>$path) 2>/dev/null && echo "changed $path"
  done
}
cd m
open proc ${again.join(" ")} proc/sys/kernel/core_pattern sys/kernel
(cd proc/1 && open status oom_score_adj)
open file /proc/self/status`

describe.skipIf(!mayMount)(
  `the host's processes and switches, mounted in the project once more${mayMount ? "" : " [skipped when nothing can be mounted]"}`,
  () => {
    test.each(["-n", "--net open", "-n --backend landlock"])("cannot be opened there: %s", async text => {
      using world = new World({ project: { "m/proc/": "", "m/sys/": "", "m/file": "x" } })
      const mounted = `mount -t proc proc m/proc && mount -t sysfs sysfs m/sys && (exec 9<>m/proc/1/oom_score_adj) && exec "$0" ${text} -- sh -c "$1"`
      const words = [...unshare, "sh", "-c", mounted, cordonBinary, openScript]
      const { stdout } = await run(words, { cwd: world.project, env: world.env })
      expect(stdout).toBe("read file\nchanged file\nread /proc/self/status\n")
    })

    test.each(["-n", "-n --backend landlock"])("take no new names there: %s", async text => {
      using world = new World({ project: { "m/proc/": "", "m/here/": "" } })
      const inside = "for path in m/proc/999999999 m/here/new; do mkdir $path && echo made $path; done 2>&1"
      const outside = `mount -t proc proc m/proc && mount -t tmpfs none m/here && exec "$0" ${text} -- sh -c "$1"`
      const words = [...unshare, "sh", "-c", outside, cordonBinary, inside]
      const { stdout } = await run(words, { cwd: world.project, env: world.env })
      expect(stdout).toMatch(/m\/proc\/999999999.*: Permission denied\nmade m\/here\/new\n$/)
    })

    test("cannot be opened where something else was mounted before, with the same number", async () => {
      using world = new World({ project: { "m/again/": "" } })
      const inside = `(exec 9<m/again/file) && echo "read file"; : > seen
        until [ -e swapped ]; do sleep 0.05; done; sleep 1.1
        for path in m/again/sys/kernel/ostype m/again/version; do (exec 9<$path) 2>/dev/null && echo "read $path"; done; echo end`
      const outside = `mount -t tmpfs none m/again && echo x > m/again/file && before=$(stat -c %d m/again)
        "$0" -n --backend landlock -- sh -c "$1" &
        until [ -e seen ]; do sleep 0.05; done
        umount m/again && unshare -pf mount -t proc proc m/again
        [ $before = $(stat -c %d m/again) ] && (exec 9<m/again/version) && echo same; : > swapped; wait`
      const words = [...unshare, "sh", "-c", outside, cordonBinary, inside]
      let said = ""
      // Whoever mounts or unmounts something at this moment, as each launch does, can take the number, or leave a lower one.
      for (let tries = 0; tries < 10 && !said.includes("same\n"); tries++) {
        for (const file of ["seen", "swapped"]) rmSync(join(world.project, file), { force: true })
        said = (await run(words, { cwd: world.project, env: world.env })).stdout
        expect(said.replace("same\n", "")).toBe("read file\nend\n")
      }
      expect(said).toBe("read file\nsame\nend\n")
    })
  },
)
