/** Completions for bash. It makes words of their own of the `=` of `--net=off` (COMP_WORDBREAKS). */
import {
  commandNames,
  namesBesides,
  type Spec,
  special,
  spellings,
  takesFiles,
  valued,
  valueKind,
  wordsAfter,
} from "./completion-facts.ts"
import { optionSpecs } from "./options.ts"

const offer = (words: readonly string[]) => `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word"))`
const files = "_cordon_files"

export function bashScript(): string {
  const values = optionSpecs.filter(({ value }) => value !== undefined).map(valueCase)
  const options = special.map(({ name, specs }) => `      ${name}) ${offer(specs.flatMap(spellings))} ;;`)
  const words = wordsAfter.map(
    ({ name, words }) => `    ${name}) ((COMP_CWORD == at + 1)) && ${offer(words)} ;;`,
  )
  return `# bash completion for cordon: eval "$(cordon completion bash)"
_cordon_files() {
  COMPREPLY=($(compgen -W "$*" -- "$word"))
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$word"))
}
_cordon() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= own=1 at
  COMPREPLY=()
${findCommand()}  [[ $word == = ]] && word=
  [[ $previous == = ]] && previous=\${COMP_WORDS[COMP_CWORD-2]}
  case $previous in
${values.join("\n")}
  esac
  if [[ $word == -* && \${COMP_WORDS[COMP_CWORD-1]} != -- ]]; then
    case $command in
${options.join("\n")}
      *) ${offer(optionSpecs.flatMap(spellings))} ;;
    esac
    return
  fi
  case $command in
    "") COMPREPLY=($([[ $own ]] && compgen -W "${commandNames.join(" ")}" -- "$word") $(compgen -c -- "$word")) ;;
${words.join("\n")}
    ${takesFiles.join("|")}) ${files} ;;
  esac
}
complete -o filenames -F _cordon cordon
`
}

/** The command stands behind options and their values; what follows a program is the program's. */
function findCommand(): string {
  return `  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      --) own=; ((at++)); break ;;
      ${valued.join("|")}) [[ \${COMP_WORDS[at+1]} == = ]] && ((at++)); ((at++)) ;;
      -*) ;;
      run) [[ $own ]] || break; own= ;;
      *) break ;;
    esac
  done
  ((at < COMP_CWORD)) && command=\${COMP_WORDS[at]}
  case $own$command in
${commandNames
  .filter(name => name !== "run")
  .map(name => `    1${name}) ;;`)
  .join("\n")}
    1|"") command= ;;
    *)
      if declare -F _comp_command_offset >/dev/null; then _comp_command_offset $at
      elif declare -F _command_offset >/dev/null; then _command_offset $at
      else ${files}; fi
      return ;;
  esac
`
}

function valueCase(spec: Spec): string {
  const words = {
    choices: offer(spec.choices ?? []),
    path: [files, ...namesBesides(spec)].join(" "),
    text: "COMPREPLY=()",
  }
  return `    ${spellings(spec).join("|")}) ${words[valueKind(spec)]}; return ;;`
}
