/** Which repositories' policies a person has read and accepted: by the hash of exactly their content. */
import type { PolicyReading } from "./load.ts"

/** Path of a policy file → hash of what was accepted. */
export type TrustList = Readonly<Record<string, string>>

/** One hash over a policy file and all files that it extends, order and lengths included. */
export function contentHash(files: PolicyReading["files"]): string {
  const hash = new Bun.CryptoHasher("sha256")
  for (const { path, text } of files) hash.update(`${path.length}:${path}${text.length}:`).update(text)
  return hash.digest("hex")
}

export function isTrusted(list: TrustList, files: PolicyReading["files"]): boolean {
  const [policy] = files
  return policy !== undefined && list[policy.path] === contentHash(files)
}
