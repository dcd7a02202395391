/** Cordon's own files below the XDG directories: the user policy, and the list of trusted repositories. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { UserError } from "../base/error.ts"
import { parentOf } from "../base/path.ts"
import { isInOwnSandbox } from "./own-sandbox.ts"
import { readTextFile } from "./text-file.ts"

type TrustFile = { version: 1; policies: Record<string, string> }

/**
 * Policy file → hash of the content that a person trusts.
 * @throws UserError when the list is there and cannot be understood: guessing would trust or distrust at random
 */
export function readTrust(stateHome: string): Record<string, string> {
  const path = trustPath(stateHome)
  let text: string | undefined
  try {
    text = readTextFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    throw new UserError(
      `the list of trusted policies ${path} cannot be read`,
      isInOwnSandbox(process.env)
        ? "this runs inside of a sandbox, which hides it: run it outside"
        : "make it readable, or remove it",
    )
  }
  if (text === undefined) return {}
  const list = parseTrust(text)
  if (list === undefined)
    throw new UserError(
      `the list of trusted policies ${path} is broken`,
      `remove it, and trust again: rm ${path}`,
    )
  return list.policies
}

/** Adds or replaces one entry; the file is replaced as a whole, so that a reader never sees half of it. @throws UserError where this account may not */
export function writeTrust(stateHome: string, policyPath: string, hash: string): void {
  const list: TrustFile = { version: 1, policies: { ...readTrust(stateHome), [policyPath]: hash } }
  const path = trustPath(stateHome)
  const temporary = `${path}.${process.pid}`
  try {
    mkdirSync(parentOf(path), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, `${JSON.stringify(list, undefined, 2)}\n`, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (cause) {
    // On a full disk it was made, and nothing of ours stays.
    if (existsSync(temporary)) rmSync(temporary)
    const { code } = cause as NodeJS.ErrnoException
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw cause
    throw new UserError(
      `the list of trusted policies ${path} cannot be written: ${code}`,
      "make its directory writable, or set HOME to your own home directory",
    )
  }
}

function trustPath(stateHome: string): string {
  return `${stateHome}/cordon/trusted-policies.json`
}

function parseTrust(text: string): TrustFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
  const list = value as Partial<TrustFile> | null
  const { version, policies } = list ?? {}
  const valid =
    version === 1 &&
    typeof policies === "object" &&
    policies !== null &&
    Object.values(policies).every(hash => typeof hash === "string")
  return valid ? { version, policies } : undefined
}
