/** Each engine's own words for each of its walls. */
import { describe, expect, test } from "bun:test"
import { containerProblem, unfiltered, type Wall, wallsOf } from "../../src/host/container-problem.ts"
import { machine } from "./machines.ts"

const walls: Wall[] = ["seccomp", "apparmor", "proc"]

test("walls are what the facts show", () => {
  expect(wallsOf(machine())).toEqual([])
  expect(wallsOf(machine({ filtered: true, apparmorProfile: "docker-default", maskedProc: true }))).toEqual(
    walls,
  )
  expect(wallsOf(machine({ maskedProc: true }))).toEqual(["proc"])
})

describe("a container", () => {
  test.each([
    [
      "docker",
      "start the container with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
    ],
    [
      "podman",
      "start the container with: podman run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt unmask=ALL",
    ],
    [
      "kubernetes",
      "in the container's securityContext: seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}, procMount: Unmasked",
    ],
    ["lxc", "on the host: lxc config set CONTAINER security.nesting=true, then lxc restart CONTAINER"],
  ] as const)("of %s is opened from outside", (engine, advice) => {
    expect(containerProblem(engine, walls)).toMatchObject({ fix: [], advice })
    // When none shows, there is no telling which it is.
    expect(containerProblem(engine, []).advice).toBe(advice)
  })

  test("is opened no further than it must be", () => {
    const { why, advice } = containerProblem("docker", ["seccomp"])
    expect(why).toBe("this is a Docker container: its seccomp profile refuses namespaces")
    expect(advice).toEndWith("docker run --security-opt seccomp=unconfined")
  })
})

test("a filter goes by the engine's word, or by leaving whatever made it", () => {
  expect(unfiltered(machine({ container: "podman" }))).toContain(
    "podman run --security-opt seccomp=unconfined",
  )
  expect(unfiltered(machine())).toContain("on the host itself")
})
