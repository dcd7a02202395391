/**
 * Names that `*` does not mean, denied before any look-up: they lead to this machine (`host.docker.internal`), to its
 * networks or to metadata services.
 */

/** What an allow rule has to look like to open the name: its own name in full, or a `*.suffix` too. */
export type NameGuard = { what: string; openedBy: "name" | "name or suffix" }

/** Of clouds: each opened by its own name only, because `*.internal` is what a company calls its own hosts. */
const metadataNames = [
  "metadata",
  "metadata.goog",
  "metadata.google.internal",
  "metadata.tencentyun.com",
  "instance-data",
  "instance-data.ec2.internal",
]

/** Suffixes that never lead to a public host, and what each means. */
const suffixes: Readonly<Record<string, string>> = {
  localhost: "name of the sandbox itself",
  local: "name of the local network",
  lan: "name of the local network",
  "home.arpa": "name of the local network",
  internal: "name of a private network",
  svc: "name of a cluster",
  "cluster.local": "name of a cluster",
}

/** @param name canonical */
export function guardOfName(name: string): NameGuard | undefined {
  if (metadataNames.includes(name)) return { what: "name of a metadata service", openedBy: "name" }
  const suffix = Object.keys(suffixes).find(each => name === each || name.endsWith(`.${each}`))
  return suffix === undefined ? undefined : { what: suffixes[suffix] ?? "", openedBy: "name or suffix" }
}
