/** From the text of a path in a policy to what it means on this machine: variables, `~`, relative paths, globs. */
import { absolutePath, componentsOf } from "../base/path.ts"
import { type Component, compileGlob, type Glob, isGlob, matchedDepth } from "./glob.ts"

/** What the variables of a policy stand for; all paths absolute and canonical. */
export type PathVariables = {
  readonly home: string
  readonly project: string
  readonly user: string
  /** `$XDG_CACHE_HOME` and its kind, which only built-in profiles may use */
  readonly xdg: Readonly<Record<string, string>>
}

/** A place, or a set of places. */
export type PathPattern = { kind: "exact"; path: string } | { kind: "glob"; glob: Glob }

/**
 * How closely a pattern fits a path: the deeper the matched prefix, then exact (2) before a glob that ends in a
 * plain name (1) before any other glob (0), so that the exception for `.env.example` holds against `.env.*`.
 */
export type Specificity = { depth: number; precision: 0 | 1 | 2 }

/**
 * The pattern that `text` means. Relative is relative to the project; a glob without `/` matches at any depth
 * below the project.
 * @throws SyntaxError with a sentence that names the mistake
 */
export function pathPattern(text: string, variables: PathVariables): PathPattern {
  if (!isGlob(text.includes("$") ? text.replace(/\$\{\w+\}/g, "") : text))
    return { kind: "exact", path: absolutePath(expandVariables(text, variables), variables.project) }
  if (/[{,]\s*(~|\$)/.test(text)) throw new SyntaxError(`"${text}": ~ and variables stand before the braces`)
  const escaped = escapedVariables(variables)
  const anchored = anchoredGlob(expandVariables(text, escaped), escaped.project)
  const glob = compileGlob(anchored)
  const dotted = (component: Component) => component.kind === "literal" && /^\.\.?$/.test(component.name)
  if (glob.alternatives.some(alternative => alternative.some(dotted)))
    throw new SyntaxError(`"${text}" mixes a glob with "." or ".."; write the path without them`)
  return { kind: "glob", glob }
}

/** A pattern without `/` matches at any depth below the project; one with it starts there. */
function anchoredGlob(text: string, project: string): string {
  if (text.startsWith("/")) return text
  return text.includes("/") ? `${project}/${text.replace(/^(\.\/)+/, "")}` : `${project}/**/${text}`
}

/**
 * `~`, `$HOME`, `$PROJECT`, `$USER` replaced by what they stand for.
 * @throws SyntaxError for any other `$` and for `~user`
 */
export function expandVariables(text: string, variables: PathVariables): string {
  if (!text.includes("$") && !text.startsWith("~")) return text
  if (/^~[^/]/.test(text))
    throw new SyntaxError(`"${text}": ~ stands for your own home only; write the path in full`)
  const { home, project, user, xdg } = variables
  if (!text.includes("$")) return home + text.slice(1)
  const named = new Map([["HOME", home], ["PROJECT", project], ["USER", user], ...Object.entries(xdg)])
  const rest = (text.startsWith("~") ? text.slice(1) : text).replace(
    /\$(\{\w+\}|\w+|)/g,
    (whole, name: string) => {
      const value = named.get(name.replace(/[{}]/g, ""))
      if (value === undefined)
        throw new SyntaxError(`"${text}" uses ${whole}; only $HOME, $PROJECT and $USER stand for something`)
      return value
    },
  )
  return text.startsWith("~") ? home + rest : rest
}

/** How closely `pattern` fits the path, or undefined when it does not. */
export function specificityOf(pattern: PathPattern, components: readonly string[]): Specificity | undefined {
  if (pattern.kind === "glob") {
    const depth = matchedDepth(pattern.glob, components)
    return depth < 0 ? undefined : { depth, precision: endsInName(pattern.glob) ? 1 : 0 }
  }
  const own = componentsOf(pattern.path)
  const matches = own.length <= components.length && own.every((name, index) => name === components[index])
  return matches ? { depth: own.length, precision: 2 } : undefined
}

function endsInName(glob: Glob): boolean {
  return glob.alternatives.every(alternative => alternative.at(-1)?.kind === "literal")
}

/** Those of a policy of a thousand globs are the same for each. */
const escapedBefore = new WeakMap<PathVariables, PathVariables>()

/** A directory's own name may hold characters that mean something to a glob. */
export function escapedVariables(variables: PathVariables): PathVariables {
  const known = escapedBefore.get(variables)
  if (known !== undefined) return known
  const { home, project, user, xdg } = variables
  const escaped = {
    home: escapeGlob(home),
    project: escapeGlob(project),
    user: escapeGlob(user),
    xdg: Object.fromEntries(Object.entries(xdg).map(([name, path]) => [name, escapeGlob(path)])),
  }
  escapedBefore.set(variables, escaped)
  return escaped
}

/** The text of a pattern for people. */
export function patternText(pattern: PathPattern): string {
  return pattern.kind === "exact" ? pattern.path : pattern.glob.text
}

/** What a person writes in a policy for just this path; what no text of a policy can hold, `?` stands for. */
export function writtenPath(path: string): string {
  return escapeGlob(path).replace(/[$\n\r]/g, "?")
}

function escapeGlob(path: string): string {
  return path.replace(/[*?[\]{}\\]/g, "\\$&")
}
