/** The second wall beneath the mounts: what Landlock leaves writable is what the mounts leave writable. */
import { isBelow } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import type { LandlockWall, Mount } from "./launch-plan.ts"

/** The first ABI that lets files be renamed from one directory into another (landlock(7)). */
const leastAbi = 2

/** @returns undefined where the kernel has no Landlock that could stand beneath the mounts */
export function planWall(
  mounts: readonly Mount[],
  kernel: { landlockAbi: number; scopeAbstractSockets: boolean },
  facts: PathFacts,
): LandlockWall | undefined {
  if (kernel.landlockAbi < leastAbi) return undefined
  const writable = mounts.filter(isWritable)
  const topmost = writable.filter(({ path }) => !writable.some(other => isBelow(path, other.path)))
  return {
    abi: kernel.landlockAbi,
    scopeAbstractSockets: kernel.scopeAbstractSockets,
    writable: topmost.map(({ kind, path }) => ({
      path,
      kind: kind === "host" && facts(path).kind !== "directory" ? "file" : "directory",
    })),
  }
}

function isWritable(mount: Mount): boolean {
  if (mount.kind === "host") return mount.access === "write"
  return mount.kind === "private" || mount.kind === "proc" || mount.kind === "dev"
}
