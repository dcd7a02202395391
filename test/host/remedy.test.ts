/** Commands that people paste, and that --fix runs: whole, quoted, and as whoever may. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HostError } from "../../src/base/error.ts"
import {
  asRoot,
  hostError,
  installBubblewrap,
  isOlder,
  newerKernel,
  nextStep,
  setSwitch,
  writeAsRoot,
} from "../../src/host/remedy.ts"
import { machine } from "./machines.ts"

test("a next step is the commands, then what no command does", () => {
  expect(nextStep({ why: "", fix: ["a", "b"], advice: "c" })).toBe("a && b; c")
  expect(nextStep({ why: "", fix: ["a"], advice: "" })).toBe("a")
  expect(nextStep({ why: "", fix: [], advice: "c" })).toBe("c")
})

test("a problem as an error has its sentence and its next step", () => {
  const error = hostError({ why: "it is broken", fix: ["mend it"], advice: "" })
  expect(error).toBeInstanceOf(HostError)
  expect([error.message, error.hint]).toEqual(["it is broken", "mend it"])
})

describe("a command of root's", () => {
  test("is prefixed for everybody else", () => {
    expect(asRoot("x", { uid: 0 })).toBe("x")
    expect(asRoot("x", { uid: 1000 })).toBe("sudo x")
  })

  test("writes the lines that it is given, as a shell runs it", () => {
    const directory = mkdtempSync(join(tmpdir(), "cordon-remedy-"))
    try {
      const path = join(directory, "file")
      const lines = ["abi <abi/4.0>,", '  A="$A lsm=x"', "100 %s \\n"]
      const { exitCode, stdout } = Bun.spawnSync(["sh", "-c", writeAsRoot(lines, path, { uid: 0 })])
      expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 0, stdout: "" })
      expect(readFileSync(path, "utf8")).toBe(lines.map(line => `${line}\n`).join(""))
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test("that sets a switch sets it for the next start too", () => {
    const [write, load] = setSwitch("a.b", "1", { uid: 1000 })
    expect(write).toBe("printf '%s\\n' 'a.b = 1' | sudo tee /etc/sysctl.d/99-cordon-a.b.conf >/dev/null")
    expect(load).toBe("sudo sysctl -p /etc/sysctl.d/99-cordon-a.b.conf")
  })
})

describe("bubblewrap is installed", () => {
  test.each([
    [["debian"], "sudo apt-get install --yes bubblewrap"],
    [["ubuntu", "debian"], "sudo apt-get install --yes bubblewrap"],
    [["linuxmint", "ubuntu", "debian"], "sudo apt-get install --yes bubblewrap"],
    [["fedora"], "sudo dnf install --assumeyes bubblewrap"],
    [["almalinux", "rhel", "centos", "fedora"], "sudo dnf install --assumeyes bubblewrap"],
    [["manjaro", "arch"], "sudo pacman -S --noconfirm bubblewrap"],
    [["opensuse-tumbleweed", "opensuse", "suse"], "sudo zypper --non-interactive install bubblewrap"],
    [["alpine"], "sudo apk add bubblewrap"],
  ])("on %j", (distributions, command) => {
    expect(installBubblewrap(machine({ distributions })).fix.at(-1)).toBe(command)
  })

  test("on others by whoever knows how", () => {
    expect(installBubblewrap(machine({ distributions: ["gentoo"] }))).toEqual({
      fix: [],
      advice: "install the package bubblewrap",
    })
    expect(installBubblewrap(machine({ distributions: ["nixos"] })).advice).toContain("systemPackages")
    expect(installBubblewrap(machine({ distributions: [] })).fix).toEqual([])
  })
})

describe("a newer kernel comes", () => {
  test.each([
    [{ windows: "wsl2" }, "wsl.exe --update"],
    [{ container: "docker" }, "on a machine with Linux 6.12"],
    [{ distributions: ["ubuntu", "debian"] }, "linux-generic-hwe"],
    [{ distributions: ["debian"] }, "backports"],
    [{ distributions: ["arch"] }, "install Linux 6.12 or later, and restart"],
  ] as const)("for %j: %s", (change, words) => {
    expect(newerKernel("6.12", machine(change))).toContain(words)
  })
})

test.each([
  ["5.18.0", "5.19", true],
  ["4.20.17", "5.19", true],
  ["5.19.0-rc1", "5.19", false],
  ["5.100.0", "5.19", false],
  ["6.1.0-18-amd64", "5.19", false],
  ["10.0", "6.12", false],
  ["", "5.19", false],
  ["a kernel of my own", "5.19", false],
])("%s is older than %s: %p", (release, version, expected) => {
  expect(isOlder(release, version)).toBe(expected)
})
