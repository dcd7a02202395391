/** Programs of the host that Cordon and its tests run, installed with whichever package manager there is. */
import { spawnSync } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Refusal, runQuietly } from "./say.mjs"

const oldestBubblewrap = "0.8"

/** In order of preference; `packages` names what differs from the name `packageNames` gives. */
const packageManagers = [
  {
    program: "apt-get",
    update: ["apt-get", "update"],
    install: ["apt-get", "install", "-y", "--no-install-recommends"],
    // Several CI jobs may share a machine: wait for the lock instead of failing.
    patience: ["-o", "DPkg::Lock::Timeout=300"],
    packages: { useradd: "passwd" },
  },
  { program: "dnf", install: ["dnf", "install", "-y"], packages: { useradd: "shadow-utils" } },
  { program: "pacman", install: ["pacman", "-Sy", "--needed", "--noconfirm"], packages: {} },
  { program: "zypper", install: ["zypper", "--non-interactive", "install"], packages: {} },
  { program: "apk", install: ["apk", "add"], packages: { setpriv: "setpriv" } },
]

const packageNames = { bwrap: "bubblewrap", git: "git", setpriv: "util-linux", useradd: "shadow" }

/** Installs what is missing; returns whether it did anything. Elsewhere than on Linux nothing is needed. */
export function installHostPrograms(report) {
  if (process.platform !== "linux") return false
  const missing = missingPrograms()
  if (missing.length === 0) return false

  const manager = packageManagers.find(({ program }) => findProgram(program))
  const names = missing.map(program => manager?.packages[program] ?? packageNames[program])
  if (!manager) {
    throw new Refusal(
      `${describe(missing)}; no known package manager here, so install by hand: ${names.join(" ")}`,
    )
  }
  install({ manager, names, missing, report })

  const still = missingPrograms()
  if (still.length > 0) {
    throw new Refusal(`${manager.program} installed ${names.join(" ")}, yet ${describe(still)}`)
  }
  return true
}

function install({ manager, names, missing, report }) {
  const command = [...manager.install, ...names]
  const prefix = rootPrefix()
  if (prefix === undefined) {
    const sudo = findProgram("sudo") ? "sudo " : ""
    const line = [manager.update, command]
      .flatMap(words => (words ? [sudo + words.join(" ")] : []))
      .join(" && ")
    const how = sudo === "" ? "run as root" : "run"
    throw new Refusal(`${describe(missing)}, and installing needs root; ${how}: ${line}`)
  }
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } }
  if (manager.update) {
    report(manager.update.join(" "))
    // One broken source must not stop an installation from the others: whether it worked, `install` shows.
    const { status } = spawnSync(
      [...prefix, ...manager.update][0],
      [...prefix, ...manager.update].slice(1),
      options,
    )
    if (status !== 0)
      report(`${manager.update.join(" ")} failed; trying with the package lists that are here`)
  }
  report(`${command.join(" ")}: ${describe(missing)}`)
  runQuietly([...prefix, ...command, ...(manager.patience ?? [])], options)
}

/** The words before a command that make it run as root: none, sudo, or undefined when neither is possible. */
function rootPrefix() {
  if (process.getuid() === 0) return []
  const sudo = ["sudo", "-n"]
  return findProgram("sudo") && spawnSync(sudo[0], ["-n", "true"]).status === 0 ? sudo : undefined
}

/** Dropping to an ordinary user takes setpriv and useradd, which only root can use. */
function missingPrograms() {
  const wanted = process.getuid() === 0 ? ["bwrap", "git", "setpriv", "useradd"] : ["bwrap", "git"]
  return wanted.filter(program => !findProgram(program) || (program === "bwrap" && !isNewBubblewrap()))
}

function isNewBubblewrap() {
  const { stdout } = spawnSync("bwrap", ["--help"], { encoding: "utf8" })
  return (stdout ?? "").includes("--disable-userns") // since 0.8
}

function describe(missing) {
  const old = missing.includes("bwrap") && findProgram("bwrap")
  const texts = missing.map(program =>
    program === "bwrap" && old ? `bubblewrap is older than ${oldestBubblewrap}` : `${program} is missing`,
  )
  return texts.join(", ")
}

/** The path of a program, or undefined. System administration programs are often not on an ordinary PATH. */
export function findProgram(name) {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]
  return directories
    .filter(directory => directory !== "")
    .map(directory => join(directory, name))
    .find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(error.code)) return false
    throw error
  }
}
