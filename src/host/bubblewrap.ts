/** Is there a bubblewrap, is it new enough, and may it make namespaces here? */
import { readFileSync } from "node:fs"
import { HostError } from "../base/error.ts"
import { readSwitch } from "./kernel-facts.ts"

/**
 * Where bubblewrap may lie. Not the PATH: in an npm script it begins with the project's node_modules/.bin, where
 * an agent could have put a bwrap of its own for the next launch.
 */
const places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap"]

export type Bubblewrap = { path: string; version: string }

/** Commands that install bubblewrap, by the package manager that is there. */
const installers: readonly { program: string; command: string }[] = [
  { program: "/usr/bin/apt-get", command: "sudo apt-get install bubblewrap" },
  { program: "/usr/bin/dnf", command: "sudo dnf install bubblewrap" },
  { program: "/usr/bin/pacman", command: "sudo pacman -S bubblewrap" },
  { program: "/usr/bin/zypper", command: "sudo zypper install bubblewrap" },
  { program: "/sbin/apk", command: "sudo apk add bubblewrap" },
]

/** The command that installs bubblewrap here. */
export function installCommand(): string {
  return (
    installers.find(({ program }) => read(program) !== undefined)?.command ?? "install the package bubblewrap"
  )
}

/**
 * The bubblewrap of this machine. Its version is read from the file, because starting it once more to ask would
 * take as long as the launch.
 * @throws HostError when there is none, or one before 0.8, which cannot switch nested user namespaces off
 */
export function findBubblewrap(candidates: readonly string[] = places): Bubblewrap {
  for (const path of candidates) {
    const binary = read(path)
    if (binary === undefined) continue
    const version = /bubblewrap (\d+\.\d+(?:\.\d+)?)/.exec(binary)?.[1] ?? "of an unknown version"
    if (!binary.includes("--disable-userns"))
      throw new HostError(
        `${path} is bubblewrap ${version}, and Cordon needs 0.8 or later`,
        `${installCommand()} (a newer one)`,
      )
    return { path, version }
  }
  throw new HostError("bubblewrap is not installed", installCommand())
}

/** A reason why user namespaces may fail here, and the command that lifts it. */
export type NamespaceObstacle = { cause: string; fix: string; certain: boolean }

/** What stands in the way of user namespaces, as far as reading tells; `certain` causes need no trial. */
export function namespaceObstacle(uid: number): NamespaceObstacle | undefined {
  if (readSwitch("/proc/sys/user/max_user_namespaces") === "0")
    return {
      cause: "user namespaces are switched off (user.max_user_namespaces = 0)",
      fix: "sudo sysctl -w user.max_user_namespaces=15000",
      certain: true,
    }
  if (!/^\s*0\s+0\s+4294967295$/.test(readSwitch("/proc/self/uid_map") ?? ""))
    return {
      cause: "this runs inside a user namespace already, as in a container or another sandbox",
      fix: "inside a sandbox run the command without cordon: the one around it holds; else allow user namespaces in the container",
      certain: false,
    }
  if (uid !== 0 && readSwitch("/proc/sys/kernel/unprivileged_userns_clone") === "0")
    return {
      cause: "user namespaces are switched off for users (kernel.unprivileged_userns_clone = 0)",
      fix: "sudo sysctl -w kernel.unprivileged_userns_clone=1",
      certain: true,
    }
  if (uid !== 0 && readSwitch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1")
    return {
      cause: "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)",
      fix: "install an AppArmor profile for bwrap that allows userns, or: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
      certain: false,
    }
  if (/^Seccomp:\s*2/m.test(readSwitch("/proc/self/status") ?? ""))
    return {
      cause: "this process runs under a seccomp filter, as in a container",
      fix: "run on the host, or allow user namespaces in the container",
      certain: false,
    }
  return undefined
}

/**
 * @throws HostError when bubblewrap cannot make its namespaces here. Tried by doing only where reading leaves a
 * doubt: elsewhere the trial would double the launch.
 */
export function requireNamespaces(bubblewrap: Bubblewrap, uid: number): void {
  const obstacle = namespaceObstacle(uid)
  if (obstacle === undefined) return
  if (obstacle.certain || !trial(bubblewrap).works) throw new HostError(obstacle.cause, obstacle.fix)
}

/** Starts the smallest sandbox there is. */
export function trial({ path }: Bubblewrap): { works: boolean; said: string } {
  const words = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--disable-userns",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--",
    "/bin/true",
  ]
  const { exitCode, stderr } = Bun.spawnSync([path, ...words], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  })
  return { works: exitCode === 0, said: stderr.toString().trim() }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") return undefined
    throw cause
  }
}
