/** The certificate authorities that this machine trusts, as files: what the border holds servers against. */
import { readFileSync } from "node:fs"
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** Where distributions keep all of them in one file; the same places that Go's crypto/x509 and libcurl look in. */
export const bundlePlaces: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/etc/pki/tls/cert.pem",
  "/var/lib/ca-certificates/ca-bundle.pem",
]

/**
 * PEM texts: the person's own file (SSL_CERT_FILE) or the machine's, and what NODE_EXTRA_CA_CERTS adds; empty when the
 * machine has none.
 * @throws UserError when a file that a variable names cannot be read: a server would be held against others than meant
 */
export function hostAuthorities(environment: Environment): string[] {
  const own = named("SSL_CERT_FILE", environment)
  const bundle = own ?? bundlePlaces.map(readBundle).find(text => text !== undefined)
  return [bundle, named("NODE_EXTRA_CA_CERTS", environment)].flatMap(text => text ?? [])
}

/** @returns undefined for what is not there or holds no certificate */
export function readBundle(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8")
    return text.includes("-----BEGIN CERTIFICATE-----") ? text : undefined
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause
    return undefined
  }
}

function named(name: string, environment: Environment): string | undefined {
  const path = environment[name]
  if (path === undefined || path === "") return undefined
  const text = readBundle(path)
  if (text === undefined)
    throw new UserError(`${name} names ${printable(path)}, which holds no certificate`, `unset ${name}`)
  return text
}
