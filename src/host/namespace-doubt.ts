/** Whether anything makes it likely that namespaces fail here. */
import { ask } from "../base/journal.ts"
import { fileTypes } from "../kernel/file-flags.ts"
import { typeAt } from "../kernel/path-calls.ts"
import { readSwitch } from "./kernel-facts.ts"

/**
 * A launch asks this before it takes the time to try, so it reads no more than a few small files, and stops at the first.
 * @param root what stands for `/`; the machine itself when absent
 */
export function namespacesInDoubt(uid: number, root = ""): boolean {
  return root === "" ? ask("namespaces in doubt", String(uid), askNamespaces) : doubt(uid, root)
}

export function askNamespaces(uid: string): boolean {
  return doubt(Number(uid), "")
}

function doubt(uid: number, root: string): boolean {
  const look = (path: string) => readSwitch(`${root}${path}`)
  return (
    look("/proc/sys/user/max_user_namespaces") === "0" ||
    isNested(look("/proc/self/uid_map") ?? "") ||
    (uid !== 0 && look("/proc/sys/kernel/unprivileged_userns_clone") === "0") ||
    (uid !== 0 && look("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") ||
    isFiltered(look("/proc/self/status")) ||
    // Container engines put /dev/null over it; reading all mounts would take ten times as long.
    typeAt(`${root}/proc/keys`) === fileTypes.characterDevice
  )
}

/** user_namespaces(7): only the first namespace maps every number to itself. */
export function isNested(map: string): boolean {
  return (
    map
      .split(" ")
      .filter(number => number !== "")
      .join(" ") !== "0 0 4294967295"
  )
}

export function isFiltered(status: string | undefined): boolean {
  return `\n${status}`.includes("\nSeccomp:\t2")
}
