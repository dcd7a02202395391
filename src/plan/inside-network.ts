/**
 * The sandbox's own network in `filtered` mode. Its addresses are those for tests of network devices (RFC 2544,
 * 198.18.0.0/15), which nothing in the internet or in a company has.
 */
import type { PathFacts } from "../host/path-facts.ts"
import type { Mount } from "./launch-plan.ts"

export const insideNetwork = {
  /** the sandbox's own address, and that of its name server */
  own: "198.18.0.1",
  netmask: "255.254.0.0",
  /** stands for whatever is dialled by its address and not by a name of ours */
  literal: "198.18.0.2",
  /** where the border listens: no program inside may bind a port below 1024 */
  borderPort: 1,
  namesPort: 53,
} as const

/**
 * What name resolution reads (resolv.conf(5), hosts(5)): every name is asked of Cordon, those that the host's own file
 * lists too. A file that the host does not have is not needed: without it the C library asks 127.0.0.1.
 */
export function nameFiles(hostname: string, facts: PathFacts): Mount[] {
  const why = "names are asked of Cordon"
  const contents = {
    "/etc/resolv.conf": `nameserver ${insideNetwork.own}\nsearch invalid\noptions ndots:0 timeout:2\n`,
    "/etc/hosts": `127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 ${hostname}\n`,
  }
  return Object.entries(contents).flatMap(([name, content]) => {
    const { canonical, kind } = facts(name)
    return kind === "file" ? [{ kind: "data", path: canonical, content, why }] : []
  })
}
