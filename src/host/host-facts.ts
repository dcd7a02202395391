/**
 * What can be read of this machine about why a protection may fail, as plain data and in one place. Nothing here says
 * whether a protection works: that is tried, and these facts explain the failure.
 */
import { existsSync } from "node:fs"
import { readSwitch } from "./kernel-facts.ts"
import { isFiltered, isNested } from "./namespace-doubt.ts"
import { isInOwnSandbox } from "./own-sandbox.ts"

export type Container = "docker" | "podman" | "kubernetes" | "lxc"

export type HostFacts = {
  uid: number
  /** of the kernel, as uname(2) has it: `6.8.0-45-generic` */
  release: string
  /** `wsl1` is no Linux kernel at all, but calls translated by Windows */
  windows: "none" | "wsl1" | "wsl2"
  /** ID and then ID_LIKE of os-release(5) */
  distributions: readonly string[]
  container: Container | undefined
  /** this is a sandbox of Cordon's */
  insideCordon: boolean
  /** user.max_user_namespaces (namespaces(7)) */
  maxUserNamespaces: string | undefined
  /** kernel.unprivileged_userns_clone, a patch of Debian's and Arch's */
  unprivilegedUserns: string | undefined
  /** kernel.apparmor_restrict_unprivileged_userns, of Ubuntu >= 23.10 */
  apparmorUserns: string | undefined
  /** the profile that confines this process, or "" */
  apparmorProfile: string
  /** a profile that would let bwrap make namespaces, installed if not loaded; or "" */
  bubblewrapProfile: string
  /** the kernel was built with them (CONFIG_USER_NS) */
  hasUserNamespaces: boolean
  /** this process is in a user namespace other than the first (user_namespaces(7)) */
  insideUserNamespace: boolean
  /** this process runs under a seccomp filter (proc_pid_status(5)) */
  filtered: boolean
  /** something is mounted over a part of /proc, so that the kernel gives nobody a new one (mount_namespaces(7)) */
  maskedProc: boolean
  /** vm.memfd_noexec (kernel documentation, sysctl/vm) */
  memfdNoexec: string | undefined
  /** names of the security modules that are on, "" when that cannot be read (Documentation/admin-guide/LSM) */
  securityModules: string
  /** what adds words to the kernel's command line here */
  bootLoader: "grubby" | "update-grub" | "unknown"
}

/** Ours, Ubuntu's of 25.04 and later, and what people call theirs: two for one program would keep it from starting. */
const bubblewrapProfiles = [
  "/etc/apparmor.d/cordon-bwrap",
  "/etc/apparmor.d/bwrap-userns-restrict",
  "/etc/apparmor.d/bwrap",
]

/** Gathers the facts. @param root what stands for `/`; the machine itself when absent */
export function readHostFacts(uid: number, root = ""): HostFacts {
  const look = (path: string) => readSwitch(`${root}${path}`)
  const system = readSystem(look)
  const release = look("/proc/sys/kernel/osrelease") ?? ""
  return {
    uid,
    release,
    windows: windowsOf(`${release} ${look("/proc/version") ?? ""}`),
    distributions: [system.ID, ...(system.ID_LIKE ?? "").split(/\s+/)].flatMap(name => name || []),
    container: containerOf(root, look("/proc/self/cgroup") ?? ""),
    insideCordon: isInOwnSandbox(process.env),
    maxUserNamespaces: look("/proc/sys/user/max_user_namespaces"),
    unprivilegedUserns: look("/proc/sys/kernel/unprivileged_userns_clone"),
    apparmorUserns: look("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    apparmorProfile: profileOf(look("/proc/self/attr/apparmor/current") ?? ""),
    bubblewrapProfile: bubblewrapProfiles.find(path => existsSync(`${root}${path}`)) ?? "",
    hasUserNamespaces: look("/proc/self/uid_map") !== undefined,
    insideUserNamespace: isNested(look("/proc/self/uid_map") ?? ""),
    filtered: isFiltered(look("/proc/self/status")),
    maskedProc: hasMounts(look("/proc/self/mountinfo") ?? ""),
    memfdNoexec: look("/proc/sys/vm/memfd_noexec"),
    securityModules: look("/sys/kernel/security/lsm") ?? "",
    bootLoader: bootLoaderOf(root),
  }
}

/** Microsoft writes its name with a capital in the version of WSL 1 only, which says 4.4.0 for ever. */
function windowsOf(version: string): HostFacts["windows"] {
  if (/^\S*-Microsoft\b/.test(version)) return "wsl1"
  return /microsoft/i.test(version) ? "wsl2" : "none"
}

function containerOf(root: string, cgroup: string): Container | undefined {
  if (existsSync(`${root}/var/run/secrets/kubernetes.io`) || cgroup.includes("kubepods")) return "kubernetes"
  if (existsSync(`${root}/run/.containerenv`) || cgroup.includes("libpod")) return "podman"
  if (existsSync(`${root}/.dockerenv`) || cgroup.includes("/docker")) return "docker"
  const named = readSwitch(`${root}/run/systemd/container`) ?? ""
  return /^lxc/.test(named) || cgroup.includes("/lxc") ? "lxc" : undefined
}

/** `docker-default (enforce)` → docker-default. */
function profileOf(label: string): string {
  const name = label.replace(/\0/g, "").replace(/ \(\w+\)$/, "")
  return name === "unconfined" ? "" : name
}

/** proc_pid_mountinfo(5): the fifth field is the mount point. binfmt_misc has an empty directory of its own. */
function hasMounts(mountinfo: string): boolean {
  return mountinfo
    .split("\n")
    .map(line => line.split(" ")[4] ?? "")
    .some(point => point.startsWith("/proc/") && point !== "/proc/sys/fs/binfmt_misc")
}

/** Fedora's grubby(8), and Debian's update-grub(8), which reads /etc/default/grub.d. */
function bootLoaderOf(root: string): HostFacts["bootLoader"] {
  const has = (name: string) =>
    ["/usr/sbin", "/usr/bin", "/sbin"].some(place => existsSync(`${root}${place}/${name}`))
  if (has("grubby")) return "grubby"
  return has("update-grub") ? "update-grub" : "unknown"
}

function readSystem(look: (path: string) => string | undefined): Partial<Record<string, string>> {
  const text = look("/etc/os-release") ?? look("/usr/lib/os-release") ?? ""
  const lines = [...text.matchAll(/^([A-Z_]+)=(["']?)(.*)\2$/gm)]
  return Object.fromEntries(lines.map(([, name = "", , value = ""]) => [name, value]))
}
