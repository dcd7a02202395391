/**
 * What a session needs whose credentials stay outside, or whose rules are about requests: secrets read, placeholders in
 * their place, an authority that is trusted inside. Loaded by such sessions only.
 */
import { hostAuthorities } from "../../host/authorities.ts"
import type { PathFacts } from "../../host/path-facts.ts"
import { readSecrets, type WantedSecret } from "../../host/secret.ts"
import { readTrustStores } from "../../host/trust-stores.ts"
import { withPlaceholders } from "../../plan/credentials.ts"
import type { FilteredNetwork, LaunchPlan } from "../../plan/launch-plan.ts"
import { planTrust } from "../../plan/trust.ts"
import type { HostJudge } from "../../policy/host-verdict.ts"
import { endedDomains, type Secret } from "../credentials/hosts.ts"
import { placeholderOf } from "../credentials/placeholder.ts"
import { createAuthority } from "../tls/authority.ts"
import type { Terminator } from "./terminator.ts"

export type EndedSession = {
  /** with placeholders for secrets, and the authority's certificate where programs look for it */
  plan: LaunchPlan
  /** @param judge the rules of the moment that it is asked */
  openTerminator(judge: () => HostJudge): Promise<Terminator>
}

export type EndedSessionRequest = {
  plan: LaunchPlan
  network: FilteredNetwork
  /** with the places in the policy that ask for them */
  credentials: readonly WantedSecret[]
  /** the environment that Cordon was started with */
  environment: Readonly<Record<string, string | undefined>>
  /** canonical home directory */
  home: string
  facts: PathFacts
  /** whether a path of the host is seen inside */
  visible: (path: string) => boolean
  /** whether the sandbox can write to a path, as it is written or where it leads */
  isWritable: (path: string) => boolean
}

/** @throws UserError when a secret cannot be read */
export async function endedSession(request: EndedSessionRequest): Promise<EndedSession> {
  const { plan, network, credentials, environment, home, facts, isWritable } = request
  const secrets = pairs(await readSecrets({ credentials, environment, isWritable }))
  const authority = createAuthority(endedDomains(network.rules, network.credentials))
  const upstreamAuthorities = hostAuthorities(environment)
  const inside = withPlaceholders(plan.environment, network.credentials, secrets)
  const trust = planTrust({
    certificate: authority.certificate,
    stores: readTrustStores(inside, home, facts),
    environment: inside,
    visible: request.visible,
  })
  const seal = plan.mounts.findIndex(({ kind }) => kind === "sealed")
  const end = seal < 0 ? plan.mounts.length : seal
  return {
    plan: {
      ...plan,
      // Nothing can be made any more in what is sealed.
      mounts: [...plan.mounts.slice(0, end), ...trust.mounts, ...plan.mounts.slice(end)],
      environment: { ...inside, ...trust.variables },
      warnings: [...plan.warnings, ...trust.warnings],
    },
    async openTerminator(judge) {
      const { openTerminator } = await import("./terminator.ts")
      return openTerminator({
        authority,
        judge,
        credentials: network.credentials,
        secrets,
        upstreamAuthorities,
      })
    },
  }
}

function pairs(secrets: ReadonlyMap<string, string>): Map<string, Secret> {
  return new Map([...secrets].map(([name, secret]) => [name, { secret, placeholder: placeholderOf(secret) }]))
}
