/** Text of a scenario → steps and files. Every line that cannot be understood is an error. */

const verbs = ["cordon", "host", "env", "stdout", "stderr", "code", "json", "exists", "same"] as const

export type Step = {
  /** line of the scenario, from 1 */
  line: number
  text: string
  negated: boolean
  verb: (typeof verbs)[number]
  words: string[]
}

export type Scenario = { steps: Step[]; files: Record<string, string> }

export function parseScenario(text: string): Scenario {
  const lines = text.split("\n")
  const files: Record<string, string> = {}
  const steps: Step[] = []
  let file: string | undefined
  for (const [index, line] of lines.entries()) {
    const header = /^-- (.+) --$/.exec(line)?.[1]
    if (header !== undefined) {
      file = header
      files[file] = ""
    } else if (file !== undefined) files[file] += index < lines.length - 1 ? `${line}\n` : line
    else if (line.trim() !== "" && !line.startsWith("#")) steps.push(parseStep(line, index + 1))
  }
  return { steps, files }
}

function parseStep(text: string, line: number): Step {
  const words = splitWords(text)
  const negated = words[0] === "!"
  const [name, ...rest] = negated ? words.slice(1) : words
  const verb = verbs.find(known => known === name)
  if (verb === undefined) throw new Error(`line ${line}: "${name}" is no step`)
  return { line, text, negated, verb, words: rest }
}

/** Words as a shell splits them: single quotes, double quotes and backslashes; no variables. */
export function splitWords(text: string): string[] {
  const words: string[] = []
  const pattern = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|(\s+)|([^\s'"\\]+)/gs
  let word: string | undefined
  for (const [all, single, double, escaped, space, plain] of text.matchAll(pattern)) {
    if (space === undefined)
      word = (word ?? "") + (single ?? double?.replace(/\\(["\\])/g, "$1") ?? escaped ?? plain ?? all)
    else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  return word === undefined ? words : [...words, word]
}
