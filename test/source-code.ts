import { dirname, join } from "node:path"

/** The checkout. */
export const root = join(import.meta.dir, "..")

/** One source file, read once. */
export type SourceFile = {
  /** path from the directory that was listed, like `policy/load.ts` */
  path: string
  /** the whole text */
  text: string
  /** the text with the insides of comments and strings blanked; same length, same lines */
  code: string
}

/** One import of a source file, static, dynamic, or for its side effects. */
export type Import = {
  /** what the code says, like `../base/error.ts` or `node:fs` */
  target: string
  /** for a relative target its path from the listed directory (`../` when it leaves it), else undefined */
  path: string | undefined
  /** it leaves nothing in the compiled program */
  typeOnly: boolean
}

/** Every TypeScript file below a directory of the checkout. */
export async function readSources(directory: string): Promise<SourceFile[]> {
  const paths = [...new Bun.Glob("**/*.ts").scanSync(join(root, directory))].sort()
  return Promise.all(
    paths.map(async path => {
      const text = await Bun.file(join(root, directory, path)).text()
      return { path, text, code: blankText(text) }
    }),
  )
}

const commentOrString =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g

/** Blanks comments and strings but for their delimiters, so that rules about code do not stumble over prose. */
export function blankText(text: string): string {
  return text.replace(commentOrString, whole => blankInside(whole))
}

/** Blanks comments only. */
export function blankComments(text: string): string {
  return text.replace(commentOrString, whole => (whole.startsWith("/") ? blankInside(whole) : whole))
}

function blankInside(whole: string): string {
  const start = whole.startsWith("/") ? 2 : 1
  const end = whole.startsWith("//") ? whole.length : whole.length - start
  return whole.slice(0, start) + whole.slice(start, end).replace(/[^\n]/g, " ") + whole.slice(end)
}

// The formatter puts every static import at the start of a line, so a string does not look like one.
const staticImport = /^(?:import|export)\b(\s+type\b)?[\w\s{},*$/]*?\bfrom\s+"([^"]+)"/gm
const sideEffectImport = /^(import)\s+"([^"]+)"/gm
const dynamicImport = /\b(import)\(\s*"([^"]+)"/g

/** Everything a file imports. */
export function importsOf({ path, text }: Pick<SourceFile, "path" | "text">): Import[] {
  const code = blankComments(text)
  return [staticImport, sideEffectImport, dynamicImport].flatMap(pattern =>
    [...code.matchAll(pattern)].map(([, word, target = ""]) => ({
      target,
      path: target.startsWith(".") ? join(dirname(path), target) : undefined,
      typeOnly: word?.trim() === "type",
    })),
  )
}
