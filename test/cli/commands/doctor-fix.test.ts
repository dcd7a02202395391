/**
 * `cordon doctor --fix` changes the machine, so it runs on machines that are made for it: what it shows, whom it asks,
 * what it runs and as whom, and that it says what holds afterwards.
 */
import { describe, expect, test } from "bun:test"
import { noMachine, onMachine } from "../../support/machine.ts"
import { World } from "../../support/world.ts"

/** A bubblewrap that a user cannot use, and one command of root's that mends it. */
const setuid = "chmod u+s /usr/bin/bwrap"
const command = "sudo chmod u-s /usr/bin/bwrap"
/** env(1) with the rights of root runs its words as sudo(8) does, and asks for no password. */
const sudo = "cp /usr/bin/env /usr/bin/sudo; chmod 4755 /usr/bin/sudo"
const mode = "stat -c 'mode %a' /usr/bin/bwrap"

const title = noMachine === undefined ? "--fix" : `--fix [skipped when ${noMachine}]`
describe.skipIf(noMachine !== undefined)(title, () => {
  test("without a terminal shows the commands and runs none", async () => {
    const { code, stdout, stderr } = await onMachine({
      machine: `${setuid}; ${sudo}`,
      user: "ordinary",
      words: ["doctor", "--fix"],
      after: mode,
    })
    expect(code).toBe(1)
    expect(stdout).toEndWith("mode 4755\n")
    expect(stderr).toContain(`cordon:   ${command}\n`)
    expect(stderr).toContain("cordon: nothing was run: there is no terminal to ask on\n")
    expect(stderr).toContain("→ cordon doctor --fix --yes")
  })

  test("with --yes runs them with sudo, and looks again", async () => {
    const { code, stdout, stderr } = await onMachine({
      machine: `${setuid}; ${sudo}`,
      user: "ordinary",
      words: ["doctor", "--fix", "--yes"],
      after: mode,
    })
    expect(stderr.indexOf(`cordon:   ${command}`)).toBeLessThan(stderr.indexOf(`cordon: $ ${command}`))
    const [before = "", after = ""] = stdout.split("afterwards:")
    expect(before).toMatch(/^unavailable namespaces/m)
    expect(after).toMatch(/^active +namespaces/m)
    expect(stdout).toEndWith("mode 755\n")
    expect(code).toBe(0)
  })

  test.each(["y\n", "Yes\n"])("on a terminal asks, and %j runs them", async answer => {
    const change = { machine: `${setuid}; ${sudo}`, user: "ordinary", words: ["doctor", "--fix"] } as const
    const { code, stdout } = await onMachine({ ...change, after: mode, answer })
    expect(stdout).toContain(`cordon:   ${command}\n`)
    expect(stdout).toContain("mode 755\n")
    expect(code).toBe(0)
  })

  test.each(["n\n", "\n", "yesterday\n", "\u0004"])("on a terminal %j runs nothing", async answer => {
    const change = { machine: `${setuid}; ${sudo}`, user: "ordinary", words: ["doctor", "--fix"] } as const
    const { code, stdout } = await onMachine({ ...change, after: mode, answer })
    expect(stdout).toContain("cordon: nothing was run")
    expect(stdout).toContain("mode 4755\n")
    expect(code).toBe(1)
  })

  test("as root needs no sudo", async () => {
    const { code, stdout, stderr } = await onMachine({
      machine: "echo 2 > /proc/sys/vm/memfd_noexec; rm -f /usr/bin/sudo",
      words: ["doctor", "--fix", "--yes"],
      after: "cat /proc/sys/vm/memfd_noexec /etc/sysctl.d/99-cordon-vm.memfd_noexec.conf",
    })
    expect(stderr).not.toContain("sudo")
    expect(stdout).toEndWith("0\nvm.memfd_noexec = 0\n")
    expect(code).toBe(0)
  })

  test("without root and without sudo says so, and runs nothing", async () => {
    const { code, stdout, stderr } = await onMachine({
      machine: `${setuid}; rm -f /usr/bin/sudo /usr/local/bin/sudo`,
      user: "ordinary",
      words: ["doctor", "--fix", "--yes"],
      after: mode,
    })
    expect(code).toBe(125)
    expect(stderr).toContain("cordon: these commands need root, and there is no sudo here\n")
    expect(stdout).toEndWith("mode 4755\n")
  })

  test("runs no sudo that an agent put on the PATH", async () => {
    const planted = "mkdir -m 777 /planted; printf '#!/bin/sh\\n>/planted/ran\\n' > /planted/sudo"
    const { stdout } = await onMachine({
      machine: `${setuid}; ${sudo}; ${planted}; chmod 755 /planted/sudo`,
      user: "ordinary",
      before: ["env", "PATH=/planted:/usr/bin:/bin"],
      words: ["doctor", "--fix", "--yes"],
      after: `ls /planted; ${mode}`,
    })
    expect(stdout).toEndWith("sudo\nmode 755\n")
  })

  test("stops at the first command that fails", async () => {
    // There is no /etc/apparmor.d to write the profile into.
    const { code, stdout, stderr } = await onMachine({
      machine: `fake /proc/sys/kernel/apparmor_restrict_unprivileged_userns 1; rm -rf /etc/apparmor.d; ${sudo}`,
      user: "ordinary",
      words: ["doctor", "--fix", "--yes"],
    })
    expect(code).toBe(1)
    expect(stderr).toContain("the commands after it were not run")
    expect(stderr).not.toContain("$ sudo apparmor_parser")
    expect(stdout).not.toContain("afterwards:")
  })

  test("where all is well has nothing to do, and needs no answer", async () => {
    const { code, stderr } = await onMachine({ words: ["doctor", "--fix"] })
    expect(stderr).toBe("cordon: there is nothing that a command here could fix\n")
    expect(code).toBe(0)
  })

  test("where no command helps says so, and stays with what is wrong", async () => {
    const machine = "touch /.dockerenv; hide /proc/keys"
    const { code, stderr } = await onMachine({ machine, words: ["doctor", "--fix", "--yes"] })
    expect(stderr).toBe("cordon: there is nothing that a command here could fix\n")
    expect(code).toBe(1)
  })
})

describe("the options of --fix", () => {
  test.each([
    [["doctor", "--yes"], "--yes goes with --fix"],
    [["doctor", "--fix", "--json"], "--json and --fix contradict each other"],
    [["--fix", "--", "true"], "--fix goes with cordon doctor"],
    [["--yes", "true"], "--yes goes with cordon doctor"],
    [["check", "--fix"], "--fix goes with cordon doctor"],
    [["run", "--fix", "true"], "--fix goes with cordon doctor"],
  ])("%j is refused", async (words, message) => {
    using world = new World()
    const { code, stdout, stderr } = await world.cordon(words)
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" })
    expect(stderr).toStartWith(`cordon: ${message}\n`)
  })

  test("belong to the command behind its name", async () => {
    using world = new World()
    const { stdout } = await world.cordon(["--dry-run", "--json", "echo", "--fix", "--yes"])
    const { data } = JSON.parse(stdout) as { data: { plan: { command: string[] } } }
    expect(data.plan.command).toEqual(["echo", "--fix", "--yes"])
  })
})
