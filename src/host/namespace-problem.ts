/** Why bubblewrap could not make its namespaces: from facts, after a trial that failed. Pure. */
import { containerProblem, wallsOf } from "./container-problem.ts"
import type { HostFacts } from "./host-facts.ts"
import { asRoot, type Problem, setSwitch, writeAsRoot } from "./remedy.ts"

/** A start of bubblewrap that failed. */
export type FailedTrial = {
  facts: HostFacts
  bubblewrap: { path: string; setuid: boolean }
  /** what bubblewrap wrote */
  said: string
}

/** The causes that are beyond doubt, all of them; else the likeliest one; else what bubblewrap said. */
export function namespaceProblem(trial: FailedTrial): Problem {
  if (trial.facts.windows === "wsl1") return windows1
  if (trial.facts.insideCordon) return nested
  const certain = certainProblems(trial)
  if (certain.length === 0) return likelyProblem(trial)
  return {
    why: certain.map(({ why }) => why).join("; "),
    fix: certain.flatMap(({ fix }) => fix),
    advice: certain.map(({ advice }) => advice).find(advice => advice !== "") ?? "",
  }
}

const windows1: Problem = {
  why: "WSL 1 has no Linux kernel, and so no namespaces",
  fix: [],
  advice: "in Windows: wsl.exe --set-version DISTRIBUTION 2 (wsl.exe --list names it)",
}

/** A container around it is not what is in the way, and opening it would help nobody. */
const nested: Problem = {
  why: "this runs inside a Cordon sandbox already, and another one cannot be made in it",
  fix: [],
  advice: "run the command without cordon: the sandbox around it holds",
}

function certainProblems({ facts, bubblewrap }: FailedTrial): Problem[] {
  const problems: Problem[] = []
  const add = (why: string, fix: readonly string[]) => problems.push({ why, fix, advice: "" })
  if (!facts.hasUserNamespaces)
    problems.push({
      why: "this kernel is built without user namespaces (CONFIG_USER_NS)",
      fix: [],
      advice: "install a kernel of your distribution, and restart",
    })
  if (facts.maxUserNamespaces === "0")
    add(
      "user namespaces are switched off (user.max_user_namespaces = 0)",
      setSwitch("user.max_user_namespaces", "15000", facts),
    )
  if (facts.uid !== 0 && facts.unprivilegedUserns === "0")
    add(
      "user namespaces are switched off for users (kernel.unprivileged_userns_clone = 0)",
      setSwitch("kernel.unprivileged_userns_clone", "1", facts),
    )
  // bwrap(1): --disable-userns is not available to a bubblewrap with more rights than its user.
  if (facts.uid !== 0 && bubblewrap.setuid)
    add(`${bubblewrap.path} is setuid, which keeps it from switching nested user namespaces off`, [
      asRoot(`chmod u-s ${bubblewrap.path}`, facts),
    ])
  return problems
}

function likelyProblem(trial: FailedTrial): Problem {
  const { facts, said } = trial
  const { container } = facts
  const walls = wallsOf(facts)
  if (container !== undefined && walls.length > 0) return containerProblem(container, walls)
  if (facts.insideUserNamespace)
    return {
      why: "this runs inside a user namespace already, as in a container or another sandbox",
      fix: [],
      advice:
        "inside a sandbox run the command without cordon: the one around it holds; else allow user namespaces in the container",
    }
  if (facts.uid !== 0 && facts.apparmorUserns === "1") return apparmorProblem(trial)
  if (container !== undefined) return containerProblem(container, [])
  if (facts.filtered)
    return {
      why: "this process runs under a seccomp filter, as in a container",
      fix: [],
      advice: "run on the host, or allow user namespaces in the container",
    }
  if (facts.maskedProc)
    return {
      why: "something is mounted over a part of /proc, so that the kernel gives no sandbox a new one",
      fix: [],
      advice: "see what with: grep ' /proc/' /proc/self/mountinfo, and unmount it",
    }
  return {
    why: `bubblewrap cannot make its namespaces: ${said === "" ? "it says nothing" : said}`,
    fix: [],
    advice: "run cordon doctor as the user who will run cordon, on the host itself",
  }
}

/**
 * Ubuntu's way for a program that needs namespaces: a profile that confines nothing and allows `userns`
 * (apparmor.d(5); Ubuntu 24.04 release notes, "Unprivileged user namespace restrictions").
 */
function apparmorProblem({ facts, bubblewrap: { path } }: FailedTrial): Problem {
  const restricted =
    "AppArmor keeps users' programs from namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)"
  const present = facts.bubblewrapProfile
  if (present !== "")
    return {
      why: `${restricted}, and the profile ${present} does not let bwrap make them`,
      fix: [asRoot(`apparmor_parser --replace ${present}`, facts)],
      advice: `look what it says when that is not enough: journalctl --dmesg --grep apparmor`,
    }
  const profile = "/etc/apparmor.d/cordon-bwrap"
  const lines = [
    "abi <abi/4.0>,",
    "include <tunables/global>",
    `profile cordon-bwrap ${path} flags=(unconfined) {`,
    "  userns,",
    "}",
  ]
  return {
    why: `${restricted}, and no profile allows them to bwrap`,
    fix: [writeAsRoot(lines, profile, facts), asRoot(`apparmor_parser --replace ${profile}`, facts)],
    advice: "",
  }
}
