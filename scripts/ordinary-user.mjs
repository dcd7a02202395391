/** The ordinary user that root runs tests as: an account, a way in, and a checkout that it can read. */
import { spawnSync } from "node:child_process"
import {
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { findProgram } from "./host-programs.mjs"
import { root } from "./packages.mjs"
import { Refusal, runQuietly } from "./say.mjs"

const name = "cordon-test"

// What decides how tests print and how they reach a package registry; all else of root's environment stays out.
const keptVariables =
  /^(CORDON_.*|CI|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|LANG|LC_ALL|TZ|(https?|no|all)_proxy|npm_config_(registry|cafile)|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i

/**
 * Returns `{ name, uid, gid, enter, env, root, close }`: `enter` puts the words that drop to the user before a
 * command, `root` is the checkout or, when the user cannot read that, a copy which `close` removes. When this
 * machine cannot become another user, returns `{ unavailable }`, the reason.
 */
export function openOrdinaryUser(report) {
  const account = findAccount() ?? createAccount(report)
  const { uid, gid, home } = account
  const enter = command => [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--init-groups",
    "--inh-caps=-all",
    ...command,
  ]
  const env = {
    ...keptEnvironment(),
    HOME: home,
    USER: name,
    LOGNAME: name,
    SHELL: "/bin/sh",
    PATH: systemPath(),
  }
  const probe = spawnTool(enter(["true"]), { env })
  if (probe.status !== 0) {
    return { unavailable: `setpriv cannot become ${name}: ${probe.error?.message ?? probe.stderr.trim()}` }
  }

  const user = { name, uid, gid, enter, env }
  if (canRead(user)) return { ...user, root, close: () => undefined }
  const copy = copyCheckout(user, report)
  return { ...user, root: copy, close: () => rmSync(copy, { recursive: true, force: true }) }
}

function findAccount() {
  const { status, stdout } = spawnTool(["getent", "passwd", name])
  if (status !== 0) return undefined
  const [, , uid, gid, , home] = stdout.trim().split(":")
  // An account whose home someone removed would fail every test that writes below it.
  if (!existsSync(home)) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    chownSync(home, Number(uid), Number(gid))
  }
  return { uid: Number(uid), gid: Number(gid), home }
}

function createAccount(report) {
  report(`creating the ordinary user ${name} (useradd)`)
  const { status, stderr } = spawnTool([findProgram("useradd") ?? "useradd", "-m", "-s", "/bin/sh", name])
  const account = findAccount()
  // Another run may have created it in the meantime: what counts is that it is there.
  if (!account) throw new Refusal(`useradd ${name} failed (exit code ${status}): ${(stderr ?? "").trim()}`)
  return account
}

/** Whether the user can read all of the checkout; a `find` that knows no -readable counts as no. */
function canRead({ enter, env }) {
  const unreadable = ["(", "!", "-readable", "-o", "-type", "d", "!", "-executable", ")", "-print", "-quit"]
  const words = ["find", root, "-path", join(root, ".git"), "-prune", "-o", ...unreadable]
  const { status, stdout } = spawnTool(enter(words), { env })
  return status === 0 && stdout === ""
}

/** /var/tmp and not /tmp: a sandbox has its own /tmp, and the copy is large for a file system in memory. */
function copyCheckout({ uid, gid }, report) {
  const copy = mkdtempSync(join(existsSync("/var/tmp") ? "/var/tmp" : "/tmp", "cordon-test-"))
  report(`${name} cannot read ${root}, copying it to ${copy}`)
  try {
    for (const entry of readdirSync(root).filter(entry => entry !== ".git")) {
      cpSync(join(root, entry), join(copy, entry), {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
        mode: constants.COPYFILE_FICLONE,
      })
    }
    runQuietly(["chown", "-R", `${uid}:${gid}`, copy])
  } catch (error) {
    rmSync(copy, { recursive: true, force: true })
    throw error
  }
  return copy
}

function keptEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([variable]) => keptVariables.test(variable)))
}

/** The system's programs and Node's, which tests of npm and of agents start. */
function systemPath() {
  const system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
  return [...new Set([dirname(process.execPath), ...system])].join(":")
}

function spawnTool([program, ...words], options = {}) {
  return spawnSync(program, words, { encoding: "utf8", ...options })
}
