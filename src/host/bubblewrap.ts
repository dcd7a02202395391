/** Is there a bubblewrap, is it new enough, and may it make namespaces here? */
import { HostError } from "../base/error.ts"
import { readBubblewrap } from "./bubblewrap-file.ts"
import { readHostFacts } from "./host-facts.ts"
import { scopes } from "./landlock-problem.ts"
import { namespacesInDoubt } from "./namespace-doubt.ts"
import { namespaceProblem } from "./namespace-problem.ts"
import { hostError, installBubblewrap, type Problem } from "./remedy.ts"

/**
 * Where bubblewrap may lie. Not the PATH: in an npm script it begins with the project's node_modules/.bin, where
 * an agent could have put a bwrap of its own for the next launch.
 */
const places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap"]

export type Bubblewrap = {
  path: string
  version: string
  /** it starts with the rights of its owner (execve(2)) */
  setuid: boolean
}

/**
 * The bubblewrap of this machine. Its version is read from the file, because starting it once more to ask would
 * take as long as the launch.
 * @throws HostError when there is none, or only ones before 0.8, which cannot switch nested user namespaces off
 */
export function findBubblewrap(candidates: readonly string[] = places): Bubblewrap {
  const found = searchBubblewrap(candidates)
  if ("why" in found) throw hostError(found)
  return found
}

/** The bubblewrap of this machine, or why there is none that does. */
export function searchBubblewrap(candidates: readonly string[] = places): Bubblewrap | Problem {
  let old: Pick<Bubblewrap, "path" | "version"> | undefined
  for (const path of candidates) {
    const file = readBubblewrap(path)
    if (file === undefined) continue
    const { version, setuid } = file
    if (file.isRecent) return { path, version, setuid }
    // Who cannot replace the distribution's builds a newer one beside it, in /usr/local.
    old ??= { path, version }
  }
  return old === undefined ? missing() : tooOld(old)
}

function missing(): Problem {
  return { why: "bubblewrap is not installed", ...installBubblewrap(currentFacts()) }
}

function tooOld({ path, version }: Pick<Bubblewrap, "path" | "version">): Problem {
  const { fix, advice } = installBubblewrap(currentFacts())
  const build =
    "when that brings none (Ubuntu 22.04, Debian 11), build one into /usr/local: https://github.com/containers/bubblewrap"
  return {
    why: `${path} is bubblewrap ${version}, and Cordon needs 0.8 or later`,
    fix,
    advice: advice === "" ? build : advice,
  }
}

/**
 * @param landlockAbi of the kernel: whether there is another way
 * @throws HostError when bubblewrap cannot make its namespaces here. Tried by doing only where reading leaves a
 * doubt: elsewhere the trial would double the launch.
 */
export function requireNamespaces(bubblewrap: Bubblewrap, uid: number, landlockAbi = 0): void {
  if (!namespacesInDoubt(uid) && !gainsRights(bubblewrap, uid)) return
  const { works, said } = trial(bubblewrap, uid)
  if (works) return
  const { message, hint } = hostError(namespaceProblem({ facts: readHostFacts(uid), bubblewrap, said }))
  // Never by itself: what it does not give, somebody may count on.
  const other =
    landlockAbi < scopes.abi
      ? ""
      : "; or use --backend landlock, which does without namespaces (docs/backends.md)"
  throw new HostError(message, hint + other)
}

/**
 * Starts the smallest sandbox there is; the program in it is bubblewrap, because that is sure to be there. One that is
 * setuid is not started: with these words it fails, and leaves a process of root's that waits for ever.
 */
export function trial(
  bubblewrap: Pick<Bubblewrap, "path" | "setuid">,
  uid: number,
): { works: boolean; said: string } {
  const { path } = bubblewrap
  if (gainsRights(bubblewrap, uid)) return { works: false, said: "it is setuid" }
  const words = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--disable-userns",
    "--die-with-parent",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--",
    path,
    "--version",
  ]
  try {
    const { exitCode, stderr } = Bun.spawnSync([path, ...words], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    })
    return { works: exitCode === 0, said: stderr.toString().trim() }
  } catch (cause) {
    // The file is there and cannot be started: not executable, or for another processor.
    return { works: false, said: (cause as Error).message }
  }
}

function currentFacts() {
  return readHostFacts(process.getuid?.() ?? 0)
}

/** Root has nothing to gain: there the bit changes nothing. */
function gainsRights({ setuid }: Pick<Bubblewrap, "setuid">, uid: number): boolean {
  return setuid && uid !== 0
}
