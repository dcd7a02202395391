/** What `cordon verify` tries of the names that are decided on as they are used: they do not exist yet. */
import { parentOf } from "../base/path.ts"
import { type Component, literalStart } from "../policy/glob.ts"
import type { PathRule, Protection } from "../policy/layer.ts"
import { formatSource, type Source } from "../policy/source.ts"
import type { Prepared } from "../run.ts"
import type { Check } from "./verify-checks.ts"

/** Each protected name and each denied glob that has plain names, in a new directory of the project. */
export function nameChecks({ plan, rules, site, judge }: Prepared): Check[] {
  if (plan.live === undefined || judge.accessOf(site.project) !== "write") return []
  const protectedNames = rules.protections.flatMap(
    protection => protectedCheck(protection, site.project) ?? [],
  )
  const denied = rules.paths.flatMap(rule => deniedCheck(rule, site.project) ?? [])
  const allowed: Check = {
    guarantee: "a name that no rule is about can be made",
    attempt: { kind: "make", directory: site.project, names: ["nested", "plain"] },
    expected: "done",
  }
  return [allowed, ...protectedNames, ...denied]
}

function protectedCheck({ value, effect, source }: Protection, directory: string): Check | undefined {
  const names = value.kind === "anywhere" ? plainNames(value.names.alternatives[0] ?? []) : undefined
  if (names === undefined || effect === "unprotect") return undefined
  return {
    guarantee: `a new ${names.join("/")} cannot be made: protect (${formatSource(source)})`,
    attempt: { kind: "make", directory, names },
    expected: "refused",
  }
}

/** What a rule takes away and does not exist, where the directory that it would be made in can be written. */
export function absentChecks({ rules, site, judge }: Prepared): Check[] {
  const named = [...rules.paths.flatMap(takenAway), ...rules.protections.flatMap(protectedPlace)]
  const absent = named.filter(
    ({ path }) =>
      site.facts(path).kind === "missing" && judge.accessOf(existingAbove(path, site)) === "write",
  )
  return absent.map(({ path, source }) => ({
    guarantee: `${path} cannot be made: ${formatSource(source)}`,
    attempt: { kind: "make-at", path },
    expected: "refused",
  }))
}

type Named = { path: string; source: Source }

function takenAway({ access, value, source }: PathRule): Named[] {
  return access !== "write" && value.kind === "exact" ? [{ path: value.path, source }] : []
}

function protectedPlace({ value, effect, source }: Protection): Named[] {
  const isExact = value.kind === "place" && value.pattern.kind === "exact" && effect === "protect"
  return isExact && value.pattern.kind === "exact" ? [{ path: value.pattern.path, source }] : []
}

function existingAbove(path: string, site: Prepared["site"]): string {
  const parent = parentOf(path)
  return site.facts(parent).kind === "missing" ? existingAbove(parent, site) : parent
}

/** A glob for a plain name at any depth of the project. */
function deniedCheck({ access, value, source }: PathRule, directory: string): Check | undefined {
  if (access !== "deny" || value.kind !== "glob" || literalStart(value.glob) !== directory) return undefined
  const last = value.glob.alternatives[0]?.at(-1)
  if (last?.kind !== "literal") return undefined
  return {
    guarantee: `a new ${last.name} cannot be made: deny (${formatSource(source)})`,
    attempt: { kind: "make", directory, names: [last.name] },
    expected: "refused",
  }
}

function plainNames(components: readonly Component[]): string[] | undefined {
  const names = components.map(component => (component.kind === "literal" ? component.name : undefined))
  return names.every(name => name !== undefined) ? names : undefined
}
