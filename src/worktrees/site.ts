/** Where a launch happens: whose home, which project, and what the variables of a policy stand for there. */
import { type Account, readAccount } from "../host/account.ts"
import { createPathFacts, type PathFacts } from "../host/path-facts.ts"
import { xdgDirectories } from "../host/xdg-directories.ts"
import type { MergeFacts } from "../policy/merge.ts"
import type { PathVariables } from "../policy/path-pattern.ts"
import { refusePlantedDirectories } from "./own-directories.ts"
import { projectDirectory } from "./project.ts"

export type Site = {
  facts: PathFacts
  account: Account
  /** canonical project directory */
  project: string
  variables: PathVariables
  mergeFacts: MergeFacts
}

export type SiteRequest = {
  /** what `-C` names, or undefined for the present directory */
  directory: string | undefined
  /** `--config` or CORDON_CONFIG */
  config: string | undefined
  environment: Readonly<Record<string, string | undefined>>
}

/** @throws UserError when there is no home, or the directory cannot be a project, or Cordon's own files would lie in it */
export function findSite({ directory, config, environment }: SiteRequest): Site {
  const facts = createPathFacts()
  const account = readAccount(environment, facts)
  const { home, user, otherHomes } = account
  const project = projectDirectory({ directory, logical: environment.PWD }, home, facts)
  const variables = { home, project, user, xdg: xdgDirectories(home, environment) }
  refusePlantedDirectories(variables, config, facts)
  return { facts, account, project, variables, mergeFacts: { home, otherHomes } }
}
