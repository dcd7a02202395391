/** Facts of machines that tests make up: one on which everything is well, changed in what a test is about. */
import type { HostFacts } from "../../src/host/host-facts.ts"

export const healthy: HostFacts = {
  uid: 1000,
  release: "6.12.0-1-amd64",
  windows: "none",
  distributions: ["debian"],
  container: undefined,
  insideCordon: false,
  maxUserNamespaces: "15000",
  unprivilegedUserns: undefined,
  apparmorUserns: undefined,
  apparmorProfile: "",
  bubblewrapProfile: "",
  hasUserNamespaces: true,
  insideUserNamespace: false,
  filtered: false,
  maskedProc: false,
  memfdNoexec: "0",
  securityModules: "capability,landlock,yama",
  bootLoader: "unknown",
}

export function machine(change: Partial<HostFacts> = {}): HostFacts {
  return { ...healthy, ...change }
}
