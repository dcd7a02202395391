/** What container engines put in bubblewrap's way, and the words that open it. Pure. */
import type { Container, HostFacts } from "./host-facts.ts"
import type { Problem } from "./remedy.ts"

/** What an engine puts around a container and bubblewrap does not get through, from outside in. */
export type Wall = "seccomp" | "apparmor" | "proc"

export function wallsOf({ filtered, apparmorProfile, maskedProc }: HostFacts): Wall[] {
  return [
    ...(filtered ? ["seccomp" as const] : []),
    ...(apparmorProfile !== "" ? ["apparmor" as const] : []),
    ...(maskedProc ? ["proc" as const] : []),
  ]
}

const engines: Record<
  Container,
  { name: string; open: Record<Wall, string>; how: (words: string) => string }
> = {
  docker: {
    name: "Docker",
    // docker run(1), --security-opt
    open: {
      seccomp: "--security-opt seccomp=unconfined",
      apparmor: "--security-opt apparmor=unconfined",
      proc: "--security-opt systempaths=unconfined",
    },
    how: words => `start the container with: docker run ${words}`,
  },
  podman: {
    name: "Podman",
    // podman-run(1), --security-opt
    open: {
      seccomp: "--security-opt seccomp=unconfined",
      apparmor: "--security-opt apparmor=unconfined",
      proc: "--security-opt unmask=ALL",
    },
    how: words => `start the container with: podman run ${words}`,
  },
  kubernetes: {
    name: "Kubernetes",
    // Kubernetes API, SecurityContext
    open: {
      seccomp: "seccompProfile: {type: Unconfined}",
      apparmor: "appArmorProfile: {type: Unconfined}",
      proc: "procMount: Unmasked",
    },
    how: words => `in the container's securityContext: ${words}`,
  },
  lxc: {
    name: "LXC",
    open: {
      seccomp: "security.nesting=true",
      apparmor: "security.nesting=true",
      proc: "security.nesting=true",
    },
    how: () => "on the host: lxc config set CONTAINER security.nesting=true, then lxc restart CONTAINER",
  },
}

const wallNames: Record<Wall, string> = {
  seccomp: "its seccomp profile refuses namespaces",
  apparmor: "its AppArmor profile refuses mounts",
  proc: "parts of /proc are masked",
}

/** How to be without the filter that an engine puts around a container. */
export function unfiltered({ container }: HostFacts): string {
  if (container === undefined) return "run it on the host itself, outside of the sandbox around it"
  const { open, how } = engines[container]
  return how(open.seccomp)
}

/** @param walls the ones that show; when none does, the way out opens all */
export function containerProblem(container: Container, walls: readonly Wall[]): Problem {
  const { name, open, how } = engines[container]
  const known = walls.length > 0 ? walls : (["seccomp", "apparmor", "proc"] as const)
  const why = walls.length > 0 ? known.map(wall => wallNames[wall]).join(", ") : "it allows no namespaces"
  const separator = container === "kubernetes" ? ", " : " "
  const words = [...new Set(known.map(wall => open[wall]))].join(separator)
  return { why: `this is a ${name} container: ${why}`, fix: [], advice: how(words) }
}
