/** Which symbolic links are surely a person's. Any other may have been put there by an agent of an earlier run. */
import { isWithin, parentOf } from "../base/path.ts"

/** Where system links lie, such as /bin and /var/run: nobody but the machine's owner puts one there. */
const systemTrees = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/etc"]
/** Directories whose own entries only the owner places; projects may lie further down. */
const systemTops = ["/", "/home", "/var", "/opt"]

/**
 * Whether a link is surely a person's: it lies directly in the home, which is no project, or in a system directory.
 * Anywhere else an agent of an earlier run, in another project or with other caches, may have put it.
 * @param place canonical path of the link
 */
export function isPersons(place: string, { home, project }: { home: string; project: string }): boolean {
  if (isWithin(place, project)) return false
  const parent = parentOf(place)
  return parent === home || systemTops.includes(parent) || systemTrees.some(tree => isWithin(place, tree))
}
