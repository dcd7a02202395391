/** Who runs this, and which homes there are: /etc/passwd and the environment (passwd(5)). */
import { UserError } from "../base/error.ts"
import { absolutePath, depthOf, isWithin } from "../base/path.ts"
import { shellQuoted } from "../base/printable.ts"
import { homeProblem } from "./home-problem.ts"
import type { PathFacts } from "./path-facts.ts"
import { readTextFile } from "./text-file.ts"

export type Account = {
  uid: number
  user: string
  /** canonical */
  home: string
  /** the home as $HOME or the account spells it */
  homeSpelled: string
  /** canonical homes of other people: shallowest directories that hold no home of our own */
  otherHomes: string[]
}

type Entry = { user: string; uid: number; home: string }

/** People's accounts start here (login.defs(5), UID_MIN); 65534 is nobody. */
const firstPerson = 1000
const nobody = 65534

/** @throws UserError when there is no home directory to speak of */
export function readAccount(environment: Record<string, string | undefined>, facts: PathFacts): Account {
  const uid = process.getuid?.() ?? 0
  const entries = readEntries()
  const own = entries.find(entry => entry.uid === uid)
  const asked = environment.HOME || own?.home || ""
  const homeSpelled = asked.startsWith("/") ? absolutePath(asked, "/") : asked
  if (!homeSpelled.startsWith("/") || facts(homeSpelled).canonical === "/")
    throw homeError(homeSpelled, "which cannot be one", own)
  const problem = homeProblem(homeSpelled, uid, facts)
  if (problem !== undefined) throw homeError(homeSpelled, problem, own)
  const home = facts(homeSpelled).canonical
  const people = entries.filter(entry => entry.uid === 0 || (entry.uid >= firstPerson && entry.uid < nobody))
  const homes = [
    ...new Set(["/home", "/root", ...people.filter(entry => entry.uid !== uid).map(entry => entry.home)]),
  ]
  return {
    uid,
    user: own?.user ?? environment.USER ?? String(uid),
    home,
    homeSpelled,
    otherHomes: homes
      .map(path => facts(absolutePath(path, "/")))
      .filter(fact => fact.kind === "directory" && isOthersHome(fact.canonical, home))
      .map(fact => fact.canonical),
  }
}

function homeError(home: string, problem: string, own: Entry | undefined): UserError {
  // What the environment says is wrong: what the account says may be right.
  const known = own === undefined || own.home === home ? "" : `: export HOME=${shellQuoted(own.home)}`
  return new UserError(
    `the home directory is "${home}", ${problem}`,
    `set HOME to your home directory${known}`,
  )
}

/** A home like `/` or `/bin` is a system account's way to say that it has none. */
function isOthersHome(path: string, home: string): boolean {
  const system = [
    "/bin",
    "/sbin",
    "/usr",
    "/etc",
    "/var",
    "/dev",
    "/proc",
    "/opt",
    "/srv",
    "/nonexistent",
    "/tmp",
    "/run",
  ]
  if (path === home) return false
  if (path === "/home") return true
  if (depthOf(path) === 0 || isWithin(home, path)) return false
  return path === "/root" || !system.some(tree => isWithin(path, tree))
}

function readEntries(): Entry[] {
  // A host without the file (accounts from the network only) has no homes to list.
  const text = readTextFile("/etc/passwd") ?? ""
  const entries: Entry[] = []
  for (const line of text.split("\n")) {
    const fields = line.split(":")
    const [user, uid, home] = [fields[0], fields[2], fields[5]]
    if (user && uid && home?.startsWith("/")) entries.push({ user, uid: Number(uid), home })
  }
  return entries
}
