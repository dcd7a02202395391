/** Where a value of the policy was written: what `explain` and every refusal name. */
export type Source = {
  /** file as the user knows it, `built-in:00-base.yaml`, or the option itself, such as `--deny ~/.aws` */
  file: string
  /** line, from 1 (0 = not a file) */
  line: number
  /** column, from 1 (0 = not a file) */
  column: number
}

/** The layers, low to high: at equal specificity the later one decides. */
export const layerNames = [
  "base",
  "preset",
  "toolchain",
  "agent",
  "environment",
  "org",
  "project",
  "user",
  "profile",
  "command line",
] as const
export type LayerName = (typeof layerNames)[number]

/** A value that remembers who said it. */
export type Sourced<T> = { value: T; source: Source; layer: LayerName; locked: boolean }

/** Position of a layer in the order of precedence, from 0. */
export function rankOf(layer: LayerName): number {
  return layerNames.indexOf(layer)
}

/** `file:line`, or the option. */
export function formatSource(source: Source): string {
  return source.line === 0 ? source.file : `${source.file}:${source.line}`
}

/** The source of a value that an option, a variable or Cordon itself gave. */
export function sourceOf(words: string): Source {
  return { file: words, line: 0, column: 0 }
}
