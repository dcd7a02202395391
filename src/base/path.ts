/**
 * Absolute POSIX paths as text. Nothing here looks at a disk. Not node:path: the runtime's turns the lone surrogates
 * that stand for bytes outside UTF-8 (path-bytes.ts) into U+FFFD, and a denial would look for another name.
 */

/** `path` made absolute against `base`, without `.`, `..`, doubled or trailing slashes. */
export function absolutePath(path: string, base: string): string {
  if (path.startsWith("/") && !path.includes("//") && !path.includes("/.") && !path.endsWith("/")) return path
  const names: string[] = []
  for (const name of `${path.startsWith("/") ? "" : base}/${path}`.split("/")) {
    if (name === "..") names.pop()
    else if (name !== "" && name !== ".") names.push(name)
  }
  return `/${names.join("/")}`
}

/** The names between the slashes; the root has none. */
export function componentsOf(path: string): string[] {
  // Nearly every path is absolute and plain, and a launch splits hundreds of them: no callback for each name.
  const names = (path.startsWith("/") ? path.slice(1) : path).split("/")
  return names.includes("") ? names.filter(name => name !== "") : names
}

/** How many names lie between the root and `path`. */
export function depthOf(path: string): number {
  return componentsOf(path).length
}

/** Whether `path` is `tree` or lies below it. */
export function isWithin(path: string, tree: string): boolean {
  return path === tree || tree === "/" || path.startsWith(`${tree}/`)
}

/** Whether `path` lies below `tree` and is not it. */
export function isBelow(path: string, tree: string): boolean {
  return path !== tree && isWithin(path, tree)
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/"
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1)
}

/** `/a/b/c` → `/`, `/a`, `/a/b`, `/a/b/c`: shallow first. */
export function lineageOf(path: string): string[] {
  const lineage = ["/"]
  let walked = ""
  for (const name of componentsOf(path)) {
    walked += `/${name}`
    lineage.push(walked)
  }
  return lineage
}

/** `path` with the home directory written as `~`, for people. */
export function tildePath(path: string, home: string): string {
  return isWithin(path, home) && home !== "/" ? `~${path.slice(home.length)}` : path
}
