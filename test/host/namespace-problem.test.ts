/** A failed start of bubblewrap gets the cause that the facts show, and nothing gets one that they do not. */
import { describe, expect, test } from "bun:test"
import type { HostFacts } from "../../src/host/host-facts.ts"
import { namespaceProblem } from "../../src/host/namespace-problem.ts"
import { machine } from "./machines.ts"

function problem(change: Partial<HostFacts>, { setuid = false, said = "" } = {}) {
  return namespaceProblem({ facts: machine(change), bubblewrap: { path: "/usr/bin/bwrap", setuid }, said })
}

describe("causes beyond doubt", () => {
  test("come with the commands that lift them", () => {
    expect(problem({ maxUserNamespaces: "0" })).toEqual({
      why: "user namespaces are switched off (user.max_user_namespaces = 0)",
      fix: [
        "printf '%s\\n' 'user.max_user_namespaces = 15000' | sudo tee /etc/sysctl.d/99-cordon-user.max_user_namespaces.conf >/dev/null",
        "sudo sysctl -p /etc/sysctl.d/99-cordon-user.max_user_namespaces.conf",
      ],
      advice: "",
    })
  })

  test("are all named, with all their commands", () => {
    const { why, fix } = problem({ maxUserNamespaces: "0", unprivilegedUserns: "0" }, { setuid: true })
    expect(why.split("; ")).toHaveLength(3)
    expect(fix).toHaveLength(5)
  })

  test("come before what is likely only", () => {
    const likely = { container: "docker", filtered: true, apparmorUserns: "1" } as const
    expect(problem({ ...likely, maxUserNamespaces: "0" }).why).not.toContain("Docker")
    expect(problem(likely).why).toContain("Docker")
  })

  test("a sandbox of Cordon's around it comes before a container around both", () => {
    const { why, fix, advice } = problem({ insideCordon: true, container: "docker", filtered: true })
    expect(why).toBe("this runs inside a Cordon sandbox already, and another one cannot be made in it")
    expect([fix, advice]).toEqual([[], "run the command without cordon: the sandbox around it holds"])
  })

  test("for users are none for root", () => {
    const root = problem(
      { uid: 0, unprivilegedUserns: "0", apparmorUserns: "1" },
      { setuid: true, said: "x" },
    )
    expect(root.why).toBe("bubblewrap cannot make its namespaces: x")
  })

  test("are a kernel that has no user namespaces, which no command mends", () => {
    const { why, fix, advice } = problem({ hasUserNamespaces: false })
    expect(why).toContain("CONFIG_USER_NS")
    expect(fix).toEqual([])
    expect(advice).not.toBe("")
  })

  test("are WSL 1, whatever else there is", () => {
    expect(problem({ windows: "wsl1", maxUserNamespaces: "0" }).advice).toContain("--set-version")
  })
})

describe("likely causes", () => {
  test("are namespaces around this one", () => {
    const { why, fix, advice } = problem({ insideUserNamespace: true })
    expect(why).toBe("this runs inside a user namespace already, as in a container or another sandbox")
    expect(fix).toEqual([])
    expect(advice).toContain("without cordon")
  })

  test("are AppArmor's restriction, with a profile for the bubblewrap that is used", () => {
    const facts = machine({ apparmorUserns: "1" })
    const bubblewrap = { path: "/usr/local/bin/bwrap", setuid: false }
    const { fix } = namespaceProblem({ facts, bubblewrap, said: "" })
    expect(fix[0]).toContain("'profile cordon-bwrap /usr/local/bin/bwrap flags=(unconfined) {'")
    expect(fix[0]).toContain("| sudo tee /etc/apparmor.d/cordon-bwrap >/dev/null")
  })

  test("are not AppArmor's restriction where it is off", () => {
    expect(problem({ apparmorUserns: "0", said: "" } as Partial<HostFacts>).why).not.toContain("AppArmor")
  })

  test("are a profile that is there and does not help: loaded again, never doubled", () => {
    const present = { apparmorUserns: "1", bubblewrapProfile: "/etc/apparmor.d/bwrap" }
    expect(problem(present).fix).toEqual(["sudo apparmor_parser --replace /etc/apparmor.d/bwrap"])
  })

  test("are a filter or mounts of nobody known", () => {
    expect(problem({ filtered: true }).why).toContain("seccomp filter")
    expect(problem({ maskedProc: true }).why).toContain("mounted over a part of /proc")
  })

  test("are a container, when nothing else shows", () => {
    expect(problem({ container: "podman" }).advice).toContain("podman run")
  })
})

describe("what nobody can explain", () => {
  test("is told in bubblewrap's words", () => {
    const { why, advice } = problem({}, { said: "bwrap: setting up uid map: Permission denied" })
    expect(why).toBe("bubblewrap cannot make its namespaces: bwrap: setting up uid map: Permission denied")
    expect(advice).not.toBe("")
    expect(problem({}).why).toContain("it says nothing")
  })
})
