/** Completions for bash, zsh and fish, made from the table of options. */
import { commonOptions, ownOptions, ownOptionsOf } from "./command-options.ts"
import { hasMeaning, particularCommands } from "./meaningful.ts"
import { type OptionSpec, optionSpecs } from "./options.ts"
import { type CommandName, commands } from "./words.ts"

export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript()
    case "zsh":
      return zshScript()
    case "fish":
      return fishScript()
  }
}

const names = commands.map(({ name }) => name)

type Spec = Omit<OptionSpec, "group">

type Special = { name: CommandName; specs: readonly Spec[] }

/** Commands that know few options, and some of their own, and those that know most. */
const special: readonly Special[] = [
  ...commands
    .filter(({ name }) => name in ownOptions)
    .map(({ name }) => {
      const common = optionSpecs.filter(spec => commonOptions.some(known => known === spec.name))
      return { name, specs: [...ownOptionsOf(name), ...common] }
    }),
  ...particularCommands.map(name => ({
    name,
    specs: optionSpecs.filter(spec => hasMeaning(name, spec.name)),
  })),
]

function spellings({ name, short, alias }: Spec): string[] {
  return [
    `--${name}`,
    ...(alias === undefined ? [] : [`--${alias}`]),
    ...(short === undefined ? [] : [`-${short}`]),
  ]
}

/** What a value is, for the shell: words to choose from, a path, or something only the person knows. */
function valueKind({ value, choices }: Spec): "choices" | "path" | "text" {
  if (choices !== undefined) return "choices"
  return value !== undefined && /PATH|FILE|DIR/.test(value) ? "path" : "text"
}

function bashScript(): string {
  const cases = optionSpecs
    .filter(({ value }) => value !== undefined)
    .map(spec => {
      const words = {
        choices: `COMPREPLY=($(compgen -W "${spec.choices?.join(" ")}" -- "$word"))`,
        path: `COMPREPLY=($(compgen -f -- "$word"))`,
        text: "COMPREPLY=()",
      }
      return `    ${spellings(spec).join("|")}) ${words[valueKind(spec)]}; return ;;`
    })
  return `# bash completion for cordon: eval "$(cordon completion bash)"
_cordon() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case \${COMP_WORDS[1]} in
${special.map(({ name, specs }) => `    ${name}) [[ $COMP_CWORD -gt 1 && $word == -* ]] && { COMPREPLY=($(compgen -W "${specs.flatMap(spellings).join(" ")}" -- "$word")); return; } ;;`).join("\n")}
  esac
  case $previous in
${cases.join("\n")}
    policy) COMPREPLY=($(compgen -W "show schema init trust" -- "$word")); return ;;
    completion) COMPREPLY=($(compgen -W "${shells.join(" ")}" -- "$word")); return ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "${optionSpecs.flatMap(spellings).join(" ")}" -- "$word"))
  elif ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${names.join(" ")}" -- "$word") $(compgen -c -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _cordon cordon
`
}

function zshScript(): string {
  const quote = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&")
  const lines = (spec: Spec) => {
    const action = { choices: `(${spec.choices?.join(" ")})`, path: "_files", text: "" }[valueKind(spec)]
    const value = spec.value === undefined ? "" : `:${quote(spec.value)}:${action}`
    return spellings(spec).map(
      spelling => `    '${spec.repeats ? "*" : ""}${spelling}[${quote(spec.help)}]${value}'`,
    )
  }
  const cases = special.map(
    ({ name, specs }) =>
      `    ${name}) shift words; ((CURRENT--)); _arguments -S \\\n${specs.flatMap(lines).join(" \\\n")} \\\n    '*:: :_files'; return ;;`,
  )
  return `#compdef cordon
# zsh completion for cordon: cordon completion zsh > "\${fpath[1]}/_cordon"
_cordon() {
  local -a commands
  commands=(${commands.map(({ name, help }) => `'${name}:${quote(help)}'`).join(" ")})
  case $words[2] in
${cases.join("\n")}
  esac
  _arguments -S \\
${optionSpecs.flatMap(lines).join(" \\\n")} \\
    '1: :{ _describe command commands; _command_names -e }' \\
    '*:: :_normal'
}
_cordon "$@"
`
}

function fishScript(): string {
  const quote = (text: string) => text.replace(/[\\']/g, "\\$&")
  const line = (spec: Spec, when: string) => {
    const short = spec.short === undefined ? "" : ` -s ${spec.short}`
    const alias = spec.alias === undefined ? "" : ` -l ${spec.alias}`
    const value = {
      choices: ` -x -a '${spec.choices?.join(" ")}'`,
      path: " -r -F",
      text: spec.value === undefined ? "" : " -x",
    }[valueKind(spec)]
    return `complete -c cordon -n '${when}'${short} -l ${spec.name}${alias}${value} -d '${quote(spec.help)}'`
  }
  const names = special.map(({ name }) => name).join(" ")
  const lines = [
    ...optionSpecs.map(spec => line(spec, `not __fish_seen_subcommand_from ${names}`)),
    ...special.flatMap(({ name, specs }) =>
      specs.map(spec => line(spec, `__fish_seen_subcommand_from ${name}`)),
    ),
  ]
  const words = commands.map(
    ({ name, help }) => `complete -c cordon -n __fish_use_subcommand -a ${name} -d '${quote(help)}'`,
  )
  return `# fish completion for cordon: cordon completion fish > ~/.config/fish/completions/cordon.fish
${[...lines, ...words].join("\n")}
complete -c cordon -n '__fish_seen_subcommand_from policy' -x -a 'show schema init trust'
complete -c cordon -n '__fish_seen_subcommand_from completion' -x -a '${shells.join(" ")}'
`
}
