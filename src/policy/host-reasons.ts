/** Verdicts on hosts, and how they are explained to people. */
import { hostText } from "./host-pattern.ts"
import type { HostRule } from "./layer.ts"
import { formatSource } from "./source.ts"

export type HostVerdict = {
  verdict: "allow" | "deny" | "ask"
  /** the rule that decided, or undefined when none matched or a guard decided */
  rule: HostRule | undefined
  /** for people: `deny *.pastebin.com (user, ~/.config/cordon/policy.yaml:7)`, `no rule allows it`, `private address 10.0.0.1` */
  why: string
  /** what `--allow-host` would have to say; undefined when it is allowed, or when no allowance would help */
  opening: string | undefined
}

export function byRule(rule: HostRule): HostVerdict {
  return { verdict: rule.verdict, rule, why: ruleWords(rule), opening: undefined }
}

export function refused(why: string, opening: string | undefined): HostVerdict {
  return { verdict: "deny", rule: undefined, why, opening }
}

/** `deny *.pastebin.com (user, ~/.config/cordon/policy.yaml:7)` */
function ruleWords({ verdict, value, layer, source }: HostRule): string {
  return `${verdict} ${hostText(value)} (${layer}, ${formatSource(source)})`
}
