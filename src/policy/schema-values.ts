/** The single values of a policy, as the schema checks them: what may stand for a path, a host, a name, a time. */
import * as v from "valibot"
import { durationPattern, optionalProtections } from "./vocabulary.ts"

export const path = v.pipe(
  v.string("must be a path"),
  v.nonEmpty("must not be empty"),
  v.check(text => !text.includes("\0"), "must not contain a NUL byte"),
  v.check(text => !/[\r\n]/.test(text), "must not contain a line break"),
)
export const lockablePath = v.union(
  [path, v.strictObject({ path, locked: v.optional(v.boolean()) })],
  "must be a path",
)
export const host = v.pipe(
  v.string("must be a host pattern, such as github.com or 10.1.2.0/24"),
  v.nonEmpty("must not be empty"),
)
export const lockableHost = v.union(
  [host, v.strictObject({ host, locked: v.optional(v.boolean()) })],
  "must be a host pattern",
)
export const port = v.pipe(
  v.number("must be a port number"),
  v.integer("must be a whole number"),
  v.minValue(1, "must be a port from 1 to 65535"),
  v.maxValue(65535, "must be a port from 1 to 65535"),
)
export const variablePattern = v.pipe(
  v.string("must be the name of a variable"),
  v.regex(/^[A-Za-z_*?][A-Za-z0-9_*?]*$/, "must be the name of a variable; * and ? may stand for letters"),
)
export const variableName = v.pipe(
  v.string("must be the name of a variable"),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable"),
)
export const duration = v.pipe(
  v.string('must be a duration, such as "2h"'),
  v.regex(durationPattern, 'must be a duration, such as "2h" or "90m"'),
)
const commandExample = "must be a list of words: write [gh, auth, token]"
/** A field-name of RFC 9110, section 5.1. Those that say where a message ends and whom it is for are nobody's to set. */
const headerName = v.pipe(
  v.string("must be the name of a header"),
  v.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be the name of a header"),
  v.check(name => !framingHeaders.test(name), "cannot be a header that says how a message is sent"),
)
const framingHeaders =
  /^(host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i
/** RFC 7617: what stands before the colon. */
const basicUser = v.pipe(
  v.string("must be a user name"),
  v.regex(/^[\x21-\x39\x3b-\x7e]*$/, "must be a user name without a colon"),
)
const queryName = v.pipe(
  v.string("must be the name of a parameter"),
  v.regex(/^[A-Za-z0-9._~-]+$/, "must be the name of a parameter"),
)
const hasOneKey = <T extends object>(fields: T) => Object.keys(fields).length === 1
export const locked = v.optional(v.boolean("must be true or false"))
const denyOrAllow = v.picklist(["deny", "allow"], "must be deny or allow")
/** No section is around it that could be locked. */
export const nestedNamespaces = v.union(
  [denyOrAllow, v.strictObject({ value: denyOrAllow, locked })],
  "must be deny or allow",
)
const protections = v.array(
  v.picklist(optionalProtections, `must be one of ${optionalProtections.join(", ")}`),
  "must be a list: write [landlock]",
)
/** In no section either. */
export const lockableProtections = v.union(
  [protections, v.strictObject({ value: protections, locked })],
  "must be a list: write [landlock]",
)
export const list = <T extends v.GenericSchema>(item: T, example: string) =>
  v.optional(v.array(item, `must be a list: write ${example}`))
const word = v.pipe(
  v.string(commandExample),
  v.nonEmpty("must not be empty"),
  v.check(text => !text.includes("\0"), "must not contain a NUL byte"),
)
/** Where a secret lies on the host; the variable is one of the environment that Cordon was started with. */
export const secretOrigin = v.pipe(
  v.strictObject({
    variable: v.optional(variableName),
    file: v.optional(path),
    command: v.optional(v.pipe(v.array(word, commandExample), v.nonEmpty(commandExample))),
  }),
  v.check(hasOneKey, "must say one of variable, file and command"),
)
/** Where in a request a secret goes. */
export const secretForm = v.union(
  [
    v.literal("bearer"),
    v.pipe(
      v.strictObject({
        header: v.optional(headerName),
        basic: v.optional(basicUser),
        query: v.optional(queryName),
      }),
      v.check(hasOneKey, "must say one of header, basic and query"),
    ),
  ],
  "must be bearer, { header: x-api-key }, { basic: git } or { query: key }",
)
