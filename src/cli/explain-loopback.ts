/** `cordon explain 127.0.0.1:PORT`: inside, loopback is the sandbox's own, but for the ports that are passed. */
import type { Explanation } from "../policy/explanation.ts"
import type { Policy } from "../policy/policy.ts"
import { formatSource } from "../policy/source.ts"

type Asked = { text: string; host: string; port: number | undefined }

type Known = {
  policy: Policy
  /** host rules that are about it, and which no connection to it is held against */
  lost: Explanation["lost"]
}

export function isLoopback({ host }: Pick<Asked, "host">): boolean {
  return /^(localhost|127\..*|0\.0\.0\.0|::1?)$/.test(host)
}

export function explainLoopback({ text, port }: Asked, { policy, lost }: Known): Explanation {
  const common = { subject: text, kind: "host" } as const
  const said = (value: unknown) => `network.host_ports ${value}`
  const passed = policy.hostPorts.find(({ value }) => value === port)
  if (passed !== undefined)
    return {
      ...common,
      verdict: "allow",
      rule: said(passed.value),
      layer: passed.layer,
      source: formatSource(passed.source),
      notes: ["inside, this port is the one of this machine"],
      lost: [],
    }
  const lock = policy.closed.find(({ list }) => list === "hostPorts")
  const shutOut = (lock?.leftOut ?? []).filter(({ value }) => value === port)
  const { layer, source } = lock ?? policy.settings.networkMode
  return {
    ...common,
    verdict: "deny",
    rule: "inside, this is the sandbox itself",
    layer,
    source: formatSource(source),
    // No flag would help against the organisation's list.
    notes: [
      lock === undefined
        ? `to reach port ${port ?? 3000} of this machine: --host-port ${port ?? 3000}`
        : "the organisation's policy locks network.host_ports: no other port of this machine is reached",
    ],
    lost: [
      ...shutOut.map(other => ({
        rule: said(other.value),
        layer: other.layer,
        source: formatSource(other.source),
      })),
      ...lost,
    ],
  }
}
