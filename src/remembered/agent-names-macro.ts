/** Run by the build: by which words agents are recognised (policies/20-agents). */
import { builtinTexts } from "../policy/builtin-macro.ts"

/** The first word of each name of a program, without the directories that some have to lie in, and of a package. */
export function agentWords(): string[] {
  const agents = builtinTexts().filter(({ layer }) => layer === "agent")
  const names = agents.flatMap(({ binaries, packages }) => [
    ...binaries.map(name => name.slice(name.lastIndexOf("/") + 1)),
    ...packages,
  ])
  return [...new Set(names.map(name => name.match(/\w+/)?.[0] ?? name))]
}
