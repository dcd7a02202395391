/**
 * Which requests a host rule is about: `GET /repos/**`, `POST,PATCH /repos/me/**`, `* /v1/**`. Upper and lower case of
 * a path differ, its query is not looked at, and a path that servers read in more than one way is judged in each.
 */
import { componentsOf } from "../base/path.ts"
import { compileGlob, type Glob, matchedDepth } from "./glob.ts"

export type RequestPattern = {
  /** upper case; `*` = any */
  methods: readonly string[]
  path: Glob
}

/**
 * @param rest what stands after the host
 * @param text what stands in the policy, for the message
 * @throws SyntaxError with a sentence and the right spelling
 */
export function requestPattern(rest: string, text: string): RequestPattern {
  const [methods = "", path, ...more] = rest.split(/[ \t]+/)
  if (more.length > 0 || path === undefined)
    throw new SyntaxError(
      `"${text}": after the host come methods and a path, such as "api.github.com GET,HEAD /repos/**"`,
    )
  const names = methods.split(",").map(name => name.toUpperCase())
  if (!names.every(name => name === "*" || /^[A-Z][A-Z-]{0,31}$/.test(name)))
    throw new SyntaxError(`"${text}": "${methods}" is no list of methods; write GET, or GET,POST, or *`)
  if (!path.startsWith("/"))
    throw new SyntaxError(`"${text}": the path begins with a slash; write "/${path}"`)
  if (/[?#]/.test(path.replaceAll(/\[[^\]]*\]/g, "")))
    throw new SyntaxError(`"${text}": a rule is about the path alone; write "${path.replace(/[?#].*/, "")}"`)
  if (path.includes("%") || readingsOf(path)?.length !== 1)
    throw new SyntaxError(`"${text}": the path stands in plain ASCII letters, without "..", "%" and ";"`)
  return { methods: names, path: compileGlob(path) }
}

/** The pattern for denials: a server may not tell upper from lower case. To be held against lower-case readings. */
export function caseless({ methods, path }: RequestPattern): RequestPattern {
  return { methods, path: compileGlob(path.text.toLowerCase()) }
}

export function requestText({ methods, path }: RequestPattern): string {
  return `${methods.join(",")} ${path.text}`
}

/** Whether a request with this method, its path read as these names, is one that the pattern means. */
export function matchesRequest(
  { methods, path }: RequestPattern,
  method: string,
  reading: readonly string[],
): boolean {
  const name = method.toUpperCase()
  // HEAD is GET without the answer's body (RFC 9110, section 9.3.2).
  const asked =
    methods.includes("*") || methods.includes(name) || (name === "HEAD" && methods.includes("GET"))
  return asked && matchedDepth(path, reading) === reading.length
}

/**
 * The names of a path in each way in which servers read it: name by name, or as one text that is decoded, once or twice;
 * with or without what follows a `;` in a name. A request is judged in all of them, because nobody here knows which of
 * them its server takes. Empty names say nothing.
 * @param target as the client sent it, with or without a query
 * @returns undefined when it is no path that can be judged: with `.` or `..` for a name, however they are spelled, what
 *   is left of it depends on when a server takes them away, and programs do that before they send it
 */
export function readingsOf(target: string): string[][] | undefined {
  const path = target.replace(/\?.*$/s, "")
  // A NUL ends the text for some, and what `%` without two digits means differs from one to the next.
  if (!path.startsWith("/") || /[^\x21-\x7e]|[#\\]|%(?![\da-f]{2})|%00/i.test(path)) return undefined
  const once = decoded(path)
  const twice = decoded(once)
  if (once.includes("%00") || [once, twice].some(text => /[/\\]\.\.?([/\\;]|$)/.test(text))) return undefined
  const whole = [componentsOf(path).map(decoded), ...[once, twice].map(text => named(text.split(/[/\\]/)))]
  const bare = whole.map(names => named(names.map(name => name.replace(/;.*$/s, ""))))
  return [...new Map([...whole, ...bare].map(names => [names.join("\0"), names])).values()]
}

function named(names: readonly string[]): string[] {
  return names.filter(name => name !== "")
}

/** Every `%xx` as its byte; what is none stays. */
function decoded(path: string): string {
  return path.replace(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}
