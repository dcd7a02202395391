/** What of the limits this machine cannot enforce, why, and what would change that. Pure. */
import { type Controller, controllers } from "./cgroup-places.ts"
import type { Finding } from "./findings.ts"
import type { LimitFacts } from "./limit-facts.ts"
import type { Problem } from "./remedy.ts"

/** The controllers that some control group here hands on. */
export function heldControllers({ manager, places }: LimitFacts): readonly Controller[] {
  if (manager !== undefined) return manager.controllers
  return controllers.filter(
    name =>
      places.legacy[name] !== undefined || places.unified.some(place => place.controllers.includes(name)),
  )
}

/** Why nothing can be limited by a controller that is missing. */
export function limitProblem(missing: readonly Controller[], { manager }: LimitFacts): Problem {
  const names = missing.join(", ")
  const none = { fix: [] }
  if (manager?.of === "user")
    return {
      ...none,
      why: `systemd's user manager was not handed the control group controllers ${names}`,
      advice:
        "hand them over (`sudo systemctl edit user@.service`, [Service] Delegate=cpu memory pids) and log in again",
    }
  if (manager !== undefined)
    return {
      ...none,
      why: `systemd has no control group controllers ${names}`,
      advice: `start the kernel without cgroup_disable, or switch ${names} on in it`,
    }
  return {
    ...none,
    why: `there is no control group with ${names} in which this user may make others`,
    advice: "have one delegated to you (docs/limitations.md says how)",
  }
}

/** How each limit is kept here. */
export function limitFinding(facts: LimitFacts): Finding {
  const held = heldControllers(facts)
  const missing = controllers.filter(
    name => !held.includes(name) && !(name === "pids" && facts.countsProcesses),
  )
  const words = { memory: "--memory", cpu: "--cpus", pids: "--processes" }
  const kept = controllers.filter(name => !missing.includes(name)).map(name => words[name])
  const why = ["--timeout", ...kept].join(", ")
  if (missing.length === 0) return { protection: "limits", state: "active", why, fix: [], advice: "" }
  const problem = limitProblem(missing, facts)
  const refused = missing.map(name => words[name]).join(", ")
  return {
    ...problem,
    protection: "limits",
    state: "degraded",
    why: `${why}; ${refused} are refused: ${problem.why}`,
  }
}
