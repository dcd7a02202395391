/**
 * The one schema of a policy: what people write. It checks text, it types code, and it is printed as JSON
 * Schema by `cordon policy schema`. valibot and not zod: the same checks cost 0.1 ms of a launch against 3 ms.
 */
import * as v from "valibot"
import {
  duration,
  host,
  list,
  lockableHost,
  lockablePath,
  lockableProtections,
  locked,
  nestedNamespaces,
  path,
  port,
  secretForm,
  secretOrigin,
  variableName,
  variablePattern,
} from "./schema-values.ts"
import { environmentModes, homeAccess, liveModes, networkModes, sizePattern } from "./vocabulary.ts"

const filesystem = v.strictObject({
  /** cannot be read, listed or written */
  deny: list(lockablePath, "[~/.aws]"),
  /** read-only */
  read: list(lockablePath, "[~/.gitconfig]"),
  /** read and write */
  write: list(lockablePath, "[., ~/.cache/pip]"),
  /** never writable, at any depth below any writable directory, existing or not */
  protect: list(lockablePath, "[.git/hooks]"),
  /** lifts a protection; only in the user policy, a profile or on the command line */
  unprotect: list(lockablePath, "[.git/hooks]"),
  /** nothing is readable but system directories, the project and what is allowed */
  strict: v.optional(v.boolean("must be true or false")),
  /** nothing on the host is writable but the agent's own state and caches */
  readonly: v.optional(v.boolean("must be true or false")),
  /** what the home directory is where no other rule decides */
  home: v.optional(v.picklist(homeAccess, "must be deny, read or write")),
  /** denied files that come into being later: standard judges the name, strict opens the file too (limitations.md) */
  live: v.optional(v.picklist(liveModes, "must be standard or strict")),
  locked,
})

const network = v.strictObject({
  /** off: none; filtered: by host name; open: the host's */
  mode: v.optional(v.picklist(networkModes, "must be off, filtered or open")),
  allow: list(lockableHost, "[github.com]"),
  deny: list(lockableHost, '["*.pastebin.com"]'),
  /** unlisted: hold an unlisted connection until a person decides */
  ask: v.optional(v.picklist(["never", "unlisted"], "must be never or unlisted")),
  /** how long it is held, such as `60s`; then it is refused */
  ask_timeout: v.optional(duration),
  /** inside, 127.0.0.1:PORT reaches that port of the host's loopback */
  host_ports: list(port, "[5432]"),
  /** the host's loopback reaches that port inside */
  expose: list(port, "[3000]"),
  /** sockets of the host that may be connected to */
  unix_sockets: list(lockablePath, "[~/.gnupg/S.gpg-agent]"),
  locked,
})

const environment = v.strictObject({
  /** inherit: everything; scrub: all but secrets; clean: only what is listed */
  mode: v.optional(v.picklist(environmentModes, "must be inherit, scrub or clean")),
  pass: list(variablePattern, "[LANG]"),
  remove: list(variablePattern, '["*_TOKEN"]'),
  set: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not the name of a variable")),
      v.pipe(
        v.string("must be a text; put numbers and true/false in quotes"),
        v.check(text => !text.includes("\0"), "must not contain a NUL byte"),
      ),
      "must be a map: write { EDITOR: vim }",
    ),
  ),
  locked,
})

const limits = v.strictObject({
  memory: v.optional(
    v.pipe(v.string('must be a size, such as "8GB"'), v.regex(sizePattern, 'must be a size, such as "8GB"')),
  ),
  cpus: v.optional(
    v.pipe(v.number("must be a number"), v.finite("must be a number"), v.gtValue(0, "must be more than 0")),
  ),
  processes: v.optional(
    v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(1, "must be at least 1"),
    ),
  ),
  time: v.optional(duration),
  locked,
})

/** A secret that stays on the host: inside is a placeholder, which the border replaces on the way to its hosts. */
const credentials = v.strictObject({
  /** the variable inside, which holds the placeholder */
  name: variableName,
  /** where the secret lies: `{ variable: NAME }`, `{ file: PATH }` or `{ command: [WORD, …] }`; the command runs on the host */
  from: secretOrigin,
  /** names and `*.suffixes`, also with a port */
  hosts: v.pipe(v.array(host, "must be a list: write [api.github.com]"), v.nonEmpty("must name a host")),
  /** where in a request it goes: `bearer`, `{ header: NAME }`, `{ basic: USER }` or `{ query: NAME }` */
  as: secretForm,
  locked,
})

const sections = {
  version: v.optional(v.literal(1, "must be 1, the only version there is")),
  /** built-in profiles or files; later wins */
  extends: list(path, "[node, ./team.yaml]"),
  filesystem: v.optional(filesystem),
  network: v.optional(network),
  environment: v.optional(environment),
  /** secrets that stay on the host, and the hosts that they are for */
  credentials: v.optional(v.array(credentials, "must be a list of credentials")),
  commands: v.optional(
    v.strictObject({
      deny: list(
        v.pipe(v.string("must be a command, such as git push *"), v.nonEmpty("must not be empty")),
        '["git push --force *"]',
      ),
      locked,
    }),
  ),
  limits: v.optional(limits),
  /** protections whose absence is reported instead of stopping the run */
  optional: v.optional(lockableProtections),
  /** allow: programs inside may make user namespaces of their own */
  nested_userns: v.optional(nestedNamespaces),
}

/** A policy as people write it: everything is optional, nothing is unknown. */
export const policyFileSchema = v.strictObject(sections)
export type PolicyFile = v.InferOutput<typeof policyFileSchema>

const state = v.strictObject({
  path,
  /** the variable that moves it; when it is set, its value is used instead of `path` */
  variable: v.optional(v.string()),
  /** what of the variable's directory is meant */
  below: v.optional(v.string()),
  /**
   * when the path does not exist: create it, as the agent itself would; redirect its variable to private temp;
   * or leave it read-only
   */
  absent: v.optional(v.picklist(["create", "redirect", "skip"])),
})

/** A built-in profile: a policy, and what it is that the policy is for. */
export const profileFileSchema = v.strictObject({
  ...sections,
  /** an agent is recognised by its programs' names or its packages' */
  agent: v.optional(v.strictObject({ binaries: v.array(v.string()), packages: v.array(v.string()) })),
  /** a toolchain is recognised by its programs' names */
  toolchain: v.optional(v.strictObject({ binaries: v.array(v.string()) })),
  /** what an agent or toolchain must be able to write */
  state: v.optional(v.array(state)),
})
export type ProfileFile = v.InferOutput<typeof profileFileSchema>
