/**
 * Whether the host that a client says it wants is the one it dialled. Servers that many hosts share hand a request to
 * whichever host it names (domain fronting), and the verdict was on the one that was dialled.
 */
import { parseAddress } from "../../base/address.ts"
import type { HostJudge } from "../../policy/host-verdict.ts"
import type { HttpAuthority } from "../http/authority.ts"
import type { Destination } from "../upstream/destination.ts"

export type Disagreement = {
  why: string
  /** what `--allow-host` would have to say; undefined when that would not help */
  opening: string | undefined
}

/** Where the client says which host it wants. */
export type Claim = "TLS server name" | "Host"

/** @returns undefined when they agree */
export function disagreement(
  claim: Claim,
  { host: claimed, port }: HttpAuthority,
  dialled: Destination,
  judge: HostJudge,
): Disagreement | undefined {
  if (port !== undefined && port !== dialled.port) return other(`${claim} says port ${port}`, dialled)
  if (claimed === dialled.host) return undefined
  // A name for the address that was dialled is one that this program, or its user, looked up by other means.
  if (dialled.kind === "name" || parseAddress(claimed) !== undefined)
    return other(`${claim} is ${claimed}`, dialled)
  const { verdict, why, opening } = judge.judgeName(claimed, dialled.port)
  if (verdict !== "allow") return { why: `${claim} is ${claimed}: ${why}`, opening }
  if (judge.isEnded(claimed, dialled.port))
    return {
      why: `${claim} is ${claimed}, whose requests the policy looks at: dial it by its name`,
      opening: undefined,
    }
  return undefined
}

function other(claimed: string, { host, port }: Destination): Disagreement {
  return { why: `${claimed}, and ${host}:${port} is what was dialled`, opening: undefined }
}
