/** Completions for bash, zsh and fish, made from the tables of options and commands. */
import { bashScript } from "./completion-bash.ts"
import { fishScript } from "./completion-fish.ts"
import { zshScript } from "./completion-zsh.ts"
import type { Shell } from "./words.ts"

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
