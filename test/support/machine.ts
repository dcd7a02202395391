/**
 * A machine like this one but for what a script changes: a root of its own (an overlay whose changes lie in memory), its
 * own mounts and processes. The host sees nothing of it, and the program under test sees nothing else.
 */
import { mkdtempSync, rmdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Outcome, run } from "./process.ts"
import { Terminal } from "./terminal.ts"
import { cordonBinary, isRoot, World } from "./world.ts"

export type Change = {
  /** shell commands that make the machine what it is; `fake PATH TEXT` and `hide PATH` are at hand */
  machine?: string
  /** who runs Cordon there */
  user?: "root" | "ordinary"
  /** words before Cordon's, such as strace's */
  before?: readonly string[]
  /** what Cordon is asked */
  words: readonly string[]
  /** shell commands that run after Cordon; the exit code stays Cordon's */
  after?: string
  /** what a person types when asked; absent: there is no terminal. All that it shows is then `stdout` */
  answer?: string
}

/** The new root. Of what is no part of the root file system it has devices, the kernel's files and processes of its own. */
const make = `
set -e
mount --make-rprivate /
mount -t tmpfs machine "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay machine "$1/root" -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work"
cd "$1/root"
for place in dev sys; do mount --rbind "/$place" "$place"; done
mount -t proc proc proc
mkdir old-root
pivot_root . old-root
cd /
umount -l /old-root
rmdir /old-root
rm -f /.dockerenv /run/.containerenv
# The content of a file of the kernel's that this machine may not even have.
fake() {
  if [ ! -e "$1" ]; then
    copy=$(mktemp -d)
    cp -r "$(dirname "$1")/." "$copy" 2>/dev/null || true
    chmod 755 "$copy"
    printf '%s\\n' "$2" > "$copy/$(basename "$1")"
    mount --bind "$copy" "$(dirname "$1")"
  else
    file=$(mktemp)
    printf '%s\\n' "$2" > "$file"
    chmod 644 "$file"
    mount --bind "$file" "$1"
  fi
}
hide() { mount --bind /dev/null "$1"; }
`

/** Why there can be no such machine here, or undefined. */
export const noMachine = isRoot ? await obstacle() : "not root"

async function obstacle(): Promise<string | undefined> {
  const { code, stderr } = await onMachine({ words: ["--version"] })
  return code === 0 ? undefined : `the host gives no overlay of its root: ${stderr.trim()}`
}

/** Runs Cordon on such a machine. */
export async function onMachine(change: Change): Promise<Outcome> {
  using world = new World({ below: "/var/tmp" })
  const place = mkdtempSync(join(tmpdir(), "cordon-machine-"))
  const words = [
    "unshare",
    "-m",
    "-p",
    "-f",
    "--kill-child",
    "sh",
    "-c",
    scriptOf(change, world),
    "sh",
    place,
  ]
  const all = [...words, ...(change.before ?? []), cordonBinary, ...change.words]
  try {
    if (change.answer === undefined) return await run(all, { cwd: "/", env: world.env })
    await using terminal = new Terminal(world, all)
    await terminal.shows("[y/N]")
    terminal.type(change.answer)
    return { code: await terminal.ends(), stdout: terminal.shown.replaceAll("\r", ""), stderr: "" }
  } finally {
    rmdirSync(place)
  }
}

function scriptOf({ machine = "", user, after = "" }: Change, world: World): string {
  const person = user === "ordinary" ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""
  return [
    make,
    machine,
    "shift",
    `cd '${world.project}'`,
    "set +e",
    `${person} "$@"`,
    "code=$?",
    after,
    "exit $code",
  ].join("\n")
}
