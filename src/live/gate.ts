/** The policy as the live engine asks it: by canonical path, in the words of system calls, quick when asked again. */
import { isBelow, isWithin, lineageOf, parentOf } from "../base/path.ts"
import { close, pathOfDescriptor } from "../kernel/file-calls.ts"
import { errno, flags } from "../kernel/file-flags.ts"
import { openAtPath } from "../kernel/path-calls.ts"
import { literalStart } from "../policy/glob.ts"
import type { PathRule } from "../policy/layer.ts"
import type { PathPolicy } from "../policy/policy.ts"
import { type PathJudge, type PathVerdict, pathJudge } from "../policy/verdict.ts"
import { Beginnings } from "./beginnings.ts"
import { OrdinaryNames } from "./ordinary-names.ts"
import { Reach } from "./reach.ts"

/** 0, or the -errno that the call fails with. */
export type Answer = number

const systemTrees = ["/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc"]

/** Programs go through millions of names; what was asked last is asked next. */
const remembered = 5_000
/** Longer paths are judged anew each time: a program that makes them up does not fill our memory. */
const rememberedLength = 512
/** So many verdicts take as long as finding out which names are ordinary: a short command needs no more. */
const oneByOne = 64
/** characters of paths */
const askedMax = 4_000_000

export class Gate {
  readonly reach: Reach
  #judge: PathJudge
  #asked = 0
  #judged = 0
  #last: { path: string; verdict: PathVerdict } | undefined
  readonly #rules: PathPolicy
  readonly #ordinary: OrdinaryNames
  readonly #beginnings: Beginnings
  readonly #reads = new Map<string, Answer>()
  readonly #writes = new Map<string, Answer>()
  readonly #files = new Map<string, Answer>()
  readonly #leftToMounts = new Map<string, boolean>()
  readonly #spelled = new Map<string, Answer | "each time">()
  /** one call asks several times about one path */
  #lastPath = ""
  #lastKey = ""
  readonly #systemTrees: readonly string[]

  constructor(rules: PathPolicy) {
    this.#rules = rules
    this.#ordinary = new OrdinaryNames(rules)
    this.#beginnings = new Beginnings(rules)
    this.#judge = pathJudge(rules)
    this.reach = new Reach(rules)
    this.#systemTrees = systemTrees.filter(tree => !this.#isWritableWithin(tree))
  }

  get judge(): PathJudge {
    return this.#judge
  }

  /** A judge remembers every directory that it was asked about, so a new one takes its place from time to time. */
  #verdictOn(path: string): PathVerdict {
    // Who makes a file is asked whether it may be read, and whether it may be written.
    if (this.#last?.path === path) return this.#last.verdict
    this.#asked += path.length
    if (this.#asked > askedMax) {
      this.#asked = 0
      this.#judge = pathJudge(this.#rules)
    }
    this.#judged++
    const verdict = this.#judge.judge(path)
    this.#last = { path, verdict }
    return verdict
  }

  /** May the path be opened for reading, or listed? */
  read(path: string): Answer {
    const key = this.#keyOf(path)
    return this.#reads.get(key) ?? remember(this.#reads, key, this.#decideRead(path))
  }

  #decideRead(path: string): Answer {
    return this.#verdictOn(path).access === "deny" ? -errno.access : 0
  }

  /**
   * The same for a path as the program wrote it, where it leads to the same file each time: nothing in the system is
   * writable. It is looked up once, because links in it (`/lib`, those of `npm link`) lead to what other rules are about.
   * Most of what is opened lies there.
   * @returns undefined when the path has to be resolved each time
   */
  readAsSpelled(path: string): Answer | undefined {
    const known = this.#spelled.get(path) ?? remember(this.#spelled, path, this.#decideSpelled(path))
    return known === "each time" ? undefined : known
  }

  #decideSpelled(path: string): Answer | "each time" {
    const isWithinSystem = (each: string) => this.#systemTrees.some(tree => isBelow(each, tree))
    const plain = isWithinSystem(path) && !/\/(\.{0,2}\/|\.{0,2}$)|[^ -~]/.test(path)
    const real = plain ? realPath(path) : undefined
    return real !== undefined && isWithinSystem(real) ? this.read(real) : "each time"
  }

  /**
   * May the name be created, written, removed, replaced or changed? Where the answer is yes the kernel is asked next:
   * what lies below a read-only mount stays read-only.
   */
  write(path: string): Answer {
    const key = this.#keyOf(path)
    return this.#writes.get(key) ?? remember(this.#writes, key, this.#decideWrite(path))
  }

  #decideWrite(path: string): Answer {
    const { access, rule, protection } = this.#verdictOn(path)
    if (access === "deny" || protection !== undefined) return -errno.access
    return access === "read" && this.#isCarvedOut(rule) ? -errno.readOnly : 0
  }

  /** Whether it is a read-only mount that keeps what lies there from being written, and not `write`. */
  isLeftToMounts(path: string): boolean {
    const key = this.#keyOf(path)
    return (
      this.#leftToMounts.get(key) ??
      remember(this.#leftToMounts, key, this.#verdictOn(path).access === "read")
    )
  }

  /** The same as `write` for what is no directory: a file named `.git` would stand above protected names. */
  writeFile(path: string): Answer {
    const key = this.#keyOf(path)
    return this.#files.get(key) ?? remember(this.#files, key, this.#decideFile(path))
  }

  #decideFile(path: string): Answer {
    return this.#beginnings.has(path) && this.#isInWritable(path) ? -errno.access : this.write(path)
  }

  /** The same for a symlink: one below `.git/modules` would stand for a directory of protected names. */
  writeLink(path: string): Answer {
    return this.reach.isBegun(path) && this.#isInWritable(path) ? -errno.access : this.writeFile(path)
  }

  /** Ordinary names of one directory share an answer, under what is no path: it ends in a slash. */
  #keyOf(path: string): string {
    if (path === this.#lastPath) return this.#lastKey
    const start = path.lastIndexOf("/") + 1
    // The root's own name would be that key.
    const mayShare = start > 1 && this.#judged >= oneByOne
    this.#lastKey = mayShare && this.#ordinary.has(path.slice(start)) ? path.slice(0, start) : path
    this.#lastPath = path
    return this.#lastKey
  }

  #isInWritable(path: string): boolean {
    return lineageOf(path).some(ancestor => this.judge.accessOf(ancestor) === "write")
  }

  #isWritableWithin(tree: string): boolean {
    const open = ({ access, value }: PathRule) =>
      access === "write" && isWithin(value.kind === "exact" ? value.path : literalStart(value.glob), tree)
    return this.judge.accessOf(tree) === "write" || this.#rules.paths.some(open)
  }

  /** A rule for reading in the middle of what is writable: a mount shows it only where it existed at launch. */
  #isCarvedOut({ value }: PathRule): boolean {
    return value.kind === "glob" || this.judge.accessOf(parentOf(value.path)) === "write"
  }
}

/** The canonical path, in our view; undefined where there is none. */
function realPath(path: string): string | undefined {
  const descriptor = openAtPath(path, flags.path)
  if (descriptor < 0) return undefined
  const real = pathOfDescriptor(descriptor)
  close(descriptor)
  // Somebody is replacing it.
  return real?.endsWith(" (deleted)") ? undefined : real
}

function remember<T>(memory: Map<string, T>, key: string, answer: T): T {
  if (key.length > rememberedLength) return answer
  if (memory.size >= remembered) memory.clear()
  memory.set(key, answer)
  return answer
}
