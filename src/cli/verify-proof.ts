/** What an outcome proves: a denial is proved by what a denial gives, not by whatever else went wrong. */
import type { Attempt, Outcome } from "../inside/probe.ts"
import type { Check } from "./verify-checks.ts"

export type Proof = { guarantee: string; holds: boolean; detail: string }

/** @param outcome undefined where the sandbox said nothing about it */
export function proofOf(check: Check, outcome: Outcome | undefined): Proof {
  const { guarantee, expected } = check
  if (outcome === undefined) return { guarantee, holds: false, detail: "the sandbox gave no answer" }
  const { result, detail } = outcome
  const said = `${result}${detail === "" ? "" : `: ${detail}`}`
  if (result === "done" || isDenial(check, detail))
    return { guarantee, holds: result === expected, detail: said }
  return { guarantee, holds: false, detail: `failed: ${detail}, which no denial gives` }
}

const files = /^(EACCES|EPERM|EROFS)$/

/** What each attempt fails with where something speaks against it. */
const denials: Readonly<Record<Attempt["kind"], RegExp>> = {
  read: files,
  list: files,
  "write-file": files,
  create: files,
  make: files,
  // What is missing among the names of a directory, or a directory that is closed.
  exists: /^(ENOENT|EACCES|EPERM)$/,
  connect: /^(ECONNREFUSED|ENETUNREACH|EAFNOSUPPORT|EACCES|EPERM)$/,
  // Nobody of that name in our own network, or a Landlock scope.
  "connect-abstract": /^(ECONNREFUSED|EACCES|EPERM)$/,
  // The probe says so only of an answer of Cordon's.
  reach: /^HTTP\/1\.[01] 403 /,
  datagram: /^(ENETUNREACH|EACCES|EPERM)$/,
  variable: /^ENOENT$/,
  // bubblewrap says of each other step that it failed at something else.
  "user-namespace": /\bnew namespace\b/,
  capabilities: /^EPERM$/,
  processes: /^(ESRCH|EACCES|EPERM)$/,
  call: /^errno \d+$/,
}

/** Addresses of IPv6 lead nowhere where the kernel has none. */
const withoutIpv6 = /^(EAFNOSUPPORT|EADDRNOTAVAIL|ENETUNREACH)$/

function isDenial({ attempt, isHidden = false }: Check, detail: string): boolean {
  if (attempt.kind === "reach" && attempt.host.includes(":") && withoutIpv6.test(detail)) return true
  return denials[attempt.kind].test(detail) || (isHidden && detail === "ENOENT")
}
