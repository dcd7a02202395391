/** Where the memory of a launch lies: the name of its file is a hash of all that the caller decides. */
import { absolutePath } from "../base/path.ts"
import { replacement } from "../base/path-bytes.ts"
import { xdgDirectories } from "../host/xdg-directories.ts"
import { statusAt } from "../kernel/path-calls.ts"
import { decidingWords } from "./caller-words.ts"
import { liesInProject } from "./planted-home.ts"

/** Another one whenever what is remembered changes its shape or its meaning. */
export const format = 5

export type Place = {
  directory: string
  /** the name of the file, without its ending */
  key: string
  /** as the caller's environment has it: it is not made */
  home: string
  /** how many words of the command line there are, and how many of them, from the first on, the key is made of */
  words: { all: number; deciding: number }
}

/**
 * @param words of the command line
 * @returns undefined where nothing is remembered: for words that are no text, without a home to keep it in, with a state
 * directory of the caller's own, with a home in a project, for the probe of `cordon verify`, and for a program that is not built and so changes
 * without notice
 */
export function placeOf(words: readonly string[]): Place | undefined {
  if (!Bun.main.startsWith("/$bunfs/") || words.some(word => word.includes(replacement))) return undefined
  // What `cordon verify` proves is what planning gives.
  if (words.includes("inside-probe")) return undefined
  const { HOME } = process.env
  if (!HOME?.startsWith("/")) return undefined
  const deciding = decidingWords(words)
  const key = keyOf(words.slice(0, deciding), deciding === words.length)
  if (key === undefined) return undefined
  const home = absolutePath(HOME, "/")
  const usual = `${home}/.local/state`
  // No sandbox of this home sees the directory (policies/00-base.yaml). Another place may lie in a project, where a sandbox
  // that was started without the variable could have made up a memory.
  if (xdgDirectories(home, process.env).XDG_STATE_HOME !== usual) return undefined
  if (liesInProject(home, words.slice(0, deciding))) return undefined
  return { directory: `${usual}/cordon/launches`, key, home, words: { all: words.length, deciding } }
}

/** The times of the program are no proof that it is the same: they only tell one build from the next. */
function keyOf(words: readonly string[], areAll: boolean): string | undefined {
  try {
    const program = statusAt("/proc/self/exe", { follow: true })
    // Without /proc planning says so, if it matters.
    if (typeof program === "number") return undefined
    const { device, inode, size, modified, changed } = program
    const directory = process.cwd()
    // More than one directory may be called so.
    if (directory.includes(replacement)) return undefined
    const ids = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()]
    const caller = [words, areAll, process.env, directory, process.umask(), ids, process.execPath]
    return sha256(JSON.stringify([format, caller, device, inode, size, modified, changed]))
  } catch (cause) {
    // The present directory has been removed since we were started: planning says so.
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return undefined
  }
}

/** Of text as JSON has it, so that no two texts are the same bytes. */
export function sha256(text: string): string {
  return Bun.SHA256.hash(text, "hex")
}
