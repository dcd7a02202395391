/**
 * A secret that stays on the host: inside, the variable holds a placeholder; on the way to its hosts, and to no
 * others, the border puts the secret in its place.
 */
import { shellQuoted } from "../base/printable.ts"
import { type HostPattern, hostText } from "./host-pattern.ts"

export type Credential = {
  /** the variable inside, which holds the placeholder */
  name: string
  from: CredentialOrigin
  /** names and `*.suffixes`, with or without a port; never `*`, never with a request */
  hosts: readonly HostPattern[]
  as: CredentialForm
}

/** Where the secret lies on the host. */
export type CredentialOrigin =
  | { kind: "variable"; name: string }
  /** absolute path; its content without the line break at the end */
  | { kind: "file"; path: string }
  /** its standard output without the line break at the end */
  | { kind: "command"; words: readonly string[] }

/** Where in a request the secret goes. */
export type CredentialForm =
  | { kind: "bearer" }
  | { kind: "header"; name: string }
  | { kind: "basic"; user: string }
  | { kind: "query"; name: string }

/** For people, without the secret: `GITHUB_TOKEN from the command "gh auth token" for api.github.com`. */
export function credentialText({ name, from, hosts }: Credential): string {
  return `${name} from ${originText(from)} for ${hosts.map(hostText).join(", ")}`
}

/** For people: the command in full, because it runs on the host. */
export function originText(from: CredentialOrigin): string {
  switch (from.kind) {
    case "variable":
      return `the variable ${from.name}`
    case "file":
      return `the file ${from.path}`
    case "command":
      return `the command ${from.words.map(shellQuoted).join(" ")}`
  }
}
