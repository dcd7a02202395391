/** The second wall: writable is what the mounts leave writable, said once for each place. */
import { describe, expect, test } from "bun:test"
import type { Mount } from "../../src/plan/launch-plan.ts"
import { planWall } from "../../src/plan/wall.ts"
import { fakeDisk } from "../policy/naive-model.ts"

const why = "a rule"
const host = (access: "read" | "write", path: string): Mount => ({ kind: "host", path, access, why })
const facts = fakeDisk(["/p/", "/p/a/", "/p/b", "/home/me/.tool.json", "/tmp/", "/run/", "/dev/tty"])
const kernel = { landlockAbi: 6, scopeAbstractSockets: false }

function writable(...mounts: Mount[]): string[] {
  return planWall(mounts, kernel, facts)?.writable.map(({ kind, path }) => `${kind} ${path}`) ?? []
}

describe("writable", () => {
  test("is what is mounted so: the project, the sandbox's own directories, single files", () => {
    const found = writable(
      host("read", "/"),
      { kind: "dev", path: "/dev", why },
      { kind: "proc", path: "/proc", why },
      { kind: "private", path: "/tmp", mode: 0o1777, why },
      host("write", "/p"),
      host("write", "/home/me/.tool.json"),
    )
    expect(found).toEqual([
      "directory /dev",
      "directory /proc",
      "directory /tmp",
      "directory /p",
      "file /home/me/.tool.json",
    ])
  })

  test.each<[string, Mount]>([
    ["readable", host("read", "/p")],
    ["hidden", { kind: "hidden-directory", path: "/p", passable: true, why }],
    ["hidden", { kind: "hidden-file", path: "/p/b", why }],
    ["the sandbox's own below something hidden", { kind: "directory", path: "/p", mode: 0o700, why }],
    ["written at the start", { kind: "file", path: "/p/b", content: "", why }],
    ["a link", { kind: "link", path: "/p/l", target: "/", why }],
    ["sealed", { kind: "sealed", path: "/p", why }],
  ])("is not what is %s", (_, mount) => {
    expect(writable(mount)).toEqual([])
  })

  test("is said once: what lies below is writable with it", () => {
    expect(writable(host("write", "/p"), host("write", "/p/a"), host("write", "/p/b"))).toEqual([
      "directory /p",
    ])
    expect(writable(host("write", "/p/a"), host("write", "/p"))).toEqual(["directory /p"])
  })

  test("is a place with a name that starts alike by itself", () => {
    expect(writable(host("write", "/p/a"), host("write", "/p/ab"))).toEqual(["directory /p/a", "file /p/ab"])
  })

  test("below something that is not, is said by itself", () => {
    const mounts = [host("write", "/p"), host("read", "/p/a"), host("write", "/p/a/x")]
    expect(writable(...mounts)).toEqual(["directory /p"])
    expect(writable(host("read", "/p"), host("write", "/p/a"))).toEqual(["directory /p/a"])
  })

  test("is nothing at all where nothing is", () => {
    expect(planWall([host("read", "/")], kernel, facts)).toEqual({
      abi: 6,
      scopeAbstractSockets: false,
      writable: [],
    })
  })
})

describe("the kernel", () => {
  test.each([0, 1])(
    "with Landlock ABI %d gets none: files could not be renamed into another directory",
    abi => {
      expect(planWall([host("write", "/p")], { ...kernel, landlockAbi: abi }, facts)).toBeUndefined()
    },
  )

  test.each([2, 3, 6, 7, 99])("with Landlock ABI %d gets one that says so", abi => {
    expect(planWall([], { ...kernel, landlockAbi: abi }, facts)).toMatchObject({ abi })
  })

  test("scopes abstract sockets when that is asked for", () => {
    expect(planWall([], { landlockAbi: 6, scopeAbstractSockets: true }, facts)).toMatchObject({
      scopeAbstractSockets: true,
    })
  })
})
