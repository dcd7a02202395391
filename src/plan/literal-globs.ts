/** `[id].tsx` is the name of a file to some and a pattern to us, which does not match it: who wrote it is told. */
import { componentsOf } from "../base/path.ts"
import type { PathFacts } from "../host/path-facts.ts"
import type { PathRule } from "../policy/layer.ts"
import { isWritten } from "../policy/merge-network.ts"
import { patternText, specificityOf, writtenPath } from "../policy/path-pattern.ts"
import { formatSource } from "../policy/source.ts"

/**
 * Stars and question marks are taken for patterns by everybody, and a policy of thousands of them would be looked up here.
 * @returns a warning for each rule whose text, read as a path, names what is there and is not meant by it
 */
export function literalGlobs(rules: readonly PathRule[], facts: PathFacts): readonly string[] {
  return rules.flatMap(rule => {
    const { value, source } = rule
    if (value.kind === "exact" || !isWritten(rule) || !/[[{]/.test(value.glob.text)) return []
    // A pattern of one name holds at any depth; whoever meant a file meant the one in the project.
    const literal = patternText(value).replace("/**/", "/").replace(/\\(.)/g, "$1")
    if (facts(literal).kind === "missing" || specificityOf(value, componentsOf(literal)) !== undefined)
      return []
    return `${formatSource(source)}: a pattern, which does not match ${literal}; to mean that write ${writtenPath(literal)}`
  })
}
