/** Completions for zsh. */
import {
  namesBesides,
  type Spec,
  type Special,
  special,
  spellings,
  takesFiles,
  valueKind,
  wordsAfter,
} from "./completion-facts.ts"
import { optionSpecs } from "./options.ts"
import { type CommandName, commands } from "./words.ts"

/** The rest of a command stands on the next line. */
const next = " \\\n    "

export function zshScript(): string {
  const described = commands.map(({ name, help }) => `'${name}:${quote(help)}'`).join(" ")
  const launch = [`_arguments -S -A '-*'`, ...optionSpecs.flatMap(lines)].join(next)
  return `#compdef cordon
# zsh completion for cordon: cordon completion zsh > "\${fpath[1]}/_cordon"
# or, behind compinit: eval "$(cordon completion zsh)"
_cordon() {
  local -a own
  local context state state_descr line
  typeset -A opt_args
  own=(${described})
  ${launch}${next}'1: :{ _describe command own; _command_names -e }'${next}'*:: :->command' && return
  [[ $state == command ]] || return 1
  case $words[1] in
    run) ${launch}${next}'1: :_command_names -e'${next}'*:: :_normal'; return ;;
${special.map(commandCase).join("\n")}
  esac
  _normal
}
if [[ $funcstack[1] == _cordon ]]; then _cordon "$@"; else compdef _cordon cordon; fi
`
}

function quote(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&")
}

function lines(spec: Spec): string[] {
  const action = { choices: `(${spec.choices?.join(" ")})`, path: pathAction(spec), text: "" }[
    valueKind(spec)
  ]
  const value = spec.value === undefined ? "" : `:${quote(spec.value)}:${action}`
  return spellings(spec).map(
    spelling => `'${spec.repeats ? "*" : ""}${spelling}[${quote(spec.help)}]${value}'`,
  )
}

function pathAction(spec: Spec): string {
  const names = namesBesides(spec)
  return names.length === 0 ? "_files" : `{ compadd -- ${names.join(" ")}; _files }`
}

function commandCase({ name, specs }: Special): string {
  return `    ${name}) ${["_arguments -S", ...specs.flatMap(lines), wordsOf(name)].join(next)}; return ;;`
}

function wordsOf(name: CommandName): string {
  const after = wordsAfter.find(other => other.name === name)
  if (after !== undefined) return `'1: :(${after.words.join(" ")})'`
  return takesFiles.includes(name) ? "'*: :_files'" : "'*: :'"
}
