/**
 * Every cause that doctor knows, provoked: in namespaces of its own, on a machine that is made of this one, or by strace
 * that answers in the kernel's place. The real binary has to find it, and the launch has to say the same.
 */
import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { type Change, noMachine, onMachine } from "../../support/machine.ts"
import type { Outcome } from "../../support/process.ts"
import { bun, World } from "../../support/world.ts"

type Row = { protection: string; state: string; why: string; fix: string[]; advice: string }

/** The rows of `doctor --json`, by protection. */
function rowsOf({ stdout }: Outcome): Record<string, Row> {
  const { data } = JSON.parse(stdout) as { data: { findings: Row[] } }
  return Object.fromEntries(data.findings.map(row => [row.protection, row]))
}

async function rowsOn(change: Omit<Change, "words">): Promise<Record<string, Row>> {
  const outcome = await onMachine({ ...change, words: ["doctor", "--json"] })
  expect([0, 1], outcome.stderr).toContain(outcome.code)
  return rowsOf(outcome)
}

/** What a launch on the same machine says. */
async function refusalOn(change: Omit<Change, "words">): Promise<string> {
  const { code, stdout, stderr } = await onMachine({ ...change, words: ["-n", "--", "echo", "ran"] })
  expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
  return stderr
}

/** What a launch says besides, because this kernel has what it takes. */
const other = "or use --backend landlock, which does without namespaces (docs/backends.md)"

/** Doctor and the launch give the same cause and the same way out. */
async function expectSame(change: Omit<Change, "words">, protection: string): Promise<Row> {
  const row = (await rowsOn(change))[protection]
  if (row === undefined) throw new Error(`there is no row ${protection}`)
  expect(row.state).toBe("unavailable")
  const others = protection === "bubblewrap" ? [] : [other]
  const steps = [row.fix.join(" && "), row.advice, ...others].filter(step => step !== "")
  expect(await refusalOn(change)).toBe(`cordon: ${row.why}\ncordon: → ${steps.join("; ")}\n`)
  return row
}

const machine = noMachine === undefined ? "a machine" : `a machine [skipped when ${noMachine}]`
describe.skipIf(noMachine !== undefined)(machine, () => {
  test("that has everything is told so, for root and for an ordinary user", async () => {
    for (const user of ["root", "ordinary"] as const) {
      const outcome = await onMachine({ user, words: ["doctor", "--json"] })
      const wrong = Object.values(rowsOf(outcome)).filter(({ state }) => state === "unavailable")
      expect({ wrong, code: outcome.code }).toEqual({ wrong: [], code: 0 })
    }
  })

  test("without bubblewrap", async () => {
    const row = await expectSame({ machine: "rm /usr/bin/bwrap" }, "bubblewrap")
    expect(row.why).toBe("bubblewrap is not installed")
  })

  test.each([
    ["ID=ubuntu\nID_LIKE=debian", ["sudo apt-get update", "sudo apt-get install --yes bubblewrap"]],
    ["ID=fedora", ["sudo dnf install --assumeyes bubblewrap"]],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', ["sudo dnf install --assumeyes bubblewrap"]],
    ["ID=arch", ["sudo pacman -S --noconfirm bubblewrap"]],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', ["sudo zypper --non-interactive install bubblewrap"]],
    ["ID=alpine", ["sudo apk add bubblewrap"]],
    ["ID=nobodys", []],
  ])("without bubblewrap, whose os-release says %j, installs it its own way", async (release, fix) => {
    const machine = `rm /usr/bin/bwrap /etc/os-release; printf '%s\\n' '${release}' > /etc/os-release`
    expect((await rowsOn({ machine, user: "ordinary" })).bubblewrap?.fix).toEqual(fix)
  })

  test("whose bubblewrap is too old", async () => {
    const machine = "printf '\\177ELF bubblewrap 0.6.1 --unshare-user' > /usr/bin/bwrap"
    const row = await expectSame({ machine }, "bubblewrap")
    expect(row.why).toBe("/usr/bin/bwrap is bubblewrap 0.6.1, and Cordon needs 0.8 or later")
    expect(row.advice).toContain("/usr/local")
  })

  test("whose bubblewrap is too old uses a newer one in /usr/local", async () => {
    const machine = "mv /usr/bin/bwrap /usr/local/bin/bwrap; printf 'bubblewrap 0.6.1' > /usr/bin/bwrap"
    const rows = await rowsOn({ machine })
    expect(rows.bubblewrap).toMatchObject({ state: "active" })
    expect(rows.bubblewrap?.why).toStartWith("/usr/local/bin/bwrap, version ")
    expect(rows.namespaces?.state).toBe("active")
  })

  test("whose bubblewrap is setuid: in the way of a user, not of root", async () => {
    const machine = "chmod u+s /usr/bin/bwrap"
    const row = await expectSame({ machine, user: "ordinary" }, "namespaces")
    expect(row.why).toContain("/usr/bin/bwrap is setuid")
    expect(row.fix).toEqual(["sudo chmod u-s /usr/bin/bwrap"])
    expect((await rowsOn({ machine })).namespaces?.state).toBe("active")
  })

  test("with user namespaces switched off (user.max_user_namespaces)", async () => {
    const before = [
      "unshare",
      "-Ur",
      "sh",
      "-c",
      'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
      "sh",
    ]
    const row = await expectSame({ before }, "namespaces")
    expect(row.why).toBe("user namespaces are switched off (user.max_user_namespaces = 0)")
    expect(row.fix.join()).toContain("user.max_user_namespaces = 15000")
  })

  test("with user namespaces switched off for users (kernel.unprivileged_userns_clone)", async () => {
    const machine = "fake /proc/sys/kernel/unprivileged_userns_clone 0"
    const row = await expectSame({ machine, user: "ordinary" }, "namespaces")
    expect(row.why).toContain("kernel.unprivileged_userns_clone = 0")
    expect(row.fix.join()).toContain("kernel.unprivileged_userns_clone = 1")
  })

  test("where several switches are off names all of them", async () => {
    const machine = "chmod u+s /usr/bin/bwrap; fake /proc/sys/kernel/unprivileged_userns_clone 0"
    const row = await expectSame({ machine, user: "ordinary" }, "namespaces")
    expect(row.why).toContain("kernel.unprivileged_userns_clone")
    expect(row.why).toContain("setuid")
    expect(row.fix).toHaveLength(3)
  })

  test("where AppArmor restricts user namespaces gets the profile for bwrap", async () => {
    const machine = "fake /proc/sys/kernel/apparmor_restrict_unprivileged_userns 1"
    const row = await expectSame({ machine, user: "ordinary" }, "namespaces")
    expect(row.why).toContain("kernel.apparmor_restrict_unprivileged_userns = 1")
    expect(row.fix[0]).toContain("profile cordon-bwrap /usr/bin/bwrap flags=(unconfined)")
    expect(row.fix[1]).toBe("sudo apparmor_parser --replace /etc/apparmor.d/cordon-bwrap")
  })

  test("where AppArmor has such a profile already loads that, and makes no second one", async () => {
    const machine =
      "fake /proc/sys/kernel/apparmor_restrict_unprivileged_userns 1; mkdir -p /etc/apparmor.d; touch /etc/apparmor.d/bwrap-userns-restrict"
    const row = await expectSame({ machine, user: "ordinary" }, "namespaces")
    expect(row.fix).toEqual(["sudo apparmor_parser --replace /etc/apparmor.d/bwrap-userns-restrict"])
  })

  test.each([
    ["touch /.dockerenv", "Docker", "docker run --security-opt systempaths=unconfined"],
    ["touch /run/.containerenv", "Podman", "podman run --security-opt unmask=ALL"],
    ["mkdir -p /var/run/secrets/kubernetes.io", "Kubernetes", "procMount: Unmasked"],
  ])("that is a container with masked parts of /proc (%s)", async (mark, name, option) => {
    const row = await expectSame({ machine: `${mark}; hide /proc/keys` }, "namespaces")
    expect(row.why).toBe(`this is a ${name} container: parts of /proc are masked`)
    expect(row.advice).toContain(option)
  })

  test("that is a container whose seccomp profile refuses namespaces", async () => {
    const before = [bun, join(import.meta.dir, "../../support/filtered.ts")]
    const row = await expectSame({ machine: "touch /.dockerenv", before }, "namespaces")
    expect(row.why).toBe("this is a Docker container: its seccomp profile refuses namespaces")
    expect(row.advice).toBe("start the container with: docker run --security-opt seccomp=unconfined")
    const unknown = await expectSame({ before }, "namespaces")
    expect(unknown.why).toBe("this process runs under a seccomp filter, as in a container")
  })

  test("that is a container in which everything works is no problem", async () => {
    expect((await rowsOn({ machine: "touch /.dockerenv" })).namespaces?.state).toBe("active")
  })

  test("whose bubblewrap fails for no known reason is told what it said, and cannot drive the terminal", async () => {
    const script = '#!/bin/sh\\n# --disable-userns\\nprintf "no \\\\033[31mluck\\\\nat all" >&2; exit 1\\n'
    const broken = `printf '${script}' > /usr/bin/bwrap`
    const { code, stdout } = await onMachine({ machine: broken, words: ["doctor"] })
    expect(code).toBe(1)
    expect(stdout).toContain("bubblewrap cannot make its namespaces: no \\x1b[31mluck\\nat all\n")
    expect(stdout).not.toContain("\u001b")
  })

  test("whose bubblewrap cannot be executed", async () => {
    const row = (await rowsOn({ machine: "chmod a-x /usr/bin/bwrap" })).namespaces
    expect(row?.state).toBe("unavailable")
    expect(row?.why).toStartWith("bubblewrap cannot make its namespaces: ")
  })

  test("prints the way out below the row, one line a command", async () => {
    const { stdout } = await onMachine({ machine: "rm /usr/bin/bwrap", user: "ordinary", words: ["doctor"] })
    const lines = stdout.split("\n")
    const at = lines.findIndex(line => line.startsWith("unavailable bubblewrap"))
    const { bubblewrap } = await rowsOn({ machine: "rm /usr/bin/bwrap", user: "ordinary" })
    const steps = (bubblewrap?.fix ?? []).map(command => `${" ".repeat(30)}→ ${command}`)
    expect(lines.slice(at + 1, at + 1 + steps.length)).toEqual(steps)
    expect(steps.length).toBeGreaterThan(0)
  })

  test("of WSL 1", async () => {
    const rows = await rowsOn({ machine: "fake /proc/sys/kernel/osrelease 4.4.0-19041-Microsoft" })
    expect(rows.kernel).toMatchObject({ state: "unavailable" })
    expect(rows.kernel?.advice).toContain("wsl.exe --set-version")
    expect(rows.namespaces?.why).toContain("WSL 1")
  })

  test("of WSL 2 is one like others, and its kernel is Windows' to update", async () => {
    const release = "fake /proc/sys/kernel/osrelease"
    const recent = await rowsOn({ machine: `${release} 6.6.87.2-microsoft-standard-WSL2` })
    expect(recent.kernel).toMatchObject({
      state: "active",
      why: "Linux 6.6.87.2-microsoft-standard-WSL2, WSL 2",
    })
    const old = await rowsOn({ machine: `${release} 5.15.90.1-microsoft-standard-WSL2` })
    expect(old.kernel?.state).toBe("unavailable")
    expect(old.kernel?.advice).toContain("wsl.exe --update")
  })

  test("whose kernel is older than 5.19", async () => {
    const rows = await rowsOn({ machine: "fake /proc/sys/kernel/osrelease 5.15.0-91-generic" })
    expect(rows.kernel).toMatchObject({ state: "unavailable" })
    expect(rows.kernel?.why).toBe("Linux 5.15.0-91-generic is older than 5.19")
    expect(rows.kernel?.advice).toContain("5.19")
  })

  test("where programs in memory may not be executed (vm.memfd_noexec), and --fix mends it", async () => {
    const machine = "echo 2 > /proc/sys/vm/memfd_noexec"
    const row = (await rowsOn({ machine }))["memory programs"]
    expect(row).toMatchObject({ state: "unavailable" })
    expect(row?.why).toContain("vm.memfd_noexec = 2")
    const { code, stdout, stderr } = await onMachine({
      machine,
      words: ["doctor", "--fix", "--yes"],
      after: "cat /etc/sysctl.d/99-cordon-vm.memfd_noexec.conf",
    })
    for (const command of row?.fix ?? ["none"]) expect(stderr).toContain(command)
    expect(stdout).toMatch(/afterwards:\n(.*\n)*active +memory programs/)
    expect(stdout).toEndWith("vm.memfd_noexec = 0\n")
    expect(code).toBe(0)
  })
})

const noStrace = Bun.which("strace") === null ? "there is no strace" : noMachine

const kernel = noStrace === undefined ? "a kernel" : `a kernel [skipped when ${noStrace}]`

/** strace answers a call in the kernel's place (strace(1), --inject). */
function answering(call: string, answer: string): string[] {
  return `strace -f -qq -o /dev/null -e trace=${call} -e inject=${call}:${answer}`.split(" ")
}

describe.skipIf(noStrace !== undefined)(kernel, () => {
  const landlock = (answer: string, machine = "") =>
    rowsOn({ machine, before: answering("landlock_create_ruleset", answer) })

  test("without Landlock", async () => {
    const rows = await landlock("error=ENOSYS")
    expect(rows.landlock?.why).toBe("this kernel is built without Landlock (CONFIG_SECURITY_LANDLOCK)")
    expect(rows["abstract sockets"]?.state).toBe("unavailable")
  })

  test("before Landlock", async () => {
    const rows = await landlock("error=ENOSYS", "fake /proc/sys/kernel/osrelease 5.10.0-28-amd64")
    expect(rows.landlock?.why).toBe("Landlock came with Linux 5.13, and this is 5.10.0-28-amd64")
  })

  test("that was booted without Landlock gets it on its command line", async () => {
    // Nothing can be faked below /sys/kernel/security when it is not mounted.
    const machine =
      "mount -t tmpfs machine /sys/kernel/security; echo capability,lockdown,yama > /sys/kernel/security/lsm; echo > /usr/sbin/update-grub; rm -f /usr/sbin/grubby"
    const { landlock: row } = await landlock("error=EOPNOTSUPP", machine)
    expect(row).toMatchObject({ state: "unavailable", advice: "restart the machine" })
    expect(row?.fix[0]).toContain("lsm=landlock,lockdown,yama")
    expect(row?.fix[1]).toBe("update-grub")
    const fedora = await landlock(
      "error=EOPNOTSUPP",
      machine.replace("rm -f /usr/sbin/grubby", "echo > /usr/sbin/grubby"),
    )
    expect(fedora.landlock?.fix).toEqual(["grubby --update-kernel=ALL --args=lsm=landlock,lockdown,yama"])
  })

  test.each([
    [1, ["moves between directories", "truncation", "TCP ports", "ioctl", "abstract sockets"]],
    [4, ["ioctl", "abstract sockets"]],
    [5, ["abstract sockets"]],
  ])("with Landlock ABI %d says what that does not cover", async (abi, lacking) => {
    const rows = await landlock(`retval=${abi}`)
    expect(rows.landlock?.state).toBe("degraded")
    for (const what of lacking) expect(rows.landlock?.why).toContain(what)
    expect(rows.landlock?.why.split("(ABI")).toHaveLength(lacking.length + 1)
    expect(rows["abstract sockets"]).toMatchObject({ state: "unavailable" })
  })

  test("that cannot keep the policy still gets its report, with the reason beside it", async () => {
    const before = answering("landlock_create_ruleset", "error=ENOSYS")
    // In the host's network only Landlock keeps the host's abstract sockets out of reach.
    const { code, stdout, stderr } = await onMachine({ before, words: ["--net", "open", "doctor"] })
    expect(code).toBe(1)
    expect(stdout).toContain("unavailable landlock")
    expect(stderr).toContain("cordon: the present policy cannot be kept here")
  })

  test.each([
    ["error=ENOSYS", "built without seccomp filters"],
    ["error=EPERM", "a filter around this process refuses"],
    ["error=EINVAL", "does not have filters"],
  ])("whose seccomp(2) answers with %s", async (answer, why) => {
    const rows = await rowsOn({ before: answering("seccomp", answer) })
    for (const row of ["seccomp", "seccomp notify", "terminal input"]) {
      expect(rows[row]?.state).toBe("unavailable")
    }
    expect(rows.seccomp?.why).toContain(why)
  })

  test("without seccomp's user notification, and one without its killable waits", async () => {
    // The second call asks for the action, the third for the flags.
    const unnotified = await rowsOn({ before: answering("seccomp", "error=EOPNOTSUPP:when=2") })
    expect(unnotified.seccomp?.state).toBe("active")
    expect(unnotified["seccomp notify"]?.why).toContain("user notification (Linux 5.0)")
    const unkillable = await rowsOn({ before: answering("seccomp", "error=EINVAL:when=3") })
    expect(unkillable["seccomp notify"]?.why).toContain("killable waits of a listener (Linux 5.19)")
  })
})

describe("the exit code", () => {
  test.skipIf(noStrace !== undefined)(
    noStrace === undefined ? "is 0 when something is degraded only" : `is 0 [skipped when ${noStrace}]`,
    async () => {
      // Everything but the scopes may be missing, and the network is off, so that nothing is unavailable but those.
      const before = answering("landlock_create_ruleset", "retval=5")
      const { code, stdout } = await onMachine({ before, words: ["doctor", "-n", "--json"] })
      const states = Object.values(rowsOf({ code, stdout, stderr: "" })).map(({ state }) => state)
      expect(states).toContain("degraded")
      expect(code).toBe(states.includes("unavailable") ? 1 : 0)
    },
  )

  test("is 125 when the project cannot be found, after what the machine has", async () => {
    using world = new World()
    const { code, stdout, stderr } = await world.cordon(["doctor", "-C", "no-such-directory"])
    expect(code).toBe(125)
    expect(stdout).toContain("bubblewrap")
    expect(stderr).toContain("no-such-directory")
  })
})

describe("cordon doctor", () => {
  test("gives programs every field of every row", async () => {
    using world = new World()
    for (const row of Object.values(rowsOf(await world.cordon(["doctor", "--json"])))) {
      expect(Object.keys(row).sort()).toEqual(["advice", "fix", "protection", "state", "why"])
      expect(["active", "degraded", "unavailable", "not yet"]).toContain(row.state)
      expect(row.fix).toBeArray()
    }
  })

  test("keeps colours to terminals", async () => {
    using world = new World()
    const { stdout } = await world.cordon(["doctor"], { env: { TERM: "xterm-256color" } })
    expect(stdout).not.toContain("\u001b")
  })

  test("finds the same for people as for programs", async () => {
    using world = new World()
    const text = await world.cordon(["doctor"])
    const rows = rowsOf(await world.cordon(["doctor", "--json"]))
    for (const { protection, state } of Object.values(rows))
      expect(text.stdout).toMatch(new RegExp(`^${state} +${protection} +\\S`, "m"))
    expect(Object.keys(rows)).toEqual(
      expect.arrayContaining(["bubblewrap", "namespaces", "abstract sockets", "terminal input", "landlock"]),
    )
  })

  test("gives every row that is not active a way out, and active ones none", async () => {
    using world = new World()
    for (const row of Object.values(rowsOf(await world.cordon(["doctor", "--json"])))) {
      const steps = row.fix.length + row.advice.length
      if (row.state === "active") expect(steps, row.protection).toBe(0)
      if (row.state === "unavailable") expect(steps, row.protection).toBeGreaterThan(0)
    }
  })

  test("says what the machine has even when the policy is broken, and that it cannot tell the rest", async () => {
    using world = new World({ project: { ".cordon.yaml": "netwrok: {}\n" } })
    const { code, stdout, stderr } = await world.cordon(["doctor"])
    expect(code).toBe(125)
    expect(stdout).toContain("bubblewrap")
    expect(stderr).toContain('unknown key "netwrok"')
  })
})
