/** What is missing of Landlock, by the version that the kernel answers with. */
import { describe, expect, test } from "bun:test"
import type { HostFacts } from "../../src/host/host-facts.ts"
import { landlockProblem, scopes } from "../../src/host/landlock-problem.ts"
import { machine } from "./machines.ts"

function problem(abi: number, failure = "", change: Partial<HostFacts> = {}) {
  return landlockProblem(machine(change), { abi, failure })
}

describe("a version", () => {
  test.each([6, 7, 12])("%d has all that is needed", abi => {
    expect(problem(abi)).toBeUndefined()
  })

  test.each([1, 2, 3, 4, 5])("%d names each later one, and the kernel that has it", abi => {
    const why = problem(abi)?.why ?? ""
    for (const later of [2, 3, 4, 5, 6]) expect(why.includes(`(ABI ${later}, Linux `)).toBe(later > abi)
    expect(why).toContain(`Linux ${scopes.kernel}`)
  })
})

describe("no Landlock", () => {
  test("because the kernel is from before it", () => {
    expect(problem(0, "ENOSYS", { release: "5.10.0" })?.why).toContain("came with Linux 5.13")
  })

  test("because it is not built in", () => {
    expect(problem(0, "ENOSYS")?.why).toContain("CONFIG_SECURITY_LANDLOCK")
  })

  test("because a filter says so, which reads like a kernel without", () => {
    expect(problem(0, "ENOSYS", { filtered: true })?.why).toContain("a filter around this process")
    expect(problem(0, "EPERM", { container: "docker" })?.advice).toContain("seccomp=unconfined")
  })

  test("because it was left out at boot: the modules that are on stay on", () => {
    const boot = { securityModules: "capability,lockdown,yama,apparmor", bootLoader: "grubby" } as const
    expect(problem(0, "EOPNOTSUPP", boot)).toMatchObject({
      fix: ["sudo grubby --update-kernel=ALL --args=lsm=landlock,lockdown,yama,apparmor"],
      advice: "restart the machine",
    })
    expect(problem(0, "EOPNOTSUPP", { ...boot, bootLoader: "update-grub" })?.fix).toEqual([
      `printf '%s\\n' 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX lsm=landlock,lockdown,yama,apparmor"' | sudo tee /etc/default/grub.d/cordon-landlock.cfg >/dev/null`,
      "sudo update-grub",
    ])
  })

  test("is never switched on with a list that would switch others off", () => {
    for (const securityModules of ["", "a b; rm -rf /"]) {
      const found = problem(0, "EOPNOTSUPP", { securityModules, bootLoader: "grubby" })
      expect(found?.fix).toEqual([])
      expect(found?.advice).toContain("/sys/kernel/security/lsm")
    }
  })

  test("is switched on where the kernel is booted from", () => {
    expect(problem(0, "EOPNOTSUPP", { windows: "wsl2" })?.advice).toContain(".wslconfig")
    expect(problem(0, "EOPNOTSUPP", { container: "docker" })?.advice).toContain("around the container")
    expect(problem(0, "EOPNOTSUPP")?.advice).toContain("in your boot loader")
  })
})
