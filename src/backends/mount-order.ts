/** In which order bubblewrap makes mounts soonest. */
import { parentOf } from "../base/path.ts"
import type { Mount } from "../plan/launch-plan.ts"

/**
 * Hidden directories in which nothing is mounted go behind what is mounted elsewhere. bubblewrap reads the list of all
 * mounts again for every bind, and for none of these: a thousand of them ahead of a few binds cost 15 ms. What is mounted
 * below or over something still comes after it, and what is sealed comes last.
 */
export function soonestOrder(mounts: readonly Mount[]): Mount[] {
  /** where something is mounted, or below which: with a place all that is above it */
  const taken = new Set<string>()
  for (const { path, kind } of mounts) {
    if (kind === "sealed") continue
    if (kind !== "hidden-directory") taken.add(path)
    for (let at = parentOf(path); !taken.has(at); at = parentOf(at)) taken.add(at)
  }
  const first: Mount[] = []
  const hidden: Mount[] = []
  const sealed: Mount[] = []
  for (const mount of mounts)
    if (mount.kind === "sealed") sealed.push(mount)
    else if (mount.kind === "hidden-directory" && !taken.has(mount.path)) hidden.push(mount)
    else first.push(mount)
  return [...first, ...hidden, ...sealed]
}
