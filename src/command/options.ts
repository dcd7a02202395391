/** Reads the options of a program that starts another one, in the way of getopt with a leading `+`. */

/** A word of a command line; undefined when only a shell could say what it becomes. */
export type Word = string | undefined

/** What must be known of a program's options to find the first word that is not one. */
export type OptionTable = {
  /** letters of short options that take a value */
  readonly valued?: string
  /** letters of short options that take none */
  readonly flags?: string
  /** long options that take a value */
  readonly longValued?: readonly string[]
  /** long options that take none, or one only after `=` */
  readonly longFlags?: readonly string[]
  /** numbers count as options: `nice -5`, `nice --5` */
  readonly numbers?: boolean
  /** options that are not listed are flags; otherwise they make the whole line unknown */
  readonly lenient?: boolean
  /** options after which the words mean something else */
  readonly last?: readonly string[]
}

/** One option that was given: its letter or long name, and its value. */
export type Option = { readonly name: string; readonly value: Word }
/** The options, and the words after them. */
export type Options = { readonly given: readonly Option[]; readonly rest: readonly Word[] }

/**
 * Undefined: the words cannot be read without a guess, because an option is not known, its value is missing, or
 * a word needs expansion.
 */
export function parseOptions(words: readonly Word[], table: OptionTable): Options | undefined {
  const given: Option[] = []
  let index = 0
  while (index < words.length) {
    const word = words[index]
    if (word === undefined) return undefined
    if (word === "--") return { given, rest: words.slice(index + 1) }
    if (word === "-" || !word.startsWith("-")) break
    index += 1
    if (table.numbers && /^-[-+]?\d+$/.test(word)) continue

    const found = word.startsWith("--") ? parseLong(word.slice(2), table) : parseBundle(word.slice(1), table)
    if (found === undefined) return undefined
    given.push(...found.flags.map(name => ({ name, value: undefined })))
    if (found.valued === undefined) continue

    if (found.value === undefined && index >= words.length) return undefined
    const value = found.value ?? words[index++]
    given.push({ name: found.valued, value })
    if (table.last?.includes(found.valued)) break
  }
  return { given, rest: words.slice(index) }
}

type Found = {
  flags: string[]
  /** the option that takes a value */
  valued?: string
  /** its value, when it is part of the same word */
  value?: string
}

function parseLong(text: string, table: OptionTable): Found | undefined {
  const equals = text.indexOf("=")
  const name = equals < 0 ? text : text.slice(0, equals)
  if (table.longValued?.includes(name)) {
    return equals < 0
      ? { flags: [], valued: name }
      : { flags: [], valued: name, value: text.slice(equals + 1) }
  }
  return table.longFlags?.includes(name) || table.lenient ? { flags: [name] } : undefined
}

function parseBundle(letters: string, table: OptionTable): Found | undefined {
  const flags: string[] = []
  for (const [index, letter] of [...letters].entries()) {
    if (table.valued?.includes(letter)) {
      const value = [...letters].slice(index + 1).join("")
      return value === "" ? { flags, valued: letter } : { flags, valued: letter, value }
    }
    if (!table.flags?.includes(letter) && !table.lenient) return undefined
    flags.push(letter)
  }
  return { flags }
}
