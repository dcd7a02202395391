/** What is wrong with this machine, and what to do about it: commands for this machine, or a step somewhere else. */
import { HostError } from "../base/error.ts"
import type { HostFacts } from "./host-facts.ts"

/** A cause, and the way out. */
export type Problem = {
  /** one sentence, no capital, no full stop */
  why: string
  /** shell commands that mend it, in order, as this user would have to give them */
  fix: readonly string[]
  /** what cannot be done by a command here: on the machine around a container, at the next start; or "" */
  advice: string
}

/** What a problem's next step is, in one line. */
export function nextStep({ fix, advice }: Problem): string {
  return [fix.join(" && "), advice].filter(part => part !== "").join("; ")
}

export function hostError(problem: Problem): HostError {
  return new HostError(problem.why, nextStep(problem))
}

type Who = Pick<HostFacts, "uid">

/** A command that only root may give. */
export function asRoot(command: string, { uid }: Who): string {
  return uid === 0 ? command : `sudo ${command}`
}

/** Writes lines into a file of root's; the lines hold no quotes. */
export function writeAsRoot(lines: readonly string[], path: string, who: Who): string {
  return `printf '%s\\n' ${lines.map(line => `'${line}'`).join(" ")} | ${asRoot(`tee ${path}`, who)} >/dev/null`
}

/** Sets a kernel switch now and for the starts to come (sysctl(8), sysctl.d(5); the file that sorts last wins). */
export function setSwitch(name: string, value: string, who: Who): string[] {
  const path = `/etc/sysctl.d/99-cordon-${name}.conf`
  return [writeAsRoot([`${name} = ${value}`], path, who), asRoot(`sysctl -p ${path}`, who)]
}

/** Distribution (os-release(5), ID and ID_LIKE) → how it installs a package. Nothing asks: who runs them has agreed. */
const installers: readonly { distributions: readonly string[]; commands: readonly string[] }[] = [
  {
    distributions: ["debian", "ubuntu"],
    commands: ["apt-get update", "apt-get install --yes bubblewrap"],
  },
  { distributions: ["fedora", "rhel", "centos"], commands: ["dnf install --assumeyes bubblewrap"] },
  { distributions: ["arch"], commands: ["pacman -S --noconfirm bubblewrap"] },
  { distributions: ["suse", "opensuse"], commands: ["zypper --non-interactive install bubblewrap"] },
  { distributions: ["alpine"], commands: ["apk add bubblewrap"] },
]

/** How bubblewrap is installed, or brought up to date, on this distribution. */
export function installBubblewrap(facts: HostFacts): Pick<Problem, "fix" | "advice"> {
  const { distributions } = facts
  if (distributions.includes("nixos"))
    return { fix: [], advice: "add pkgs.bubblewrap to environment.systemPackages, then nixos-rebuild switch" }
  const found = distributions
    .map(name => installers.find(installer => installer.distributions.includes(name.replace(/-.*/, ""))))
    .find(installer => installer !== undefined)
  return found === undefined
    ? { fix: [], advice: "install the package bubblewrap" }
    : { fix: found.commands.map(command => asRoot(command, facts)), advice: "" }
}

/** How one gets a newer kernel here. */
export function newerKernel(version: string, { windows, container, distributions }: HostFacts): string {
  if (windows === "wsl2") return "in Windows: wsl.exe --update, then wsl.exe --shutdown"
  if (container !== undefined) return `run it on a machine with Linux ${version} or later`
  const known = distributions.includes("ubuntu")
    ? " (Ubuntu: the package linux-generic-hwe of this release)"
    : distributions.includes("debian")
      ? " (Debian: linux-image-amd64 or linux-image-arm64 of backports)"
      : ""
  return `install Linux ${version} or later${known}, and restart`
}

/** Whether a release comes before a version. One that is no version at all is nobody's old kernel. */
export function isOlder(release: string, version: string): boolean {
  const numbers = (text: string) => /^(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? []
  const [major = Number.POSITIVE_INFINITY, minor = 0] = numbers(release)
  const [wantedMajor = 0, wantedMinor = 0] = numbers(version)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}
