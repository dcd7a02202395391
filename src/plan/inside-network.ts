/** What the sandbox of `filtered` mode finds in its files about its network. */
import type { PathFacts } from "../host/path-facts.ts"
import { insideNetwork } from "../kernel/inside-network.ts"
import type { Mount } from "./launch-plan.ts"

/**
 * What name resolution reads (resolv.conf(5), hosts(5)): every name is asked of Cordon, those that the host's own file
 * lists too. A file that the host does not have is not needed: without it the C library asks 127.0.0.1.
 *
 * `localhost` is IPv4 alone: the sandbox has no IPv6 address but ::1, so who asks for what can be used (AI_ADDRCONFIG,
 * getaddrinfo(3)), as Node does to connect, is not given that; who does not ask, as Node does to listen, would be.
 */
export function nameFiles(hostname: string, facts: PathFacts): Mount[] {
  const why = "names are asked of Cordon"
  const contents = {
    "/etc/resolv.conf": `nameserver ${insideNetwork.own}\nsearch invalid\noptions ndots:0 timeout:2\n`,
    "/etc/hosts": `127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n127.0.1.1 ${hostname}\n`,
  }
  return Object.entries(contents).flatMap(([name, content]) => {
    const { canonical, kind } = facts(name)
    return kind === "file" ? [{ kind: "data", path: canonical, content, why }] : []
  })
}
