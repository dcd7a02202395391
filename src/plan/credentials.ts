/** The environment of a session with credentials: placeholders where secrets would be. */
import type { Credential } from "../policy/credential.ts"
import type { Sourced } from "../policy/source.ts"

/** A secret and what stands inside in its place. */
type Secret = { placeholder: string; secret: string }

/** A shorter text stands in too many values that have nothing to do with it. */
const recognisableMin = 8

/**
 * @param environment what the command would see; the variables that secrets came from are gone already
 * @param secrets by the credentials' names
 */
export function withPlaceholders(
  environment: Readonly<Record<string, string>>,
  credentials: readonly Credential[],
  secrets: ReadonlyMap<string, Secret>,
): Record<string, string> {
  const pairs = credentials.flatMap(({ name }) => secrets.get(name) ?? [])
  const clean = Object.fromEntries(
    // The same secret under another name, or within a URL.
    Object.entries(environment).map(([name, value]) => [name, pairs.reduce(hidden, value)]),
  )
  for (const { from } of credentials) if (from.kind === "variable") delete clean[from.name]
  for (const { name } of credentials) {
    const secret = secrets.get(name)
    if (secret !== undefined) clean[name] = secret.placeholder
  }
  return clean
}

function hidden(value: string, { secret, placeholder }: Secret): string {
  // As a function: in a text `$&` would mean what it replaces, the secret.
  return secret.length < recognisableMin ? value : value.replaceAll(secret, () => placeholder)
}

/**
 * Where no border puts placeholders in their place, what holds a secret that the caller's variables have is not there at
 * all, whatever it is called. Secrets of files and commands are not read for such a session.
 */
export function withoutSecrets(
  environment: Readonly<Record<string, string>>,
  credentials: readonly Pick<Sourced<Credential>, "value">[],
  inherited: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const secrets = credentials
    .flatMap(({ value: { from } }) => (from.kind === "variable" ? (inherited[from.name]?.trim() ?? []) : []))
    .filter(secret => secret.length >= recognisableMin)
  const isClean = ([, value]: [string, string]) => !secrets.some(secret => value.includes(secret))
  return Object.fromEntries(Object.entries(environment).filter(isClean))
}
