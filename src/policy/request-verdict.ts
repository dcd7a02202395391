/** What the policy says about one HTTP request to a host that is allowed, and whose TLS the border ends. */
import { isGlob } from "./glob.ts"
import { closest, hostCloseness, isPlain, type ReadyRule, type Target, targetText } from "./host-match.ts"
import { hostPattern, hostText } from "./host-pattern.ts"
import { byRule, type HostVerdict, refused } from "./host-reasons.ts"
import type { HostRule } from "./layer.ts"
import { isWritten } from "./merge-network.ts"
import { matchesRequest, readingsOf } from "./request-pattern.ts"
import { rankOf } from "./source.ts"

export type RequestQuestion = {
  /** as the client sent it: the path with or without its query */
  request: { method: string; path: string }
  /** rules that are about the host */
  allows: readonly ReadyRule[]
  denies: readonly ReadyRule[]
}

export function judgeRequest(target: Target, { request, allows, denies }: RequestQuestion): HostVerdict {
  const whole = closest(denies.filter(isPlain))
  if (whole !== undefined) return byRule(whole)
  const [narrowing, narrowed] = [allows.filter(each => !isPlain(each)), allows.filter(isPlain)]
  const open = closest(narrowed.filter(each => !narrowing.some(other => narrows(other, each))))
  // What a person allowed while it ran, once, has no rule, and nothing that restricts what is said to it.
  const anything = open !== undefined || allows.length === 0
  if (anything && denies.length === 0) return allowedBy(open)
  const readings = readingsOf(request.path)
  if (readings === undefined) return refused("this is no path that a rule can be held against", undefined)
  const { method } = request
  const lower = readings.map(reading => reading.map(name => name.toLowerCase()))
  const denial = closest(
    denies.filter(({ caseless }) => caseless && lower.some(each => matchesRequest(caseless, method, each))),
  )
  if (denial !== undefined) return byRule(denial)
  if (anything) return allowedBy(open)
  const allowing = (reading: readonly string[]) =>
    narrowing.filter(({ pattern: { request: asked } }) => asked && matchesRequest(asked, method, reading))
  const allowances = readings.flatMap(reading => closest(allowing(reading)) ?? [])
  return allowances.length === readings.length
    ? allowedBy(allowances[0])
    : refused("no rule allows this request", requestOpening(target, request))
}

/**
 * Whether a rule with a request takes its host out of a rule for the host as a whole: where that is one of Cordon's own
 * lists, or the wider one (`*`, `*.github.com`), or says the same from a lower layer.
 */
function narrows(narrow: ReadyRule, wide: ReadyRule): boolean {
  if (isWritten(narrow.rule) && !isWritten(wide.rule)) return true
  const difference = hostCloseness(narrow.pattern) - hostCloseness(wide.pattern)
  return difference > 0 || (difference === 0 && rankOf(narrow.rule.layer) > rankOf(wide.rule.layer))
}

function allowedBy(rule: HostRule | undefined): HostVerdict {
  return rule === undefined
    ? { verdict: "allow", rule, why: "the host is allowed", opening: undefined }
    : byRule(rule)
}

/** The rule that a person would have to write, when the request can be written as one. */
function requestOpening(target: Target, { method, path }: RequestQuestion["request"]): string | undefined {
  const text = `${targetText(target)} ${method.toUpperCase()} ${path.replace(/\?.*$/s, "")}`
  try {
    return isGlob(text) ? undefined : hostText(hostPattern(text))
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    return undefined
  }
}
