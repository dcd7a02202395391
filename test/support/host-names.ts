/** Names of the host for one run: `/etc/hosts` and `/etc/resolv.conf` as the test wants them, in a mount namespace. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { launch, type Outcome, type Running, run } from "./process.ts"
import { cordonBinary, type RunOptions, type World } from "./world.ts"

/** Name → address, for the host's look-ups. */
export type HostNames = Readonly<Record<string, string>>

/** Mounts in a namespace of its own, gives up every capability again, and becomes Cordon. */
const script = `
mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf || exit 99
shift 2
exec setpriv --ambient-caps=-all --inh-caps=-all "$@"
`
const unshared = "unshare --user --map-current-user --mount --keep-caps sh -c".split(" ")

/** The words that start Cordon on a host with such names. */
export function cordonWithNames(world: World, names: HostNames, words: readonly string[]): string[] {
  const [hosts, resolv] = ["hosts", "resolv.conf"].map(name => join(world.root, name))
  const lines = Object.entries({ localhost: "127.0.0.1", ...names }).map(
    ([name, address]) => `${address} ${name}\n`,
  )
  writeFileSync(hosts ?? "", lines.join(""))
  // Whoever asks a server asks nobody: port 53 of this address has none.
  writeFileSync(resolv ?? "", "nameserver 127.255.255.254\noptions timeout:1 attempts:1\n")
  return [...unshared, script, "sh", hosts ?? "", resolv ?? "", cordonBinary, ...words]
}

/** `cordon WORDS` on a host with such names. */
export function runWithNames(
  world: World,
  names: HostNames,
  { words, ...options }: RunOptions & { words: readonly string[] },
): Promise<Outcome> {
  return run(cordonWithNames(world, names, words), startOf(world, options))
}

export function startWithNames(
  world: World,
  names: HostNames,
  { words, ...options }: RunOptions & { words: readonly string[] },
): Running {
  return launch(cordonWithNames(world, names, words), startOf(world, options))
}

function startOf(world: World, { env, cwd, stdin }: RunOptions) {
  return {
    cwd: cwd ?? world.project,
    env: { ...world.env, ...env },
    ...(stdin === undefined ? {} : { stdin }),
  }
}
