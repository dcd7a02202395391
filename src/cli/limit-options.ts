/** `--timeout`, `--memory`, `--cpus`, `--processes` → limits, in the shape of a policy file. */
import { UserError } from "../base/error.ts"
import { printable } from "../base/printable.ts"
import type { PolicyFile } from "../policy/schema.ts"
import { durationPattern, sizePattern } from "../policy/vocabulary.ts"
import type { GivenOption } from "./arguments.ts"

/** A value that means nothing, in one sentence, with one that does. */
const forms = {
  timeout: {
    pattern: durationPattern,
    what: "a duration is a number with s, m, h or d, more than 0",
    example: "1h30m",
  },
  memory: {
    pattern: sizePattern,
    what: "a size is a number of bytes, or one with KB, MB, GB or TB, more than 0",
    example: "8GB",
  },
  cpus: {
    pattern: /^(?=.*[1-9])\d+(\.\d+)?$/,
    what: "the number of processors is more than 0, in digits",
    example: "0.5",
  },
  processes: {
    pattern: /^(?=.*[1-9])\d{1,15}$/,
    what: "the number of processes is a whole one, at least 1",
    example: "512",
  },
} as const

/**
 * @param words learns which words gave which value
 * @throws UserError for a value that means nothing
 */
export function limitOptions(
  given: readonly GivenOption[],
  words: Record<string, string>,
): NonNullable<PolicyFile["limits"]> {
  const value = (name: keyof typeof forms, key: string): string | undefined => {
    const option = given.find(other => other.name === name)
    if (option === undefined) return undefined
    const { pattern, what, example } = forms[name]
    if (!pattern.test(option.value))
      throw new UserError(`${printable(option.words)}: ${what}`, `write --${name} ${example}`)
    words[`limits.${key}`] = option.words
    return option.value
  }
  const [time, memory] = [value("timeout", "time"), value("memory", "memory")]
  const [cpus, processes] = [value("cpus", "cpus"), value("processes", "processes")]
  return {
    ...(time === undefined ? {} : { time }),
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus: Number(cpus) }),
    ...(processes === undefined ? {} : { processes: Number(processes) }),
  }
}
