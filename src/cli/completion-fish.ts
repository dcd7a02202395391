/** Completions for fish. */
import {
  namesBesides,
  type Spec,
  special,
  takesFiles,
  valued,
  valueKind,
  wordsAfter,
} from "./completion-facts.ts"
import { optionSpecs } from "./options.ts"
import { commands } from "./words.ts"

export function fishScript(): string {
  const lines = [
    ...optionSpecs.map(spec => line(spec, "__cordon_at none run")),
    ...special.flatMap(({ name, specs }) => specs.map(spec => line(spec, `__cordon_at ${name}`))),
    ...commands.map(
      ({ name, help }) => `complete -c cordon -n '__cordon_at none' -a ${name} -d '${quote(help)}'`,
    ),
    ...wordsAfter.map(
      ({ name, words }) => `complete -c cordon -n '__cordon_at ${name}' -a '${words.join(" ")}'`,
    ),
    `complete -c cordon -n '__cordon_at ${takesFiles.join(" ")}' -F`,
    program("none none-program", 1),
    program("run run-program", 2),
  ]
  return `# fish completion for cordon: cordon completion fish > ~/.config/fish/completions/cordon.fish
${findCommand()}complete -c cordon -f
${lines.join("\n")}
`
}

/** The functions that say where in a line of words the cursor is. */
function findCommand(): string {
  return `# Which of Cordon's commands the words begin with, none yet, or that a program to run has been named.
function __cordon_command
  set -l words (commandline -opc)
  set -l found none
  set -l value
  for word in $words[2..]
    if test -n "$value"
      set value
      continue
    end
    switch $word
      case ${valued.join(" ")}
        set value expected
      case --
        echo $found-program
        return
      case '-*'
      case ${commands.map(({ name }) => name).join(" ")}
        if test $found = run
          echo run-program
          return
        end
        set found $word
        test $word = run; or break
      case '*'
        echo $found-program
        return
    end
  end
  echo $found
end
function __cordon_at
  contains -- (__cordon_command) $argv
end
`
}

/** @param skipped words before the program that are no options; the first of the others must not look like fish's own */
function program(when: string, skipped: number): string {
  const others = valued.toSorted((a, b) => a.length - b.length).join(" ")
  return `complete -c cordon -n '__cordon_at ${when}' -a '(__fish_complete_subcommand --fcs-skip=${skipped} ${others})'`
}

function quote(text: string): string {
  return text.replace(/[\\']/g, "\\$&")
}

function line(spec: Spec, when: string): string {
  const short = spec.short === undefined ? "" : ` -s ${spec.short}`
  const alias = spec.alias === undefined ? "" : ` -l ${spec.alias}`
  const names = namesBesides(spec).join(" ")
  const value = {
    choices: ` -x -a '${spec.choices?.join(" ")}'`,
    path: ` -r -F${names === "" ? "" : ` -a '${names}'`}`,
    text: spec.value === undefined ? "" : " -x",
  }[valueKind(spec)]
  return `complete -c cordon -n '${when}'${short} -l ${spec.name}${alias}${value} -d '${quote(spec.help)}'`
}
