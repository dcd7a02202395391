/** Run by the build: by which words agents are recognised (policies/20-agents). */
import { builtinTexts } from "../policy/builtin-macro.ts"

/** Names of programs, without the directories that some have to lie in, and of packages. */
export function agentNames(): string[] {
  const agents = builtinTexts().profiles.filter(({ layer }) => layer === "agent")
  return agents.flatMap(({ binaries, packages }) => [
    ...binaries.map(name => name.slice(name.lastIndexOf("/") + 1)),
    ...packages,
  ])
}
