/** Facts and trials in, rows out: a trial decides what holds, facts explain what does not. */
import { describe, expect, test } from "bun:test"
import { type Finding, hostFindings, type Trials } from "../../src/host/findings.ts"
import type { HostFacts } from "../../src/host/host-facts.ts"
import { machine } from "./machines.ts"

const successes: Trials = {
  bubblewrap: { path: "/usr/bin/bwrap", version: "0.11.0", setuid: false, works: true, said: "" },
  landlock: { abi: 7, failure: "" },
  seccomp: { filter: "", action: "", flags: "" },
  memoryProgram: "",
}

function rows(trials: Partial<Trials> = {}, facts: Partial<HostFacts> = {}): Record<string, Finding> {
  const findings = hostFindings(machine(facts), { ...successes, ...trials })
  return Object.fromEntries(findings.map(finding => [finding.protection, finding]))
}

function row(name: string, trials: Partial<Trials> = {}, facts: Partial<HostFacts> = {}): Finding {
  const found = rows(trials, facts)[name]
  if (found === undefined) throw new Error(`there is no row ${name}`)
  return found
}

test("a machine on which all was tried with success has nothing to mend", () => {
  for (const { protection, state, why, fix, advice } of Object.values(rows())) {
    expect([protection, state]).toEqual([protection, "active"])
    expect(why).not.toBe("")
    expect([...fix, advice]).toEqual([""])
  }
})

test("the rows are these, in this order", () => {
  expect(Object.keys(rows())).toEqual([
    "bubblewrap",
    "namespaces",
    "kernel",
    "landlock",
    "abstract sockets",
    "seccomp",
    "terminal input",
    "seccomp notify",
    "memory programs",
  ])
})

describe("a success", () => {
  test("is none the less one because a fact speaks against it", () => {
    const dark = { maxUserNamespaces: "0", apparmorUserns: "1", filtered: true, memfdNoexec: "2" }
    const found = rows({}, { ...dark, container: "docker", maskedProc: true })
    expect(found.namespaces?.state).toBe("active")
    expect(found["memory programs"]?.state).toBe("active")
  })
})

describe("bubblewrap", () => {
  test("that is missing leaves no word about namespaces", () => {
    const problem = { why: "bubblewrap is not installed", fix: ["install it"], advice: "" }
    const found = rows({ bubblewrap: problem })
    expect(found.bubblewrap).toEqual({ protection: "bubblewrap", state: "unavailable", ...problem })
    expect(found.namespaces).toBeUndefined()
  })

  test("that fails is there, and its namespaces are not", () => {
    const failed = { ...successes.bubblewrap, works: false, said: "bwrap: no" } as Trials["bubblewrap"]
    const found = rows({ bubblewrap: failed })
    expect(found.bubblewrap?.state).toBe("active")
    expect(found.namespaces).toMatchObject({ state: "unavailable" })
    expect(found.namespaces?.why).toContain("bwrap: no")
  })
})

describe("the kernel", () => {
  test.each([
    ["5.18.19", "unavailable"],
    ["5.19.0", "active"],
    ["6.12.1", "active"],
  ])("%s is %s", (release, state) => {
    expect(row("kernel", {}, { release }).state).toBe(state as Finding["state"])
  })

  test("of Windows says so", () => {
    expect(row("kernel", {}, { windows: "wsl2" }).why).toContain("WSL 2")
    expect(row("kernel", {}, { windows: "wsl1" })).toMatchObject({ state: "unavailable" })
  })
})

describe("Landlock", () => {
  test("that lacks something is degraded, and without it there is none", () => {
    expect(row("landlock", { landlock: { abi: 3, failure: "" } }).state).toBe("degraded")
    expect(row("landlock", { landlock: { abi: 0, failure: "ENOSYS" } }).state).toBe("unavailable")
  })

  test.each([
    [5, "unavailable"],
    [6, "active"],
  ])("of version %d: abstract sockets are %s", (abi, state) => {
    const found = row("abstract sockets", { landlock: { abi, failure: "" } })
    expect(found.state).toBe(state as Finding["state"])
    expect(found.why).toContain(`Landlock ABI ${abi}`)
    if (state !== "active") expect(found.advice).toContain("--net off")
  })
})

describe("seccomp", () => {
  const seccomp = (change: Partial<Trials["seccomp"]>, facts: Partial<HostFacts> = {}) =>
    rows({ seccomp: { ...successes.seccomp, ...change } }, facts)

  test("without filters lets programs type into the terminal", () => {
    const found = seccomp({ filter: "ENOSYS", action: "ENOSYS", flags: "ENOSYS" })
    for (const name of ["seccomp", "terminal input", "seccomp notify"])
      expect(found[name]?.why).toContain("CONFIG_SECCOMP_FILTER")
  })

  test("with filters and no listener is two things", () => {
    const found = seccomp({ action: "EOPNOTSUPP", flags: "EINVAL" })
    expect(found.seccomp?.state).toBe("active")
    expect(found["seccomp notify"]?.why).toContain("user notification (Linux 5.0): EOPNOTSUPP")
  })

  test("without killable waits needs Linux 5.19", () => {
    const found = seccomp({ flags: "EINVAL" }, { release: "5.15.0" })
    expect(found["seccomp notify"]?.why).toBe(
      "Linux 5.15.0 does not have killable waits of a listener (Linux 5.19): EINVAL",
    )
  })

  test("that a container refuses is the container's to allow", () => {
    const found = seccomp({ filter: "EPERM" }, { container: "docker" })
    expect(found.seccomp?.advice).toContain("--security-opt seccomp=unconfined")
    const unknown = seccomp({ filter: "ENOSYS" }, { filtered: true })
    expect(unknown.seccomp?.why).toContain("a filter around this process")
  })
})

describe("every failure", () => {
  const failures: [string, Partial<Trials>][] = [
    ["bubblewrap", { bubblewrap: { why: "none", fix: ["install it"], advice: "" } }],
    ["landlock", { landlock: { abi: 0, failure: "ENOSYS" } }],
    ["landlock", { landlock: { abi: 0, failure: "EOPNOTSUPP" } }],
    ["landlock", { landlock: { abi: 0, failure: "EPERM" } }],
    ["landlock", { landlock: { abi: 1, failure: "" } }],
    ["abstract sockets", { landlock: { abi: 1, failure: "" } }],
    ["seccomp", { seccomp: { filter: "EPERM", action: "", flags: "" } }],
    ["terminal input", { seccomp: { filter: "EINVAL", action: "", flags: "" } }],
    ["seccomp notify", { seccomp: { filter: "", action: "EPERM", flags: "" } }],
    ["memory programs", { memoryProgram: "it ended with SIGKILL" }],
  ]
  const places: Partial<HostFacts>[] = [
    {},
    { uid: 0 },
    { container: "docker", filtered: true, maskedProc: true },
    { container: "podman" },
    { container: "kubernetes" },
    { container: "lxc" },
    { windows: "wsl2", release: "5.15.0-microsoft-standard-WSL2" },
    { distributions: [], securityModules: "" },
    { bootLoader: "grubby" },
    { bootLoader: "update-grub" },
    { memfdNoexec: "2" },
  ]

  test.each(failures)("of %s has one sentence and a next step wherever it happens", (name, trials) => {
    for (const place of places) {
      const { why, fix, advice } = row(name, trials, place)
      expect(why).not.toMatch(/\.$|undefined|^$/)
      expect([...fix, advice].join("")).not.toMatch(/undefined|^$/)
      if (place.uid === 0) expect(fix.join()).not.toContain("sudo")
    }
  })
})

describe("memory programs", () => {
  test("that a switch forbids come with the switch", () => {
    const found = row("memory programs", { memoryProgram: "execve: EACCES" }, { memfdNoexec: "2" })
    expect(found.why).toContain("vm.memfd_noexec = 2")
    expect(found.fix.at(-1)).toBe("sudo sysctl -p /etc/sysctl.d/99-cordon-vm.memfd_noexec.conf")
  })

  test.each([undefined, "0"])("that fail for another reason say which (vm.memfd_noexec %p)", memfdNoexec => {
    const found = row("memory programs", { memoryProgram: "execve: EPERM" }, { memfdNoexec })
    expect(found.why).toContain("execve: EPERM")
    expect(found.fix).toEqual([])
    expect(found.advice).not.toBe("")
  })
})
