/** Control groups outlive whoever made them. Three ways for them to go: with the session, after its SIGKILL, at the next start. */
import { nodeFs } from "../kernel/node-fs.ts"

/** Waits for the end of its standard input, which comes with our own end however that comes, and removes its words. */
const script = `trap '' HUP INT TERM
read -r _
left=100
while [ $left -gt 0 ]; do
  rmdir -- "$@" && exit
  left=$((left - 1))
  for directory; do [ -d "$directory" ] && break; done
  [ -d "$directory" ] || exit
  sleep 0.05
done`

/**
 * Starts a shell that removes the directories after this process, should it be killed before it does so itself.
 * @returns has it do so now
 */
export function removeAfterwards(directories: readonly string[]): () => void {
  const watcher = Bun.spawn(["/bin/sh", "-c", script, "cordon", ...directories], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    // In our process group it would be killed along with us.
    detached: true,
  })
  watcher.unref()
  return () => void watcher.stdin.end()
}

/** What sessions left behind whose watcher was killed too. The kernel removes only groups without processes. */
export function removeAbandoned(parent: string): void {
  for (const name of nodeFs().readdirSync(parent)) {
    const [, owner] = /^cordon-(\d+)-[0-9a-f-]{36}$/.exec(name) ?? []
    if (owner !== undefined && !isAlive(Number(owner))) tryRemoving(`${parent}/${name}`)
  }
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (cause) {
    // EPERM: it is somebody else's.
    return (cause as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

/** How long the last processes of an ended sandbox may take to leave its group. */
const patienceMs = 2000

/**
 * Bubblewrap has ended, and its processes end with it: those that still do are waited for.
 * @param handOver has the shell do it: started by root, this process may have given up the capability to write where the
 * group is
 * @returns whether it is gone
 */
export function removeAtEnd(directory: string, handOver: () => void): boolean {
  if (tryRemoving(directory)) return true
  handOver()
  const end = performance.now() + patienceMs
  while (!tryRemoving(directory)) {
    if (performance.now() > end) return false
    Bun.sleepSync(1)
  }
  return true
}

/** @returns whether it is gone */
function tryRemoving(directory: string): boolean {
  try {
    nodeFs().rmdirSync(directory)
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT") return true
    if (code !== undefined && ["EBUSY", "ENOTEMPTY", "EACCES", "EPERM"].includes(code)) return false
    throw cause
  }
}
