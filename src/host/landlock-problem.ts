/** What of Landlock is missing, and why: from the version that it answered with, and facts. Pure. */

import { unfiltered } from "./container-problem.ts"
import type { HostFacts } from "./host-facts.ts"
import { asRoot, isOlder, newerKernel, type Problem, writeAsRoot } from "./remedy.ts"

/** What landlock_create_ruleset(2) answered when it was asked for its version. */
export type LandlockResult = {
  /** 0 = no Landlock */
  abi: number
  /** "" or the name of the errno */
  failure: string
}

/** The first version that keeps processes away from abstract sockets. */
export const scopes = { abi: 6, kernel: "6.12" }

/** What each version of the interface brought (landlock(7)), as far as a sandbox needs it. */
const versions: readonly { abi: number; kernel: string; protection: string }[] = [
  { abi: 2, kernel: "5.19", protection: "moves between directories" },
  { abi: 3, kernel: "6.2", protection: "truncation" },
  { abi: 4, kernel: "6.7", protection: "TCP ports" },
  { abi: 5, kernel: "6.10", protection: "ioctl on devices" },
  { ...scopes, protection: "abstract sockets and signals" },
]

/** Undefined when Landlock has all that a sandbox needs. */
export function landlockProblem(facts: HostFacts, { abi, failure }: LandlockResult): Problem | undefined {
  if (abi === 0) return absent(facts, failure)
  const lacking = versions.filter(version => version.abi > abi)
  if (lacking.length === 0) return undefined
  const list = lacking.map(({ protection, abi, kernel }) => `${protection} (ABI ${abi}, Linux ${kernel})`)
  return {
    why: `ABI ${abi} does not cover ${list.join(", ")}`,
    fix: [],
    advice: newerKernel(scopes.kernel, facts),
  }
}

/** landlock_create_ruleset(2): EOPNOTSUPP = built in and not switched on at boot, ENOSYS = not built in. */
function absent(facts: HostFacts, failure: string): Problem {
  const advice = newerKernel(scopes.kernel, facts)
  if (failure === "EOPNOTSUPP")
    return { why: "Landlock is built in and was not switched on at boot (lsm=)", ...switchedOnAtBoot(facts) }
  if (isOlder(facts.release, "5.13"))
    return { why: `Landlock came with Linux 5.13, and this is ${facts.release}`, fix: [], advice }
  if (failure === "ENOSYS" && !facts.filtered)
    return { why: "this kernel is built without Landlock (CONFIG_SECURITY_LANDLOCK)", fix: [], advice }
  return {
    why: `a filter around this process refuses Landlock's calls (${failure})`,
    fix: [],
    advice: unfiltered(facts),
  }
}

/** The modules that are on, and Landlock before them (Documentation/admin-guide/kernel-parameters, lsm=). */
function switchedOnAtBoot(facts: HostFacts): Pick<Problem, "fix" | "advice"> {
  const { securityModules, windows, bootLoader, container } = facts
  const others = /^[\w,]+$/.test(securityModules) ? securityModules.split(",") : []
  // `capability` is always there, and no word of that parameter.
  const words = ["landlock", ...others.filter(name => !["capability", "landlock"].includes(name))].join(",")
  const boot = others.length > 0 ? `lsm=${words}` : "lsm=landlock,… (the words of /sys/kernel/security/lsm)"
  if (container !== undefined)
    return { fix: [], advice: `on the machine around the container, boot with ${boot}` }
  if (windows === "wsl2")
    return {
      fix: [],
      advice: `in Windows, in %UserProfile%\\.wslconfig below [wsl2]: kernelCommandLine = ${boot}, then wsl.exe --shutdown`,
    }
  if (others.length === 0 || bootLoader === "unknown")
    return { fix: [], advice: `add ${boot} to the kernel's command line in your boot loader, and restart` }
  return { fix: bootCommands(boot, facts), advice: "restart the machine" }
}

function bootCommands(boot: string, facts: HostFacts): string[] {
  if (facts.bootLoader === "grubby") return [asRoot(`grubby --update-kernel=ALL --args=${boot}`, facts)]
  const line = `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${boot}"`
  return [writeAsRoot([line], "/etc/default/grub.d/cordon-landlock.cfg", facts), asRoot("update-grub", facts)]
}
