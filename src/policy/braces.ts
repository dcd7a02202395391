/** Braces in a glob: the alternatives that they stand for. */

/** Nested groups multiply: a pattern that stands for more is a mistake or an attack. */
const alternativesMax = 256

/**
 * `a{b,c{d,e}}` → `ab`, `acd`, `ace`.
 * @throws SyntaxError with a sentence for people
 */
export function expandBraces(text: string): string[] {
  if (!/[{}]/.test(text)) return [text]
  const finished: string[] = []
  const open = [text]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = firstGroup(next)
    if (group === undefined) finished.push(next)
    else for (const choice of group.choices) open.push(group.before + choice + group.after)
    if (finished.length + open.length > alternativesMax)
      throw new SyntaxError(`its braces stand for more than ${alternativesMax} patterns`)
  }
  return finished
}

function firstGroup(text: string): { before: string; choices: string[]; after: string } | undefined {
  const choices: string[] = []
  let depth = 0
  let start = -1
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === "\\") at++
    else if (character === "{") {
      if (depth++ === 0) start = at
      if (depth === 1) from = at + 1
    } else if (character === "," && depth === 1) {
      choices.push(text.slice(from, at))
      from = at + 1
    } else if (character === "}") {
      if (depth === 0) throw new SyntaxError(`"}" was never opened`)
      if (--depth > 0) continue
      choices.push(text.slice(from, at))
      return { before: text.slice(0, start), choices, after: text.slice(at + 1) }
    }
  }
  if (depth > 0) throw new SyntaxError(`"{" is never closed`)
  return undefined
}
