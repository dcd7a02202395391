/** node:fs for what few launches need: it takes a millisecond to load. */
export function nodeFs(): typeof import("node:fs") {
  return process.getBuiltinModule("node:fs")
}
